import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import { generationKey, LockName, mutexKey, usersKey, type CacheKey } from '../locks/lock_names';
import type { RedisConnection } from '../redis/connection';
import { SharedLeases, type OpenLease } from './leases';

/** Between two looks at the uses that last, in milliseconds. */
const SWEEP = 200;
/** Between two looks whether others have ended theirs, in milliseconds. */
const PAUSE = 20;
/** So much of its lease a registration counts for; what is under way when it is over has the rest to end. */
const COUNTED = 0.75;

/** A process's note at Redis that it uses a key. */
export interface Registration {
  /** That of the key when the use began; empty where there is none. */
  readonly generation: string;
  /** Until when no change can have been made, on the clock of `now`. */
  readonly counts: () => number;
}

/** Of a use that counts for nothing at Redis. */
export const NOT_REGISTERED: Registration = { generation: '', counts: () => 0 };

/** Where it is seen whether a key is being changed. */
const changeKey = (key: CacheKey) => mutexKey(LockName.ofChange(key));

const MILLISECONDS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;
const NOTE = `
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`;

/** KEYS: the mutex of who changes the key, users, generation; ARGV: process, lease, age, a fresh generation. Nothing while the key is changed. */
const BEGIN = `
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
${MILLISECONDS}
${NOTE}
if ARGV[3] == '0' then return '' end
return redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[3], 'NX', 'GET') or ARGV[4]`;

/** KEYS: mutex, users; ARGV: process, lease. -1 where the process counts no more; else whose the mutex is, or nothing. */
const RENEW = `
${MILLISECONDS}
local mine = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not mine or tonumber(mine) < now then return -1 end
${NOTE}
return redis.call('GET', KEYS[1]) or ''`;

/** KEYS: users, each process with the time when it counts no more. How many processes use the key. */
const COUNT = `
${MILLISECONDS}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])`;

interface Note {
  counts: number;
  /** The change that its uses were told to give up for. */
  toldBy: string;
}

/** The uses of keys in this process, and the notes of them at Redis: one for each key, as long as there is one. */
export class RedisLeases {
  /** Another one after each lost connection: what was asked on that may still be done. */
  #process = randomUUID();
  readonly #uses = new SharedLeases();
  readonly #notes = new Map<string, Note>();
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

  /** Waits where the key is being changed in this process without Redis. */
  begin<V extends object>(key: string, wait: number, signal: AbortSignal): Promise<OpenLease<V>> {
    return this.#uses.enter<V>(key, wait, signal);
  }

  /** Keeps others of this process from beginning, and resolves when those that there are have ended. */
  endedHere(key: string): Promise<void> {
    this.#uses.close(key);
    return this.#uses.ended(key, this.times.patience);
  }

  open(key: string): void {
    this.#uses.open(key);
  }

  /** Notes a use that has begun; where Redis cannot be asked, it counts for nothing. */
  async register(key: string): Promise<Registration | 'changing'> {
    const { age, lease } = this.times;
    const name = this.name(key);
    const fresh = randomUUID();
    const asked = now();
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
    const known = this.#notes.get(key);
    const note = known && now() < known.counts ? known : { counts: 0, toldBy: '' };
    note.counts = Math.max(note.counts, asked + lease * COUNTED);
    this.#notes.set(key, note);
    this.#sweep ??= setInterval(() => this.#sweepOnce(), SWEEP).unref();
    return { generation, counts: () => note.counts };
  }

  /** Whether a key is being changed, as far as Redis tells. */
  async isChanging(key: string): Promise<boolean> {
    const found = await this.redis
      .ask((client) => client.exists(changeKey(this.name(key))))
      .catch(() => 0);
    return found > 0;
  }

  /** From now on no note counts: Redis may have forgotten them. */
  doubt(): void {
    for (const note of this.#notes.values()) note.counts = 0;
    this.#notes.clear();
    this.#process = randomUUID();
  }

  /**
   * Resolves when no process uses a key; they look themselves whether it is to be changed.
   *
   * @param end when to give up, on the clock of `now`
   * @throws CoordinationUnavailable where some do not end, or Redis does not tell
   */
  async ended(key: string, end: number): Promise<void> {
    const of = usersKey(this.name(key));
    while (((await this.redis.ask((client) => client.eval(COUNT, 1, of))) as number) > 0) {
      if (now() > end) throw new CoordinationUnavailable('what began before has not ended yet');
      await sleep(PAUSE);
    }
  }

  #sweepOnce(): void {
    for (const [key, note] of this.#notes) {
      if (this.#uses.count(key) === 0) {
        this.#notes.delete(key);
        this.#ask((client) => client.zrem(usersKey(this.name(key)), this.#process));
      } else if (now() >= note.counts) {
        this.#notes.delete(key);
      } else {
        this.#ask((client) => this.#renew(client, key, note));
      }
    }
    if (this.#notes.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  async #renew(client: RedisConnection['client'], key: string, note: Note): Promise<void> {
    const asked = now();
    const name = this.name(key);
    const { lease, patience } = this.times;
    const found = (await client.eval(
      RENEW,
      2,
      changeKey(name),
      usersKey(name),
      this.#process,
      lease,
    )) as string | -1;
    if (found === -1 || now() >= note.counts) {
      note.counts = 0;
      return;
    }
    note.counts = asked + lease * COUNTED;
    if (found === '' || found === note.toldBy) return;
    note.toldBy = found;
    await this.#uses.ended(key, patience);
  }

  /** What fails is asked again, or the note counts no more. */
  #ask(command: (client: RedisConnection['client']) => Promise<unknown>): void {
    this.redis.ask(command).catch(() => undefined);
  }
}
