/** Something that is being done by a value of a cache. */
export interface SharedLease<V extends object> {
  readonly value: V | undefined;
  /** Aborts where the value is to change and this takes too long: what is done must be given up, if it still can be. */
  readonly signal: AbortSignal;
  /**
   * To be called before what is done can be given up no more; not there where no change can have been made meanwhile.
   *
   * @throws CoordinationUnavailable where the value may have changed
   */
  readonly confirm?: () => Promise<void>;
  /** Further calls do nothing. */
  readonly release: () => void;
}

/** A change of what a key stands for that nobody's use overlaps. */
export interface ExclusiveLease {
  /**
   * To be called when the change was made, or was not: forgets the key again, and lets go on who waits.
   *
   * @throws CoordinationUnavailable where somebody may not have waited, or not know of it; the change is to be made again then
   */
  release(): Promise<void>;
}

/** What was learned of the store and may be used again for a while. */
export interface Cache<V extends object> {
  /**
   * The value kept under a key, or else the one that `fetch` finds, which is then kept. Concurrent calls share a fetch, but
   * not its failure. What `fetch` finds undefined is not kept, nor what it found before a `drop` of the key.
   */
  load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined>;

  /**
   * The same for something that is done by the value: until its end no change of the key begins; and while one is made, this waits.
   *
   * @param wait milliseconds to wait for a change at most
   * @param signal gives up the wait; the promise then rejects with its reason
   * @throws LockTimeout when the wait is over
   */
  acquireShared(
    key: string,
    fetch: () => Promise<V | undefined>,
    wait: number,
    signal: AbortSignal,
  ): Promise<SharedLease<V>>;

  /**
   * Forgets a key: whoever loads it after this promise resolved sees what a fetch begun after the call found.
   *
   * @throws CoordinationUnavailable where not everybody could be told; to be tried again then
   */
  invalidate(key: string): Promise<void>;

  /**
   * Begins a change of what a key stands for: forgets it, and waits for the end of each use, in all processes. Those that last for too long are
   * told to give up.
   *
   * @throws CoordinationUnavailable where not everybody could be told, or some did not end; nothing is to be changed then
   * @throws LockTimeout where another change of the key takes too long
   */
  acquireExclusive(key: string): Promise<ExclusiveLease>;
}
