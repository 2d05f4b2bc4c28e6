/** What was learned of the store and may be used again for a while. */
export interface Cache<V extends object> {
  /**
   * The value kept under a key, or else the one that `fetch` finds, which is then kept. Concurrent calls share a fetch, but
   * not its failure. What `fetch` finds undefined is not kept, nor what it found before a `drop` of the key.
   */
  load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined>;

  /**
   * Forgets a key: whoever loads it after this promise resolved sees what a fetch begun after the call found.
   *
   * @throws CoordinationUnavailable where not everybody could be told; to be tried again then
   */
  drop(key: string): Promise<void>;
}
