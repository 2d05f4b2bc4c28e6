import { chunks, destroy, streamOf, type Body } from '../http/body';
import type { Lock } from '../coordination/locks/locker';
import type { Progress } from './progress';

/**
 * A body that ends only while its lock is held, and breaks off when that is lost, or when the client does not make progress: without its end no
 * store keeps it.
 */
export function whileHeld(body: Body, lock: Lock, progress: Progress): Body {
  if (Buffer.isBuffer(body)) return body;
  const held = streamOf(
    (async function* () {
      const parts = chunks(body);
      for (;;) {
        progress.wait((reason) => body.destroy(reason));
        const next = await parts.next();
        progress.came(next.done ? 0 : next.value.length);
        lock.confirm();
        if (next.done) return;
        yield next.value;
      }
    })(),
  );
  const lost = () => body.destroy(lock.signal.reason as Error);
  lock.signal.addEventListener('abort', lost, { once: true });
  // a stream that nobody began to read never runs what makes it
  held.once('close', () => {
    lock.signal.removeEventListener('abort', lost);
    progress.came(0);
    if (!body.readableEnded) destroy(body);
  });
  return held;
}
