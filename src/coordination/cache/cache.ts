import type { CancelSignal } from '../../util/cancel_signal';

/** A lease under which something is done that relies on a cached value. */
export interface SharedLease<V extends object> {
  readonly value: V | undefined;
  /**
   * Aborts if the value is to change and this lease takes too long: the work must be
   * cancelled if it still can be.
   */
  readonly signal: CancelSignal;
  /**
   * Call this before the work passes the point at which it can still be cancelled.
   * Undefined if the value cannot have changed meanwhile.
   *
   * @throws CoordinationUnavailable if the value may have changed
   */
  readonly confirm?: () => Promise<void>;
  /** Idempotent. */
  readonly release: () => void;
}

/** A lease for changing what a key stands for; no shared lease overlaps it. */
export interface ExclusiveLease {
  /**
   * Call this when the change was made or abandoned. Invalidates the key again and admits
   * those who wait.
   *
   * @throws CoordinationUnavailable if a process may not have waited, or may not know of
   *   the change; make the change again then
   */
  release(): Promise<void>;
}

/** A cache of values read from the store. */
export interface Cache<V extends object> {
  /**
   * Returns the cached value of a key, or else the one that `fetch` returns, which is
   * then cached. Concurrent calls share a fetch, but not its failure. A value is not
   * cached if it is undefined, or if the key was invalidated during the fetch.
   */
  load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined>;

  /**
   * Loads a value like `load`, and takes a shared lease: until its release no exclusive
   * lease of the key is granted; and while one is held, this waits.
   *
   * @param wait max milliseconds to wait for an exclusive lease
   * @param signal stops the wait; the promise then rejects with its reason
   * @throws LockTimeout if the wait is over
   */
  acquireShared(
    key: string,
    fetch: () => Promise<V | undefined>,
    wait: number,
    signal: CancelSignal,
  ): Promise<SharedLease<V>>;

  /**
   * Invalidates a key. A `load` that starts after this resolves sees a value fetched
   * after the call.
   *
   * @throws CoordinationUnavailable if some process could not be reached; retry then
   */
  invalidate(key: string): Promise<void>;

  /**
   * Takes an exclusive lease for changing what a key stands for: invalidates it, and
   * waits for all shared leases of all processes. Aborts those that last too long.
   *
   * @throws CoordinationUnavailable if some process could not be reached, or some shared
   *   leases did not end; nothing may be changed then
   * @throws LockTimeout if another change of the key takes too long
   */
  acquireExclusive(key: string): Promise<ExclusiveLease>;
}
