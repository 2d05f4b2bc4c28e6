import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../util/clock';
import { CoordinationUnavailable } from '../util/errors';

/**
 * Whether this server may write to versioned containers: it must share its locks with
 * every other server of the store.
 */
export interface SoleServerStatus {
  /** The end of the permission, on the clock of `now`. */
  readonly until: number;
  /** Why it may not, regardless of the time. */
  readonly refusal?: string;
}

/**
 * What a server takes its locks through. Two servers share their locks if both names are
 * equal.
 */
export interface Locks {
  readonly through: 'itself' | 'redis';
  /** Undefined if Redis does not answer. */
  readonly name?: string | undefined;
}

/** Milliseconds that a write waits for the first status. */
const PATIENCE = 10_000;

/** Holds the latest status of a server, and checks it for each write. */
export class Fence {
  #status: SoleServerStatus = { until: 0 };
  #hasStatus = false;
  #resolveFirst: () => void = () => undefined;
  readonly #first = new Promise<void>((resolve) => (this.#resolveFirst = resolve));

  readonly publish = (status: SoleServerStatus): void => {
    this.#status = status;
    this.#hasStatus = true;
    this.#resolveFirst();
  };

  /**
   * Waits for the first status; a process that just started has none yet.
   *
   * @throws CoordinationUnavailable if the server may not write to versioned containers
   */
  async admit(): Promise<void> {
    if (!this.#hasStatus) {
      const done = new AbortController();
      const timeout = sleep(PATIENCE, undefined, { signal: done.signal }).catch(() => undefined);
      await Promise.race([this.#first, timeout]);
      done.abort();
    }
    this.confirm();
  }

  /**
   * @throws CoordinationUnavailable if the server may not write to versioned containers
   */
  readonly confirm = (): void => {
    const { until, refusal = UNKNOWN } = this.#status;
    if (this.#status.refusal !== undefined || now() >= until)
      throw new CoordinationUnavailable(refusal);
  };
}

const UNKNOWN = 'it is not yet known whether another server writes to this store; retry';
