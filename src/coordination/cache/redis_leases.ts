import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import { generationKey, LockName, mutexKey, usersKey, type CacheKey } from '../locks/lock_names';
import type { RedisConnection } from '../redis/connection';
import { SharedLeases, type OpenLease } from './leases';
import type { CancelSignal } from '../../util/cancel_signal';

/** Milliseconds between two renewals of the shared leases. */
const SWEEP = 200;
/** Milliseconds between two checks whether other processes have released theirs. */
const PAUSE = 20;
/**
 * Share of its lease for which a registration counts; work in progress when it is over
 * has the rest to end.
 */
const VALID_SHARE = 0.75;

/** The registration of a process at Redis as a user of a key. */
export interface Registration {
  /** The generation of the key when the lease began; empty if there is none. */
  readonly generation: string;
  /** Returns the time until which no change can have been made, on the clock of `now`. */
  readonly validUntil: () => number;
}

/** The registration of a lease that does not count at Redis. */
export const NOT_REGISTERED: Registration = { generation: '', validUntil: () => 0 };

/** The key that exists while a key is being changed. */
const changeKey = (key: CacheKey) => mutexKey(LockName.ofChange(key));

const MILLISECONDS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;
const REGISTER = `
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`;

/**
 * KEYS: the mutex of the exclusive lease, users, generation; ARGV: process, lease, age, a
 * fresh generation. Returns the generation; false while the key is being changed.
 */
const BEGIN = `
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
${MILLISECONDS}
${REGISTER}
if ARGV[3] == '0' then return '' end
return redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[3], 'NX', 'GET') or ARGV[4]`;

/**
 * KEYS: mutex, users; ARGV: process, lease. Returns -1 if the process no longer counts;
 * else the owner of the mutex, or an empty string.
 */
const RENEW = `
${MILLISECONDS}
local mine = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not mine or tonumber(mine) < now then return -1 end
${REGISTER}
return redis.call('GET', KEYS[1]) or ''`;

/**
 * KEYS: users, each process with the time until which it counts. Returns how many
 * processes use the key.
 */
const COUNT = `
${MILLISECONDS}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])`;

interface Entry {
  validUntil: number;
  /** The owner of the exclusive lease for which its leases were aborted. */
  abortedFor: string;
}

/**
 * The shared leases of keys in this process, and their registrations at Redis: one for
 * each key, as long as a lease of it exists.
 */
export class RedisLeases {
  /** Replaced after each lost connection: commands sent on that may still be executed. */
  #process = randomUUID();
  readonly #leases = new SharedLeases();
  readonly #entries = new Map<string, Entry>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: RedisConnection,
    private readonly name: (key: string) => CacheKey,
    private readonly times: {
      readonly age: number;
      readonly lease: number;
      readonly patience: number;
    },
  ) {}

  /** Takes a shared lease; waits while this process changes the key without Redis. */
  enter<V extends object>(key: string, wait: number, signal: CancelSignal): Promise<OpenLease<V>> {
    return this.#leases.enter<V>(key, wait, signal);
  }

  /** Blocks new leases in this process, and resolves once the present ones have ended. */
  awaitLocalReleased(key: string): Promise<void> {
    this.#leases.close(key);
    return this.#leases.awaitReleased(key, this.times.patience);
  }

  open(key: string): void {
    this.#leases.open(key);
  }

  /** Registers a lease that has begun; if Redis does not answer, it does not count. */
  async register(key: string): Promise<Registration | 'changing'> {
    const { age, lease } = this.times;
    const name = this.name(key);
    const fresh = randomUUID();
    const start = now();
    let generation: string | null;
    try {
      generation = await this.redis.ask(
        (client) =>
          client.eval(
            BEGIN,
            3,
            changeKey(name),
            usersKey(name),
            generationKey(name),
            this.#process,
            lease,
            Math.ceil(age),
            fresh,
          ) as Promise<string | null>,
      );
    } catch (error) {
      if (!(error instanceof CoordinationUnavailable)) throw error;
      return NOT_REGISTERED;
    }
    if (generation === null) return 'changing';
    const registered = this.#entries.get(key);
    const entry =
      registered && now() < registered.validUntil ? registered : { validUntil: 0, abortedFor: '' };
    entry.validUntil = Math.max(entry.validUntil, start + lease * VALID_SHARE);
    this.#entries.set(key, entry);
    this.#sweep ??= setInterval(() => this.#sweepOnce(), SWEEP).unref();
    return { generation, validUntil: () => entry.validUntil };
  }

  /** Returns whether a key is being changed, as far as Redis reports. */
  async isChanging(key: string): Promise<boolean> {
    const count = await this.redis
      .ask((client) => client.exists(changeKey(this.name(key))))
      .catch(() => 0);
    return count > 0;
  }

  /** Invalidates all registrations: Redis may have lost them. */
  invalidateAll(): void {
    for (const entry of this.#entries.values()) entry.validUntil = 0;
    this.#entries.clear();
    this.#process = randomUUID();
  }

  /**
   * Resolves once no process uses a key; processes check for themselves whether it is to
   * be changed.
   *
   * @param end when to give up, on the clock of `now`
   * @throws CoordinationUnavailable if some leases do not end, or Redis does not answer
   */
  async awaitReleased(key: string, end: number): Promise<void> {
    const users = usersKey(this.name(key));
    while (((await this.redis.ask((client) => client.eval(COUNT, 1, users))) as number) > 0) {
      if (now() > end)
        throw new CoordinationUnavailable(
          'requests that started before the change have not ended yet; retry',
        );
      await sleep(PAUSE);
    }
  }

  #sweepOnce(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#leases.count(key) === 0) {
        this.#entries.delete(key);
        this.#send((client) => client.zrem(usersKey(this.name(key)), this.#process));
      } else if (now() >= entry.validUntil) {
        this.#entries.delete(key);
      } else {
        this.#send((client) => this.#renew(client, key, entry));
      }
    }
    if (this.#entries.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  async #renew(client: RedisConnection['client'], key: string, entry: Entry): Promise<void> {
    const start = now();
    const name = this.name(key);
    const { lease, patience } = this.times;
    const owner = (await client.eval(
      RENEW,
      2,
      changeKey(name),
      usersKey(name),
      this.#process,
      lease,
    )) as string | -1;
    if (owner === -1 || now() >= entry.validUntil) {
      entry.validUntil = 0;
      return;
    }
    entry.validUntil = start + lease * VALID_SHARE;
    if (owner === '' || owner === entry.abortedFor) return;
    entry.abortedFor = owner;
    await this.#leases.awaitReleased(key, patience);
  }

  /**
   * A command that fails is sent again at the next sweep, or the registration stops
   * counting.
   */
  #send(command: (client: RedisConnection['client']) => Promise<unknown>): void {
    this.redis.ask(command).catch(() => undefined);
  }
}
