import { now } from './clock';
import { CoordinationUnavailable } from './errors';

/** Whether a server may write what has versions: whether it shares its locks with all others over its store. */
export interface Standing {
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

/** Remembers the standing of a server for those who are about to write. */
export class Guard {
  #standing: Standing = { until: 0 };

  readonly tell = (standing: Standing): void => {
    this.#standing = standing;
  };

  /** @throws CoordinationUnavailable where the server may not write what has versions */
  readonly confirm = (): void => {
    const { until, refusal = UNKNOWN } = this.#standing;
    if (this.#standing.refusal !== undefined || now() >= until) throw new CoordinationUnavailable(refusal);
  };
}

const UNKNOWN = 'whether another server writes to this store is not known yet';
