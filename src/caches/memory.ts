import { LRUCache } from 'lru-cache';
import type { Cache } from './cache';

/** Keeps values in this process, the most recently used ones, each for a bounded time. */
export class MemoryCache<V extends object> implements Cache<V> {
  private readonly kept: LRUCache<string, V>;
  private readonly fetching = new Map<string, Promise<V | undefined>>();

  /**
   * @param most how many values are kept
   * @param age milliseconds after which a value is fetched anew; 0 keeps none
   */
  constructor(
    most: number,
    private readonly age: number,
  ) {
    this.kept = new LRUCache<string, V>({ max: most, ttl: Math.max(age, 1) });
  }

  async load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    const kept = this.kept.get(key);
    if (kept !== undefined) return kept;
    const shared = this.fetching.get(key);
    if (shared === undefined) return this.fetch(key, fetch);
    try {
      return await shared;
    } catch {
      return this.fetch(key, fetch);
    }
  }

  drop(key: string): Promise<void> {
    this.fetching.delete(key);
    this.kept.delete(key);
    return Promise.resolve();
  }

  private async fetch(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    const promise = fetch();
    this.fetching.set(key, promise);
    try {
      const value = await promise;
      if (value !== undefined && this.age > 0 && this.fetching.get(key) === promise)
        this.kept.set(key, value);
      return value;
    } finally {
      if (this.fetching.get(key) === promise) this.fetching.delete(key);
    }
  }
}
