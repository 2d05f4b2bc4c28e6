import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Yields to other tasks during long synchronous work: once a given amount of work is
 * done, in a unit that the caller chooses, it waits for the next turn of the event loop.
 */
export class TurnBudget {
  private done = 0;

  /** @param max work in one turn; should take a few milliseconds at most */
  constructor(private readonly max: number) {}

  /**
   * Adds to the work of this turn. Returns whether the turn is over; if so, await `next`.
   */
  isSpent(work = 1): boolean {
    this.done += work;
    return this.done >= this.max;
  }

  /** Waits until all other ready tasks have had a turn. */
  async next(): Promise<void> {
    this.done = 0;
    await nextTurn();
  }

  /** Adds to the work of this turn, and waits if the turn is over. */
  async spend(work = 1): Promise<void> {
    if (this.isSpent(work)) await this.next();
  }
}
