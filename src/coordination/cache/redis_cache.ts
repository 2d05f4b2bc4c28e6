import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import { LockTimeout, type Locker } from '../locks/locker';
import { CacheKey, generationKey, LockName } from '../locks/lock_names';
import type { RedisConnection } from '../redis/connection';
import type { Cache, ExclusiveLease, SharedLease } from './cache';
import { MemoryCache } from './memory_cache';
import { NOT_REGISTERED, RedisLeases, type Registration } from './redis_leases';
import { PATIENCE } from './leases';

/** Between two looks whether a change is over, in milliseconds. */
const PAUSE = 20;

export interface RedisCacheOptions {
  /** What tells its keys from those of other caches. */
  readonly name: string;
  /** How many values this process keeps. */
  readonly max: number;
  /** Milliseconds after which a value is fetched anew; 0 keeps none. */
  readonly age: number;
  /** Milliseconds for which a process that is using something counts at Redis without renewal. */
  readonly lease: number;
  /** Milliseconds that a change waits for uses before it tells them to give up. */
  readonly patience?: number | undefined;
  /** Whether keys are dropped and changed also without Redis: among the uses of this process, and at Redis when it is back. */
  readonly goesOn?: boolean;
}

/** What a use went by when it began. */
interface Begun<V extends object> {
  readonly value: V | undefined;
  readonly registered: Registration;
  /** The values that counted then: others do once a connection was lost. */
  readonly own: MemoryCache<V>;
}

/**
 * Keeps values in this process, each under a generation of its key that Redis keeps for all processes. A value counts only while Redis confirms its
 * generation, which is asked with each load; whoever drops a key ends its generation. Who begins a use is noted at Redis by the same request, once for a process,
 * and a change, which has a lock there, waits until nobody is noted. Without Redis nothing is kept, and nothing can be dropped or changed;
 * a use then finds out at its end whether it still goes by what is true.
 */
export class RedisCache<V extends object> implements Cache<V> {
  #own: MemoryCache<V>;
  readonly #uses: RedisLeases;
  readonly #key: (key: string) => CacheKey;
  readonly #age: number;
  readonly #lease: number;
  readonly #patience: number;
  readonly #goesOn: boolean;
  /** What was dropped without Redis, which may still confirm the generation of before. */
  readonly #owed = new Set<string>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly locker: Locker,
    { name, max, age, lease, patience = PATIENCE, goesOn = false }: RedisCacheOptions,
  ) {
    this.#key = CacheKey.maker(name);
    this.#age = age;
    this.#lease = lease;
    this.#patience = patience;
    this.#goesOn = goesOn;
    this.#own = new MemoryCache<V>(max, age);
    this.#uses = new RedisLeases(redis, this.#key, { age, lease, patience });
    // a Redis that comes back may know generations again that were ended
    redis.onLost(() => {
      this.#own = new MemoryCache<V>(max, age);
      this.#uses.doubt();
      for (const key of this.#owed) this.#drop(key).catch(() => undefined);
    });
  }

  async load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    if (this.#age === 0 || this.#owed.has(key)) return fetch();
    const own = this.#own;
    const generation = await this.#generation(key).catch(() => undefined);
    return generation === undefined ? fetch() : own.load(`${generation} ${key}`, fetch);
  }

  async acquireShared(
    key: string,
    fetch: () => Promise<V | undefined>,
    wait: number,
    signal: AbortSignal,
  ): Promise<SharedLease<V>> {
    const end = now() + wait;
    for (;;) {
      const own = this.#own;
      const use = await this.#uses.begin<V>(key, end - now(), signal);
      try {
        const registered = await this.#register(key);
        if (registered !== 'changing') {
          const { generation } = registered;
          use.value = await (generation === '' ? fetch() : own.load(`${generation} ${key}`, fetch));
          const { value } = use;
          use.confirm = () => this.#confirm(key, { value, registered, own }, fetch);
          return use;
        }
      } catch (error) {
        use.release();
        throw error;
      }
      use.release();
      await this.#changed(key, end, signal);
    }
  }

  async invalidate(key: string): Promise<void> {
    if (this.#age === 0) return;
    try {
      await this.#drop(key);
    } catch (error) {
      if (!this.#goesOn || !(error instanceof CoordinationUnavailable)) throw error;
      this.#owed.add(key);
    }
  }

  async #drop(key: string): Promise<void> {
    await this.redis.ask((client) => client.del(generationKey(this.#key(key))));
    this.#owed.delete(key);
  }

  /** Where something is owed, Redis is not believed before it is paid. */
  async #register(key: string): Promise<Registration | 'changing'> {
    if (this.#owed.has(key)) await this.#drop(key).catch(() => undefined);
    return this.#owed.has(key) ? NOT_REGISTERED : this.#uses.register(key);
  }

  async acquireExclusive(key: string): Promise<ExclusiveLease> {
    const max = 3 * this.#patience + this.#lease;
    const lock = await this.locker.acquire(
      LockName.ofChange(this.#key(key)),
      max,
      new AbortController().signal,
    );
    const letGo = () => {
      this.#uses.open(key);
      lock.release();
    };
    try {
      await this.invalidate(key);
      await this.#ended(key, now() + max);
      lock.confirm();
    } catch (error) {
      letGo();
      throw error;
    }
    const release = async () => {
      try {
        await this.invalidate(key);
        lock.confirm();
      } finally {
        letGo();
      }
    };
    return { release };
  }

  /** Waits for the uses that there are; without Redis, where that is allowed, for those of this process. */
  async #ended(key: string, end: number): Promise<void> {
    try {
      await this.#uses.ended(key, end);
    } catch (error) {
      if (!this.#goesOn || !(await this.#isAway(key))) throw error;
      await this.#uses.endedHere(key);
    }
  }

  /** Whether Redis cannot be asked for a key; of a cluster only one node may be away. */
  #isAway(key: string): Promise<boolean> {
    return this.redis
      .ask((client) => client.exists(generationKey(this.#key(key))))
      .then(
        () => false,
        () => true,
      );
  }

  /** Waits for the end of a change; who waits is no use, which the change would wait for. */
  async #changed(key: string, end: number, signal: AbortSignal): Promise<void> {
    do {
      signal.throwIfAborted();
      if (now() > end) throw new LockTimeout('the settings are being changed');
      await sleep(PAUSE);
    } while (await this.#uses.isChanging(key));
  }

  /**
   * Whether a use still goes by what is true: Redis has counted it all the time, or knows the same generation and was never away, or the value is still
   * the same.
   */
  async #confirm(
    key: string,
    { value, registered, own }: Begun<V>,
    fetch: () => Promise<V | undefined>,
  ): Promise<void> {
    if (now() < registered.counts()) return;
    const again = await this.#register(key);
    if (again !== 'changing') {
      const { generation } = registered;
      if (generation !== '' && again.generation === generation && own === this.#own) return;
      if (isDeepStrictEqual(await fetch(), value)) return;
    }
    throw new CoordinationUnavailable('what this went by was changed meanwhile');
  }

  /** The generation that a key has, or begins now. */
  async #generation(key: string): Promise<string> {
    const fresh = randomUUID();
    const ttl = Math.ceil(this.#age);
    const kept = generationKey(this.#key(key));
    return (
      (await this.redis.ask((client) => client.set(kept, fresh, 'PX', ttl, 'NX', 'GET'))) ?? fresh
    );
  }
}
