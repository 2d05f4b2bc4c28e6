import { Mutex } from 'async-mutex';
import { LockTimeout, type Lock, type Locker } from './locker';

/**
 * Locks among the requests of one process; they cannot be lost, so their signal never aborts. A name that nobody holds or waits for takes no memory.
 */
export class MemoryLocker implements Locker {
  private readonly held = new Map<string, { mutex: Mutex; users: number }>();

  /** How many names are held or waited for. */
  get size(): number {
    return this.held.size;
  }

  async acquire(name: string, wait: number, signal: AbortSignal): Promise<Lock> {
    signal.throwIfAborted();
    const entry = this.held.get(name) ?? { mutex: new Mutex(), users: 0 };
    this.held.set(name, entry);
    entry.users++;
    const leave = () => {
      if (--entry.users === 0) this.held.delete(name);
    };

    return new Promise<Lock>((resolve, reject) => {
      let waiting = true;
      const giveUp = (reason: unknown) => {
        if (!waiting) return;
        waiting = false;
        settle();
        reject(reason instanceof Error ? reason : new Error('the wait for a lock was given up'));
      };
      const aborted = () => giveUp(signal.reason);
      const timer = setTimeout(() => giveUp(new LockTimeout(`no lock within ${wait / 1000} s`)), wait);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      };
      signal.addEventListener('abort', aborted);

      void entry.mutex.acquire().then((unlock) => {
        let released = false;
        const release = () => {
          if (released) return;
          released = true;
          unlock();
          leave();
        };
        if (!waiting) {
          release();
          return;
        }
        waiting = false;
        settle();
        resolve({ signal: new AbortController().signal, confirm: () => undefined, release });
      });
    });
  }
}
