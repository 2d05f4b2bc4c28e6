import { parseDate } from '../../http/dates';

/**
 * Milliseconds by which the clocks of the store and this machine may seem to differ,
 * since `Date` has whole seconds and a response takes time.
 */
const TOLERANCE = 2000;

/**
 * Max milliseconds by which the store's time as one process knows it may be ahead of the
 * same time as another knows it: each may be wrong by the tolerance, and by the second
 * that `Date` cuts off and a response takes.
 */
export const MAX_CLOCK_DIFFERENCE = 2 * (TOLERANCE + 1000);

/** A store's clock, as estimated from its responses. */
export class StoreClock {
  private offset = 0;

  /**
   * @param date the Date header of a response that just arrived, if it has one
   * @param localTime this machine's time in milliseconds since 1970
   */
  set(date: string | undefined, localTime: number = Date.now()): void {
    const offset = (parseDate(date) ?? localTime) - localTime;
    this.offset = Math.abs(offset) > TOLERANCE ? offset : 0;
  }

  /** Returns the store's time in milliseconds since 1970, by its own clock if known. */
  now(): number {
    return Date.now() + this.offset;
  }
}
