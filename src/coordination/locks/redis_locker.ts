import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'redis-semaphore';
import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import type { RedisConnection } from '../redis/connection';
import { LockTimeout, type Lock, type Locker } from './locker';
import { mutexKey, placeKey, type LockName } from './lock_names';
import { WaitingLine } from './place_in_line';

/** Between two attempts, in milliseconds: at least, and up to so much more. */
const PAUSE = 5;
const SPREAD = 15;
/** So much of its lease a lock counts for: what is under way to the store when it is lost has the rest to be given up. */
const COUNTED = 0.75;

/**
 * Locks among all processes that share a Redis. Each is a key there that only its owner can renew or remove, and that ends by itself after the lease. Of
 * one process one request at a time contends for a name, the others wait for it in order; of several processes one waits for the lock and the
 * others for the place behind it, so that who releases the lock cannot have it again before those who wait.
 *
 * One that goes on without Redis then locks among the requests of its process only. Each lock that is held so is asked for at Redis ten times in a third of
 * the lease, and is one of Redis's as soon as that answers; where another process has it there by then, it is lost. So two processes hold one lock at
 * once as long as Redis is away for one of them, and for a thirtieth of a lease more. A Redis that was restarted gives none to newcomers
 * for one lease, in which those that are held come to be its own.
 */
export class RedisLocker implements Locker {
  readonly #queue = new WaitingLine();

  /**
   * @param lease milliseconds that a lock lives at Redis without renewal; it is renewed each third of that
   * @param goesOn whether locks are given also without Redis, and not refused
   */
  constructor(
    private readonly redis: RedisConnection,
    private readonly lease: number,
    private readonly goesOn = false,
  ) {}

  async acquire(name: LockName, wait: number, signal: AbortSignal): Promise<Lock> {
    const end = now() + wait;
    signal.throwIfAborted();
    const inLine = await this.#queue.acquire(name.spelling, wait, signal);
    try {
      return await this.#contend(name, end, signal, inLine);
    } catch (error) {
      if (this.goesOn && error instanceof CoordinationUnavailable)
        return this.#lock(this.#mutex(mutexKey(name)), now() + this.lease * COUNTED, inLine, true);
      inLine.release();
      throw error;
    }
  }

  #lock(mutex: OwnedMutex, counts: number, { release }: Lock, isLocal: boolean): Lock {
    return new RedisLock(
      mutex,
      this.redis,
      { lease: this.lease, goesOn: this.goesOn },
      counts,
      release,
      isLocal,
    );
  }

  async #contend(name: LockName, end: number, signal: AbortSignal, inLine: Lock): Promise<Lock> {
    await this.#quiet(end, signal);
    // it may end before the lock is free: then two wait, and only the order suffers
    const place = this.#mutex(placeKey(name));
    await this.#win(place, end, signal);
    try {
      const mutex = this.#mutex(mutexKey(name));
      const counts = await this.#win(mutex, end, signal);
      return this.#lock(mutex, counts, inLine, false);
    } finally {
      place.leave(this.redis);
    }
  }

  async #isNew(): Promise<boolean> {
    return (await this.redis.quietUntil()) > now();
  }

  async #quiet(end: number, signal: AbortSignal): Promise<void> {
    const until = await this.redis.quietUntil();
    const rest = until - now();
    if (rest <= 0) return;
    await pause(Math.min(rest, Math.max(0, end - now())), signal);
    if (until > end) throw tooLate('Redis is new, and may not know of all locks yet');
  }

  /** @returns until when it counts */
  async #win(mutex: OwnedMutex, end: number, signal: AbortSignal): Promise<number> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const asked = now();
        if (await this.redis.ask(() => mutex.attempt())) {
          signal.throwIfAborted();
          if (!(await this.#isNew())) return asked + this.lease * COUNTED;
          // another Redis has taken its place since it was looked at
          mutex.leave(this.redis);
          await this.#quiet(end, signal);
        }
        const rest = end - now();
        if (rest <= 0) throw tooLate('it is held');
        await pause(Math.min(rest, PAUSE + Math.random() * SPREAD), signal);
      }
    } catch (error) {
      // what was not answered may have been done
      mutex.leave(this.redis);
      throw error;
    }
  }

  #mutex(key: string): OwnedMutex {
    return new OwnedMutex(this.redis.client, key, { lockTimeout: this.lease });
  }
}

function tooLate(why: string): LockTimeout {
  return new LockTimeout(`no lock in time: ${why}`);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** The library's mutex, taken and renewed when we say, so that it is known when Redis was asked. */
class OwnedMutex extends Mutex {
  constructor(
    client: RedisConnection['client'],
    key: string,
    { lockTimeout }: { lockTimeout: number },
  ) {
    super(client, key, {
      lockTimeout,
      refreshInterval: 0,
      acquireAttemptsLimit: 1,
      retryInterval: 0,
    });
    this._key = key;
  }

  /** Whether it is ours now. */
  attempt(): Promise<boolean> {
    return this._acquire();
  }

  /** Whether it is still ours, and now for a whole lease. */
  renew(): Promise<boolean> {
    return this._refresh();
  }

  /** Gives it up where it is ours; ends by itself where Redis cannot be told. */
  leave(redis: RedisConnection): void {
    redis.ask(() => this._release()).catch(() => undefined);
  }
}

class RedisLock implements Lock {
  readonly #lost = new AbortController();
  #deadline: NodeJS.Timeout;
  #renewal: NodeJS.Timeout;
  #isOver = false;

  constructor(
    private readonly mutex: OwnedMutex,
    private readonly redis: RedisConnection,
    private readonly options: { readonly lease: number; readonly goesOn: boolean },
    private counts: number,
    private readonly next: () => void,
    /** Whether it is held in this process only, since Redis is away. */
    private isLocal: boolean,
  ) {
    this.#deadline = this.#watch();
    this.#renewal = this.#renewAfter(options.lease / (isLocal ? 30 : 3));
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  readonly confirm = (): void => {
    if (now() >= this.counts) this.#lose();
    this.signal.throwIfAborted();
  };

  readonly release = (): void => {
    if (this.#isOver) return;
    this.#end();
    if (!this.signal.aborted) this.mutex.leave(this.redis);
    this.next();
  };

  #lose(): void {
    if (this.#isOver || this.signal.aborted) return;
    this.#stop();
    this.#lost.abort(new CoordinationUnavailable('the lock was lost before the work was done'));
  }

  #end(): void {
    this.#isOver = true;
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#renewal);
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => this.#lose(), Math.max(0, this.counts - now())).unref();
  }

  #renewAfter(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), milliseconds).unref();
  }

  /** Once; where Redis does not answer, again and again until the lock no longer counts. */
  async #renew(): Promise<void> {
    const asked = now();
    if (asked >= this.counts) {
      this.#lose();
      return;
    }
    const isOurs = await this.redis.ask(() => this.#isOurs()).catch(() => undefined);
    if (this.#isOver || this.signal.aborted) return;
    if (isOurs === false || now() >= this.counts) {
      this.#lose();
      return;
    }
    const { lease, goesOn } = this.options;
    this.isLocal = goesOn && isOurs === undefined;
    if (isOurs || this.isLocal) {
      this.counts = asked + lease * COUNTED;
      clearTimeout(this.#deadline);
      this.#deadline = this.#watch();
    }
    this.#renewal = this.#renewAfter(isOurs ? lease / 3 : lease / 30);
  }

  /** One that was held without Redis is taken there where nobody else has it. */
  async #isOurs(): Promise<boolean> {
    return (await this.mutex.renew()) || (this.isLocal && (await this.mutex.attempt()));
  }
}
