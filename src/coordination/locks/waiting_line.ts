import { Mutex } from 'async-mutex';
import { LockTimeout, type Lock } from './locker';
import type { CancelSignal } from '../../util/cancel_signal';

/**
 * Locks by text, among the requests of one process; they cannot be lost, so their signal
 * never aborts. A text that is neither held nor waited for takes no memory.
 */
export class WaitingLine {
  private readonly entries = new Map<string, { mutex: Mutex; users: number }>();

  /** The number of texts that are held or waited for. */
  get size(): number {
    return this.entries.size;
  }

  /** Waits for the lock of a text, as `Locker` does for that of a name. */
  async acquire(text: string, wait: number, signal: CancelSignal): Promise<Lock> {
    signal.throwIfAborted();
    const entry = this.entries.get(text) ?? { mutex: new Mutex(), users: 0 };
    this.entries.set(text, entry);
    entry.users++;
    const leave = () => {
      if (--entry.users === 0) this.entries.delete(text);
    };

    return new Promise<Lock>((resolve, reject) => {
      let waiting = true;
      const giveUp = (reason: unknown) => {
        if (!waiting) return;
        waiting = false;
        settle();
        reject(reason instanceof Error ? reason : new Error('the wait for a lock was cancelled'));
      };
      const onAbort = () => giveUp(signal.reason);
      const timer = setTimeout(
        () => giveUp(new LockTimeout(`no lock within ${wait / 1000} s`)),
        wait,
      );
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort);

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
