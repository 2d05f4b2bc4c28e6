import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../util/clock';
import { CoordinationUnavailable } from '../util/errors';

/** Whether a server may write what has versions: whether it shares its locks with all others over its store. */
export interface SoleServerStatus {
  /** Until when it may, on the clock of `now`. */
  readonly until: number;
  /** Why it may not, whatever the time. */
  readonly refusal?: string;
}

/** What a server takes its locks through; two servers share them where both names are the same. */
export interface Locks {
  readonly through: 'itself' | 'redis';
  /** Not there: a Redis that cannot be asked. */
  readonly name?: string | undefined;
}

/** Milliseconds that a write waits for what is first told. */
const PATIENCE = 10_000;

/** Remembers the standing of a server for those who are about to write. */
export class Fence {
  #standing: SoleServerStatus = { until: 0 };
  #isTold = false;
  #toldFirst: () => void = () => undefined;
  readonly #first = new Promise<void>((resolve) => (this.#toldFirst = resolve));

  readonly publish = (standing: SoleServerStatus): void => {
    this.#standing = standing;
    this.#isTold = true;
    this.#toldFirst();
  };

  /**
   * Waits where nothing was told yet, as in a process that has just begun.
   *
   * @throws CoordinationUnavailable where the server may not write what has versions
   */
  async admit(): Promise<void> {
    if (!this.#isTold) {
      const told = new AbortController();
      const late = sleep(PATIENCE, undefined, { signal: told.signal }).catch(() => undefined);
      await Promise.race([this.#first, late]);
      told.abort();
    }
    this.confirm();
  }

  /** @throws CoordinationUnavailable where the server may not write what has versions */
  readonly confirm = (): void => {
    const { until, refusal = UNKNOWN } = this.#standing;
    if (this.#standing.refusal !== undefined || now() >= until)
      throw new CoordinationUnavailable(refusal);
  };
}

const UNKNOWN = 'whether another server writes to this store is not known yet';
