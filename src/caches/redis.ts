import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../redis/connection';
import type { Cache } from './cache';
import { MemoryCache } from './memory';

/**
 * Keeps values in this process, each under a generation of its key that Redis keeps for all processes. A value counts only while Redis confirms its
 * generation, which is asked with each load; whoever drops a key ends its generation. Without Redis nothing is kept, and nothing can be
 * dropped.
 */
export class RedisCache<V extends object> implements Cache<V> {
  #own: MemoryCache<V>;

  /**
   * @param name what tells its keys from those of other caches
   * @param most how many values this process keeps
   * @param age milliseconds after which a value is fetched anew; 0 keeps none
   */
  constructor(
    private readonly redis: RedisConnection,
    private readonly name: string,
    most: number,
    private readonly age: number,
  ) {
    this.#own = new MemoryCache<V>(most, age);
    // a Redis that comes back may know generations again that were ended
    redis.onLost(() => {
      this.#own = new MemoryCache<V>(most, age);
    });
  }

  async load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    if (this.age === 0) return fetch();
    const own = this.#own;
    const generation = await this.#generation(key).catch(() => undefined);
    return generation === undefined ? fetch() : own.load(`${generation} ${key}`, fetch);
  }

  async drop(key: string): Promise<void> {
    if (this.age === 0) return;
    await this.redis.ask((client) => client.del(this.#name(key)));
  }

  /** The generation that a key has, or begins now. */
  async #generation(key: string): Promise<string> {
    const fresh = randomUUID();
    const ttl = Math.ceil(this.age);
    return (
      (await this.redis.ask((client) => client.set(this.#name(key), fresh, 'PX', ttl, 'NX', 'GET'))) ?? fresh
    );
  }

  #name(key: string): string {
    return `${this.name}:${key}`;
  }
}
