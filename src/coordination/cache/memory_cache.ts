import { LRUCache } from 'lru-cache';
import { WaitingLine } from '../locks/waiting_line';
import type { Cache, ExclusiveLease, SharedLease } from './cache';
import { PATIENCE, SharedLeases } from './leases';
import type { CancelSignal } from '../../util/cancel_signal';

/** Caches the most recently used values in this process, each for a limited time. */
export class MemoryCache<V extends object> implements Cache<V> {
  private readonly values: LRUCache<string, V>;
  private readonly fetching = new Map<string, Promise<V | undefined>>();
  private readonly exclusive = new WaitingLine();

  /**
   * @param max max values kept
   * @param age milliseconds after which a value is fetched again; 0 caches nothing
   * @param patience milliseconds that an exclusive lease waits for shared leases before
   *   it aborts them
   */
  constructor(
    max: number,
    private readonly age: number,
    private readonly patience = PATIENCE,
    private readonly leases = new SharedLeases(),
  ) {
    this.values = new LRUCache<string, V>({ max: max, ttl: Math.max(age, 1) });
  }

  async load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    const value = this.values.get(key);
    if (value !== undefined) return value;
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
    signal: CancelSignal,
  ): Promise<SharedLease<V>> {
    const lease = await this.leases.enter<V>(key, wait, signal);
    try {
      lease.value = await this.load(key, fetch);
      return lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  invalidate(key: string): Promise<void> {
    this.forget(key);
    return Promise.resolve();
  }

  /** Does what `invalidate` does, synchronously. */
  forget(key: string): void {
    this.fetching.delete(key);
    this.values.delete(key);
  }

  async acquireExclusive(key: string): Promise<ExclusiveLease> {
    const lock = await this.exclusive.acquire(key, 3 * this.patience, new AbortController().signal);
    const release = () => {
      this.forget(key);
      this.leases.open(key);
      lock.release();
      return Promise.resolve();
    };
    this.leases.close(key);
    this.forget(key);
    try {
      await this.leases.awaitReleased(key, this.patience);
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
        this.values.set(key, value);
      return value;
    } finally {
      if (this.fetching.get(key) === promise) this.fetching.delete(key);
    }
  }
}
