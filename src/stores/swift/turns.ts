import type { Body } from '../../http/body';
import { ClientGone, type Request } from '../../swift_api/message';
import { reasonOf } from '../../util/cancel_signal';

/**
 * Lets as many exchanges with a store take place at a time as it has connections; the
 * others wait in the order in which they came. One that ends while it waits leaves
 * nothing behind. Undici's own queue has no bound, and keeps each request until a
 * connection is free, which it then closes if the request was aborted.
 */
export class Turns {
  private readonly waiting = new Set<() => void>();

  /** @param free how many exchanges may take place at a time */
  constructor(private free: number) {}

  /** Takes a turn if one is free. Each turn must be released, once. */
  take(): boolean {
    if (this.free === 0) return false;
    this.free--;
    return true;
  }

  /**
   * Waits for a turn, which it then has.
   *
   * @throws the reason of the request's signal, or the error of its body
   */
  wait({ signal, body }: Pick<Request, 'signal' | 'body'>): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.waiting.delete(go);
        signal.removeEventListener('abort', onAbort);
        if (!Buffer.isBuffer(body)) body.off('close', onClose);
      };
      const go = () => {
        stop();
        resolve();
      };
      const onAbort = () => {
        stop();
        reject(reasonOf(signal));
      };
      const onClose = () => {
        stop();
        reject(errorOf(body));
      };
      this.waiting.add(go);
      signal.addEventListener('abort', onAbort);
      if (!Buffer.isBuffer(body)) body.once('close', onClose);
    });
  }

  /** Returns a turn: to the exchange that has waited longest, if any. */
  release(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.free++;
  }
}

function errorOf(body: Body): Error {
  const error = Buffer.isBuffer(body) ? null : body.errored;
  return error ?? new ClientGone('the client left before its request was sent');
}
