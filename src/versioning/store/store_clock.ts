/** By so many milliseconds the clocks of a store and of this machine may seem to differ because `Date` has whole seconds, and an answer takes its time. */
const TOLERANCE = 2000;

/**
 * By so many milliseconds what is written by the store's time, as one process knows it, may be ahead of that time as another knows it: each
 * may be wrong by what is tolerated, and by the second that `Date` leaves out and an answer takes.
 */
export const CLOCKS_APART = 2 * (TOLERANCE + 1000);

/** A store's clock, as far as its answers tell it. */
export class StoreClock {
  private ahead = 0;

  /**
   * @param date the Date of an answer that just came, if it has one
   * @param here this machine's time in milliseconds since 1970
   */
  set(date: string | undefined, here: number = Date.now()): void {
    const there = Date.parse(date ?? '');
    const ahead = there - here;
    this.ahead = Math.abs(ahead) > TOLERANCE ? ahead : 0;
  }

  /** The store's time in milliseconds since 1970: this machine's, unless they are known to differ. */
  now(): number {
    return Date.now() + this.ahead;
  }
}
