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
import type { CancelSignal } from '../../util/cancel_signal';

/** Milliseconds between two checks whether an exclusive lease has ended. */
const PAUSE = 20;

export interface RedisCacheOptions {
  /** Distinguishes its keys from those of other caches. */
  readonly name: string;
  /** Max values that this process keeps. */
  readonly max: number;
  /** Milliseconds after which a value is fetched again; 0 caches nothing. */
  readonly age: number;
  /** Milliseconds for which a process's shared leases count at Redis without renewal. */
  readonly lease: number;
  /**
   * Milliseconds that an exclusive lease waits for shared leases before it aborts them.
   */
  readonly patience?: number | undefined;
  /**
   * Whether keys can be invalidated and changed without Redis: among the leases of this
   * process now, and at Redis once it is back.
   */
  readonly goesOn?: boolean;
}

/** The state that a shared lease started from. */
interface LeaseStart<V extends object> {
  readonly value: V | undefined;
  readonly registration: Registration;
  /** The cache valid at the start; it is replaced when a connection is lost. */
  readonly local: MemoryCache<V>;
}

/**
 * Caches values in this process, each under a generation of its key that Redis stores for
 * all processes. A value counts only while Redis confirms its generation, which each load
 * asks for; invalidating a key ends its generation. The same request registers a shared
 * lease at Redis, once for a process. An exclusive lease holds a lock there and waits
 * until no process is registered. Without Redis nothing is cached, and nothing can be
 * invalidated or changed; a shared lease then checks at its end whether its value is
 * still current.
 */
export class RedisCache<V extends object> implements Cache<V> {
  #local: MemoryCache<V>;
  readonly #leases: RedisLeases;
  readonly #key: (key: string) => CacheKey;
  readonly #age: number;
  readonly #lease: number;
  readonly #patience: number;
  readonly #goesOn: boolean;
  /**
   * Keys that were invalidated without Redis, which may still confirm their old
   * generation.
   */
  readonly #pendingInvalidations = new Set<string>();

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
    this.#local = new MemoryCache<V>(max, age);
    this.#leases = new RedisLeases(redis, this.#key, { age, lease, patience });
    // a Redis that comes back may know generations that have ended
    redis.onLost(() => {
      this.#local = new MemoryCache<V>(max, age);
      this.#leases.invalidateAll();
      for (const key of this.#pendingInvalidations) this.#endGeneration(key).catch(() => undefined);
    });
  }

  async load(key: string, fetch: () => Promise<V | undefined>): Promise<V | undefined> {
    if (this.#age === 0 || this.#pendingInvalidations.has(key)) return fetch();
    const local = this.#local;
    const generation = await this.#generation(key).catch(() => undefined);
    return generation === undefined ? fetch() : local.load(`${generation} ${key}`, fetch);
  }

  async acquireShared(
    key: string,
    fetch: () => Promise<V | undefined>,
    wait: number,
    signal: CancelSignal,
  ): Promise<SharedLease<V>> {
    const end = now() + wait;
    for (;;) {
      const local = this.#local;
      const lease = await this.#leases.enter<V>(key, end - now(), signal);
      try {
        const registration = await this.#register(key);
        if (registration !== 'changing') {
          const { generation } = registration;
          lease.value = await (generation === ''
            ? fetch()
            : local.load(`${generation} ${key}`, fetch));
          const { value } = lease;
          lease.confirm = () => this.#confirm(key, { value, registration, local }, fetch);
          return lease;
        }
      } catch (error) {
        lease.release();
        throw error;
      }
      lease.release();
      await this.#awaitExclusiveEnd(key, end, signal);
    }
  }

  async invalidate(key: string): Promise<void> {
    if (this.#age === 0) return;
    try {
      await this.#endGeneration(key);
    } catch (error) {
      if (!this.#goesOn || !(error instanceof CoordinationUnavailable)) throw error;
      this.#pendingInvalidations.add(key);
    }
  }

  async #endGeneration(key: string): Promise<void> {
    await this.redis.ask((client) => client.del(generationKey(this.#key(key))));
    this.#pendingInvalidations.delete(key);
  }

  /** A key whose invalidation is pending is not registered before Redis has it. */
  async #register(key: string): Promise<Registration | 'changing'> {
    if (this.#pendingInvalidations.has(key)) await this.#endGeneration(key).catch(() => undefined);
    return this.#pendingInvalidations.has(key) ? NOT_REGISTERED : this.#leases.register(key);
  }

  async acquireExclusive(key: string): Promise<ExclusiveLease> {
    const max = 3 * this.#patience + this.#lease;
    const lock = await this.locker.acquire(
      LockName.ofChange(this.#key(key)),
      max,
      new AbortController().signal,
    );
    const releaseLocks = () => {
      this.#leases.open(key);
      lock.release();
    };
    try {
      await this.invalidate(key);
      await this.#awaitReleased(key, now() + max);
      lock.confirm();
    } catch (error) {
      releaseLocks();
      throw error;
    }
    const release = async () => {
      try {
        await this.invalidate(key);
        lock.confirm();
      } finally {
        releaseLocks();
      }
    };
    return { release };
  }

  /**
   * Waits for the present shared leases; without Redis, if that is allowed, for those of
   * this process.
   */
  async #awaitReleased(key: string, end: number): Promise<void> {
    try {
      await this.#leases.awaitReleased(key, end);
    } catch (error) {
      if (!this.#goesOn || !(await this.#isAway(key))) throw error;
      await this.#leases.awaitLocalReleased(key);
    }
  }

  /**
   * Returns whether Redis does not answer for a key; of a cluster only one node may be
   * down.
   */
  #isAway(key: string): Promise<boolean> {
    return this.redis
      .ask((client) => client.exists(generationKey(this.#key(key))))
      .then(
        () => false,
        () => true,
      );
  }

  /**
   * Waits for the end of an exclusive lease. Holds no shared lease meanwhile, since the
   * exclusive one would wait for it.
   */
  async #awaitExclusiveEnd(key: string, end: number, signal: CancelSignal): Promise<void> {
    do {
      signal.throwIfAborted();
      if (now() > end) throw new LockTimeout('the settings are being changed; retry');
      await sleep(PAUSE);
    } while (await this.#leases.isChanging(key));
  }

  /**
   * Checks that the value of a shared lease is still current: Redis has counted the lease
   * all the time, or has the same generation and was never away, or the value is the
   * same.
   *
   * @throws CoordinationUnavailable if it may have changed
   */
  async #confirm(
    key: string,
    { value, registration, local }: LeaseStart<V>,
    fetch: () => Promise<V | undefined>,
  ): Promise<void> {
    if (now() < registration.validUntil()) return;
    const again = await this.#register(key);
    if (again !== 'changing') {
      const { generation } = registration;
      if (generation !== '' && again.generation === generation && local === this.#local) return;
      if (isDeepStrictEqual(await fetch(), value)) return;
    }
    throw new CoordinationUnavailable(
      'the settings that the request relies on were changed meanwhile; retry',
    );
  }

  /** Returns the generation of a key; begins one if there is none. */
  async #generation(key: string): Promise<string> {
    const fresh = randomUUID();
    const ttl = Math.ceil(this.#age);
    const generation = generationKey(this.#key(key));
    return (
      (await this.redis.ask((client) => client.set(generation, fresh, 'PX', ttl, 'NX', 'GET'))) ??
      fresh
    );
  }
}
