import type { Cache, ExclusiveLease } from '../cache/cache';
import { MemoryCache } from '../cache/memory_cache';
import { PATIENCE, SharedLeases } from '../cache/leases';
import { CoordinationUnavailable, messageOf } from '../../util/errors';
import { LockTimeout, type Lock, type Locker } from '../locks/locker';
import { CacheKey, LockName } from '../locks/lock_names';
import type { Coordination } from '../coordination';
import type { Channel, Broadcast, FromHub, FromMember } from './messages';

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
  /** By the names of caches. Keys can be closed before a cache is made. */
  readonly #uses = new Map<string, SharedLeases>();
  readonly #caches = new Map<string, Pick<MemoryCache<object>, 'forget'>>();
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

  cache<V extends object>(name: string, max: number, age: number, patience = PATIENCE): Cache<V> {
    const own = new MemoryCache<V>(max, age, patience, this.#usesOf(name));
    this.#caches.set(name, own);
    const keyNamed = CacheKey.maker(name);
    const everywhere = async (deed: Broadcast) => {
      await Promise.all([this.#do(deed), this.#ask((id) => ({ kind: 'ask', id, deed }))]);
    };
    return {
      load: (key, fetch) => own.load(key, fetch),
      acquireShared: (...of) => own.acquireShared(...of),
      invalidate: (key) => everywhere({ what: 'drop', cache: name, key }),
      acquireExclusive: async (key): Promise<ExclusiveLease> => {
        const changes = LockName.ofChange(keyNamed(key));
        const lock = await this.#acquire(changes, 3 * patience, new AbortController().signal);
        const release = async () => {
          try {
            await everywhere({ what: 'open', cache: name, key });
          } finally {
            lock.release();
          }
        };
        try {
          await everywhere({ what: 'close', cache: name, key, patience });
          return { release };
        } catch (error) {
          await release();
          throw error;
        }
      },
    };
  }

  #usesOf(cache: string): SharedLeases {
    const uses = this.#uses.get(cache) ?? new SharedLeases();
    this.#uses.set(cache, uses);
    return uses;
  }

  async #do(deed: Broadcast): Promise<void> {
    const { cache, key } = deed;
    const uses = this.#usesOf(cache);
    // before anything is awaited: what the hub says next may be here already
    if (deed.what === 'close') uses.close(key);
    this.#caches.get(cache)?.forget(key);
    if (deed.what === 'open') uses.open(key);
    if (deed.what === 'close') await uses.ended(key, deed.patience);
  }

  async #acquire({ spelling: name }: LockName, wait: number, signal: AbortSignal): Promise<Lock> {
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
          signal.reason instanceof Error
            ? signal.reason
            : new Error('the wait for a lock was given up'),
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
        answered: (message) => {
          const failure = message.kind === 'done' ? message.failure : undefined;
          settle(() => {
            if (failure === undefined) resolve();
            else reject(new CoordinationUnavailable(failure));
          });
        },
        closed: () => settle(() => reject(gone())),
      });
      this.channel.send(request(id));
    });
  }

  async #receive(message: FromHub): Promise<void> {
    if (message.kind !== 'do') {
      this.#waiting.get(message.id)?.answered(message);
      return;
    }
    const failure = await this.#do(message.deed).then(() => undefined, messageOf);
    this.channel.send({ kind: 'did', id: message.id, failure });
  }
}

function gone(): Error {
  return new Error('the process that keeps the locks is gone');
}
