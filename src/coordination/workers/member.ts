import type { Cache, ExclusiveLease } from '../cache/cache';
import { MemoryCache } from '../cache/memory_cache';
import { PATIENCE, SharedLeases } from '../cache/leases';
import { CoordinationUnavailable, messageOf } from '../../util/errors';
import { LockTimeout, type Lock, type Locker } from '../locks/locker';
import { CacheKey, LockName } from '../locks/lock_names';
import type { Coordination } from '../coordination';
import type { Channel, Broadcast, FromHub, FromMember } from './messages';
import type { CancelSignal } from '../../util/cancel_signal';

/** The handlers of the hub's answer to one request. */
interface Waiting {
  answered(message: FromHub): void;
  closed(): void;
}

/**
 * The coordination of one of several processes, through the hub. Its locks are lost when
 * the channel closes.
 */
export class Member implements Coordination {
  readonly locker: Locker = { acquire: (name, wait, signal) => this.#acquire(name, wait, signal) };
  readonly #waiting = new Map<number, Waiting>();
  readonly #locks = new Map<number, AbortController>();
  /**
   * The leases of each cache, by its name. Keys can be closed before a cache is created.
   */
  readonly #leases = new Map<string, SharedLeases>();
  readonly #caches = new Map<string, Pick<MemoryCache<object>, 'forget'>>();
  #next = 0;
  #closed = false;

  constructor(private readonly channel: Channel<FromHub, FromMember>) {
    channel.onMessage((message) => void this.#receive(message));
    channel.onClose(() => {
      this.#closed = true;
      for (const waiting of this.#waiting.values()) waiting.closed();
      for (const lock of this.#locks.values()) lock.abort(hubGone());
    });
  }

  cache<V extends object>(name: string, max: number, age: number, patience = PATIENCE): Cache<V> {
    const local = new MemoryCache<V>(max, age, patience, this.#leasesOf(name));
    this.#caches.set(name, local);
    const cacheKey = CacheKey.maker(name);
    const toAll = async (broadcast: Broadcast) => {
      await Promise.all([
        this.#apply(broadcast),
        this.#ask((id) => ({ kind: 'ask', id, deed: broadcast })),
      ]);
    };
    return {
      load: (key, fetch) => local.load(key, fetch),
      acquireShared: (...request) => local.acquireShared(...request),
      invalidate: (key) => toAll({ what: 'drop', cache: name, key }),
      acquireExclusive: async (key): Promise<ExclusiveLease> => {
        const lockName = LockName.ofChange(cacheKey(key));
        const lock = await this.#acquire(lockName, 3 * patience, new AbortController().signal);
        const release = async () => {
          try {
            await toAll({ what: 'open', cache: name, key });
          } finally {
            lock.release();
          }
        };
        try {
          await toAll({ what: 'close', cache: name, key, patience });
          return { release };
        } catch (error) {
          await release();
          throw error;
        }
      },
    };
  }

  #leasesOf(cache: string): SharedLeases {
    const leases = this.#leases.get(cache) ?? new SharedLeases();
    this.#leases.set(cache, leases);
    return leases;
  }

  async #apply(broadcast: Broadcast): Promise<void> {
    const { cache, key } = broadcast;
    const leases = this.#leasesOf(cache);
    // before any await: the hub's next message may already be here
    if (broadcast.what === 'close') leases.close(key);
    this.#caches.get(cache)?.forget(key);
    if (broadcast.what === 'open') leases.open(key);
    if (broadcast.what === 'close') await leases.awaitReleased(key, broadcast.patience);
  }

  async #acquire({ spelling: name }: LockName, wait: number, signal: CancelSignal): Promise<Lock> {
    signal.throwIfAborted();
    if (this.#closed) throw hubGone();
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
            : new Error('the wait for a lock was cancelled'),
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
          reject(hubGone());
        },
      });
      this.channel.send({ kind: 'acquire', id, name, wait });
    });
  }

  #lock(id: number): Lock {
    const lost = new AbortController();
    this.#locks.set(id, lost);
    const release = () => {
      if (this.#locks.delete(id)) this.channel.send({ kind: 'leave', id });
    };
    return { signal: lost.signal, confirm: () => lost.signal.throwIfAborted(), release };
  }

  /**
   * Sends a request, and waits for the hub's answer.
   *
   * @throws CoordinationUnavailable if another process failed
   */
  #ask(request: (id: number) => FromMember): Promise<void> {
    if (this.#closed) return Promise.reject(hubGone());
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
        closed: () => settle(() => reject(hubGone())),
      });
      this.channel.send(request(id));
    });
  }

  async #receive(message: FromHub): Promise<void> {
    if (message.kind !== 'do') {
      this.#waiting.get(message.id)?.answered(message);
      return;
    }
    const failure = await this.#apply(message.deed).then(() => undefined, messageOf);
    this.channel.send({ kind: 'did', id: message.id, failure });
  }
}

function hubGone(): Error {
  return new Error('the process that holds the locks has ended');
}
