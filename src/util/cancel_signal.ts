/**
 * What the project uses of an `AbortSignal`, so that a server can make one for each
 * request at a hundredth of the cost.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Why it was aborted. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(event: 'abort', listener: () => void, options?: { once: boolean }): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}

/** A signal that its owner aborts. Calls each listener at most once. */
export class Canceller implements CancelSignal {
  aborted = false;
  reason: unknown;
  private readonly listeners = new Set<() => void>();

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.listeners) {
      try {
        listener();
      } catch (error) {
        // a bug, which must not keep the others from being called
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.listeners.clear();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.aborted) this.listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }
}

/** Returns why a signal was aborted, as an error in any case. */
export function reasonOf({ reason }: CancelSignal): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}

/** Waits; rejects with the signal's reason once it aborts. */
export function delay(milliseconds: number, signal: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
