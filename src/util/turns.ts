import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets others have their turn during work that waits for nothing: after so much of it, counted in whatever unit its
 * user counts, one waits for the next turn of the event loop.
 */
export class Turns {
  private done = 0;

  /** @param max how much is done in one turn: what takes a few milliseconds at most */
  constructor(private readonly max: number) {}

  /** Whether a turn is over once so much more is done; then `next` is to be awaited. */
  isOver(work = 1): boolean {
    this.done += work;
    return this.done >= this.max;
  }

  /** Waits until all others that are ready had their turn. */
  async next(): Promise<void> {
    this.done = 0;
    await nextTurn();
  }

  /** Counts work, and waits if the turn is over. */
  async after(work = 1): Promise<void> {
    if (this.isOver(work)) await this.next();
  }
}
