import type { Cache } from '../caches/cache';
import { MemoryCache } from '../caches/memory';
import { LockTimeout, type Lock, type Locker } from '../lockers/locker';
import type { Coordination } from './coordination';
import type { Channel, FromHub, FromMember } from './messages';

/** Told what the hub answers to one request. */
interface Waiting {
  answered(message: FromHub): void;
  closed(): void;
}

/** The coordination of one of several processes, by way of the hub. What it held is lost when the channel closes. */
export class Member implements Coordination {
  readonly locker: Locker = { acquire: (name, wait, signal) => this.#acquire(name, wait, signal) };
  readonly #waiting = new Map<number, Waiting>();
  readonly #held = new Map<number, AbortController>();
  /** By the names of caches: how this process forgets a key. */
  readonly #forget = new Map<string, (key: string) => Promise<void>>();
  #next = 0;
  #closed = false;

  constructor(private readonly channel: Channel<FromHub, FromMember>) {
    channel.onMessage((message) => void this.#receive(message));
    channel.onClose(() => {
      this.#closed = true;
      for (const waiting of this.#waiting.values()) waiting.closed();
      for (const held of this.#held.values()) held.abort(gone());
    });
  }

  cache<V extends object>(name: string, most: number, age: number): Cache<V> {
    const own = new MemoryCache<V>(most, age);
    this.#forget.set(name, (key) => own.drop(key));
    return {
      load: (key, fetch) => own.load(key, fetch),
      drop: async (key) => {
        await own.drop(key);
        await this.#ask((id) => ({ kind: 'drop', id, cache: name, key }));
      },
    };
  }

  async #acquire(name: string, wait: number, signal: AbortSignal): Promise<Lock> {
    signal.throwIfAborted();
    if (this.#closed) throw gone();
    const id = this.#next++;
    return new Promise<Lock>((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(id);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        settle();
        this.channel.send({ kind: 'leave', id });
        reject(
          signal.reason instanceof Error ? signal.reason : new Error('the wait for a lock was given up'),
        );
      };
      signal.addEventListener('abort', giveUp);
      this.#waiting.set(id, {
        answered: (message) => {
          settle();
          if (message.kind === 'granted') resolve(this.#lock(id));
          else reject(new LockTimeout(`no lock within ${wait / 1000} s`));
        },
        closed: () => {
          settle();
          reject(gone());
        },
      });
      this.channel.send({ kind: 'acquire', id, name, wait });
    });
  }

  #lock(id: number): Lock {
    const lost = new AbortController();
    this.#held.set(id, lost);
    const release = () => {
      if (this.#held.delete(id)) this.channel.send({ kind: 'leave', id });
    };
    return { signal: lost.signal, confirm: () => lost.signal.throwIfAborted(), release };
  }

  /** Resolves when the hub has answered. */
  #ask(request: (id: number) => FromMember): Promise<void> {
    if (this.#closed) return Promise.reject(gone());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#waiting.delete(id);
        finish();
      };
      this.#waiting.set(id, {
        answered: () => settle(resolve),
        closed: () => settle(() => reject(gone())),
      });
      this.channel.send(request(id));
    });
  }

  async #receive(message: FromHub): Promise<void> {
    if (message.kind !== 'forget') {
      this.#waiting.get(message.id)?.answered(message);
      return;
    }
    await this.#forget.get(message.cache)?.(message.key);
    this.channel.send({ kind: 'forgotten', id: message.id });
  }
}

function gone(): Error {
  return new Error('the process that keeps the locks is gone');
}
