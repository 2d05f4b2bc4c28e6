import { chunks, destroy, streamOf } from '../../src/http/body';
import type { Body } from '../../src/http/message';
import type { Lock } from '../../src/lockers/locker';

/** A body that ends only while its lock is held, and breaks off when that is lost: without its end no store keeps it. */
export function whileHeld(body: Body, lock: Lock): Body {
  if (Buffer.isBuffer(body)) return body;
  const held = streamOf(
    (async function* () {
      for await (const chunk of chunks(body)) {
        lock.confirm();
        yield chunk;
      }
      lock.confirm();
    })(),
  );
  const lost = () => body.destroy(lock.signal.reason as Error);
  lock.signal.addEventListener('abort', lost, { once: true });
  // a stream that nobody began to read never runs what makes it
  held.once('close', () => {
    lock.signal.removeEventListener('abort', lost);
    if (!body.readableEnded) destroy(body);
  });
  return held;
}
