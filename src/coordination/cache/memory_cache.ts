import { LRUCache } from 'lru-cache';
import { WaitingLine } from '../locks/place_in_line';
import type { Cache, ExclusiveLease, SharedLease } from './cache';
import { PATIENCE, SharedLeases } from './leases';

/** Keeps values in this process, the most recently used ones, each for a bounded time. */
export class MemoryCache<V extends object> implements Cache<V> {
  private readonly kept: LRUCache<string, V>;
  private readonly fetching = new Map<string, Promise<V | undefined>>();
  private readonly changes = new WaitingLine();

  /**
   * @param max how many values are kept
   * @param age milliseconds after which a value is fetched anew; 0 keeps none
   * @param patience milliseconds that a change waits for uses before it tells them to give up
   */
  constructor(
    max: number,
    private readonly age: number,
    private readonly patience = PATIENCE,
    private readonly uses = new SharedLeases(),
  ) {
    this.kept = new LRUCache<string, V>({ max: max, ttl: Math.max(age, 1) });
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

  async acquireShared(
    key: string,
    fetch: () => Promise<V | undefined>,
    wait: number,
    signal: AbortSignal,
  ): Promise<SharedLease<V>> {
    const use = await this.uses.enter<V>(key, wait, signal);
    try {
      use.value = await this.load(key, fetch);
      return use;
    } catch (error) {
      use.release();
      throw error;
    }
  }

  invalidate(key: string): Promise<void> {
    this.forget(key);
    return Promise.resolve();
  }

  /** What `drop` does, at once. */
  forget(key: string): void {
    this.fetching.delete(key);
    this.kept.delete(key);
  }

  async acquireExclusive(key: string): Promise<ExclusiveLease> {
    const lock = await this.changes.acquire(key, 3 * this.patience, new AbortController().signal);
    const release = () => {
      this.forget(key);
      this.uses.open(key);
      lock.release();
      return Promise.resolve();
    };
    this.uses.close(key);
    this.forget(key);
    try {
      await this.uses.ended(key, this.patience);
      return { release };
    } catch (error) {
      await release();
      throw error;
    }
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
