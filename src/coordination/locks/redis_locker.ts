import { Mutex } from 'redis-semaphore';
import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import type { RedisConnection } from '../redis/connection';
import { LockTimeout, type Lock, type Locker } from './locker';
import { mutexKey, placeKey, type LockName } from './lock_names';
import { WaitingLine } from './waiting_line';
import { delay, type CancelSignal } from '../../util/cancel_signal';

/** Milliseconds between two attempts: the minimum, and the random part on top. */
const PAUSE = 5;
const JITTER = 15;
/**
 * Share of its lease for which a lock counts; requests to the store in progress when it
 * is lost have the rest to be aborted.
 */
const VALID_SHARE = 0.75;

/**
 * Locks among all processes that share a Redis. Each is a key there that only its owner
 * can renew or remove, and that expires after the lease. Of one process one request at a
 * time contends for a name, and the others wait for it in order. Of several processes one
 * waits for the lock and the others for the place behind it, so that a process that
 * releases the lock cannot have it again before those that wait.
 *
 * Without Redis, a locker that may go on locks among the requests of its process only.
 * Each such lock is requested from Redis ten times in a third of the lease, and becomes a
 * lock of Redis as soon as that answers; if another process has it by then, it is lost.
 * So two processes hold one lock at once as long as Redis is unreachable for one of them,
 * and for a thirtieth of a lease more. A Redis that was restarted grants no new locks for
 * one lease, in which those that are held are registered again.
 */
export class RedisLocker implements Locker {
  readonly #queue = new WaitingLine();

  /**
   * @param lease milliseconds that a lock lives at Redis without renewal; it is renewed
   *   after each third
   * @param goesOn whether locks are granted, not refused, without Redis
   */
  constructor(
    private readonly redis: RedisConnection,
    private readonly lease: number,
    private readonly goesOn = false,
  ) {}

  async acquire(name: LockName, wait: number, signal: CancelSignal): Promise<Lock> {
    const end = now() + wait;
    signal.throwIfAborted();
    const inLine = await this.#queue.acquire(name.spelling, wait, signal);
    try {
      return await this.#contend(name, end, signal, inLine);
    } catch (error) {
      if (this.goesOn && error instanceof CoordinationUnavailable)
        return this.#lock(
          this.#mutex(mutexKey(name)),
          now() + this.lease * VALID_SHARE,
          inLine,
          true,
        );
      inLine.release();
      throw error;
    }
  }

  #lock(mutex: OwnedMutex, validUntil: number, { release }: Lock, isLocal: boolean): Lock {
    return new RedisLock(
      mutex,
      this.redis,
      { lease: this.lease, goesOn: this.goesOn },
      validUntil,
      release,
      isLocal,
    );
  }

  async #contend(name: LockName, end: number, signal: CancelSignal, inLine: Lock): Promise<Lock> {
    await this.#awaitQuiet(end, signal);
    // if it expires before the lock is free, two wait, and only the order suffers
    const place = this.#mutex(placeKey(name));
    await this.#acquireMutex(place, end, signal);
    try {
      const mutex = this.#mutex(mutexKey(name));
      const validUntil = await this.#acquireMutex(mutex, end, signal);
      return this.#lock(mutex, validUntil, inLine, false);
    } finally {
      place.leave(this.redis);
    }
  }

  async #isQuiet(): Promise<boolean> {
    return (await this.redis.quietUntil()) > now();
  }

  async #awaitQuiet(end: number, signal: CancelSignal): Promise<void> {
    const until = await this.redis.quietUntil();
    const rest = until - now();
    if (rest <= 0) return;
    await delay(Math.min(rest, Math.max(0, end - now())), signal);
    if (until > end) throw tooLate('Redis was restarted and may not know all locks yet');
  }

  /** @returns the time until which it counts */
  async #acquireMutex(mutex: OwnedMutex, end: number, signal: CancelSignal): Promise<number> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const start = now();
        if (await this.redis.ask(() => mutex.attempt())) {
          signal.throwIfAborted();
          if (!(await this.#isQuiet())) return start + this.lease * VALID_SHARE;
          // Redis was replaced since the last check
          mutex.leave(this.redis);
          await this.#awaitQuiet(end, signal);
        }
        const rest = end - now();
        if (rest <= 0) throw tooLate('it is held by another request');
        await delay(Math.min(rest, PAUSE + Math.random() * JITTER), signal);
      }
    } catch (error) {
      // a command without a reply may have been executed
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

/**
 * The library's mutex, but acquired and renewed explicitly, so that the time of each
 * command is known.
 */
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

  /** Tries to acquire it; returns whether it is ours now. */
  attempt(): Promise<boolean> {
    return this._acquire();
  }

  /** Renews it for a whole lease; returns whether it is still ours. */
  renew(): Promise<boolean> {
    return this._refresh();
  }

  /** Releases it if it is ours; it expires by itself if Redis does not answer. */
  leave(redis: RedisConnection): void {
    redis.ask(() => this._release()).catch(() => undefined);
  }
}

class RedisLock implements Lock {
  readonly #lost = new AbortController();
  #deadline: NodeJS.Timeout;
  #renewal: NodeJS.Timeout;
  #isReleased = false;

  constructor(
    private readonly mutex: OwnedMutex,
    private readonly redis: RedisConnection,
    private readonly options: { readonly lease: number; readonly goesOn: boolean },
    private validUntil: number,
    private readonly releaseLocal: () => void,
    /** Whether it is held in this process only, because Redis does not answer. */
    private isLocal: boolean,
  ) {
    this.#deadline = this.#watch();
    this.#renewal = this.#renewAfter(options.lease / (isLocal ? 30 : 3));
  }

  get signal(): CancelSignal {
    return this.#lost.signal;
  }

  readonly confirm = (): void => {
    if (now() >= this.validUntil) this.#lose();
    this.signal.throwIfAborted();
  };

  readonly release = (): void => {
    if (this.#isReleased) return;
    this.#end();
    if (!this.signal.aborted) this.mutex.leave(this.redis);
    this.releaseLocal();
  };

  #lose(): void {
    if (this.#isReleased || this.signal.aborted) return;
    this.#stop();
    this.#lost.abort(new CoordinationUnavailable('the lock was lost before the work was done'));
  }

  #end(): void {
    this.#isReleased = true;
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#renewal);
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => this.#lose(), Math.max(0, this.validUntil - now())).unref();
  }

  #renewAfter(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), milliseconds).unref();
  }

  /** Renews once; if Redis does not answer, retries until the lock no longer counts. */
  async #renew(): Promise<void> {
    const start = now();
    if (start >= this.validUntil) {
      this.#lose();
      return;
    }
    const isOurs = await this.redis.ask(() => this.#confirmOwnership()).catch(() => undefined);
    if (this.#isReleased || this.signal.aborted) return;
    if (isOurs === false || now() >= this.validUntil) {
      this.#lose();
      return;
    }
    const { lease, goesOn } = this.options;
    this.isLocal = goesOn && isOurs === undefined;
    if (isOurs || this.isLocal) {
      this.validUntil = start + lease * VALID_SHARE;
      clearTimeout(this.#deadline);
      this.#deadline = this.#watch();
    }
    this.#renewal = this.#renewAfter(isOurs ? lease / 3 : lease / 30);
  }

  /** A lock that is held without Redis is acquired there if no other process has it. */
  async #confirmOwnership(): Promise<boolean> {
    return (await this.mutex.renew()) || (this.isLocal && (await this.mutex.attempt()));
  }
}
