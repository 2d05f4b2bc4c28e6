import { chunks, derivedStream, type Body } from '../http/body';
import type { Lock } from '../coordination/locks/locker';
import type { UploadProgress } from './upload_progress';

/**
 * Returns a body that ends only while its lock is held. It is destroyed if the lock is
 * lost or the client stalls; a store discards a body without an end.
 */
export function bindBodyToLock(body: Body, lock: Lock, progress: UploadProgress): Body {
  if (Buffer.isBuffer(body)) return body;
  const stream = derivedStream(
    body,
    (async function* () {
      const parts = chunks(body);
      for (;;) {
        progress.wait((reason) => body.destroy(reason));
        const next = await parts.next();
        progress.endWait(next.done ? 0 : next.value.length);
        lock.confirm();
        if (next.done) return;
        yield next.value;
      }
    })(),
  );
  const onLost = () => body.destroy(lock.signal.reason as Error);
  lock.signal.addEventListener('abort', onLost, { once: true });
  stream.once('close', () => {
    lock.signal.removeEventListener('abort', onLost);
    progress.endWait(0);
  });
  return stream;
}
