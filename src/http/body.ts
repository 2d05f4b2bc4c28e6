import { finished, Readable } from 'node:stream';

/** A stream that is read at most once, or bytes at hand. */
export type Body = Readable | Buffer;

/** Ends a body that nobody will read. A connection it came on is not reused. */
export function destroy(body: Body): void {
  if (Buffer.isBuffer(body)) return;
  body.on('error', () => undefined);
  body.destroy();
}

/** Whether a body can still be sent as a whole. */
export function isUnread(body: Body): boolean {
  return Buffer.isBuffer(body) || !(body.readableDidRead || body.destroyed);
}

/**
 * Does something that an answer waits for which nobody has read yet.
 *
 * @throws what that rejects with; the body of the answer is destroyed then
 */
export async function whileUnread<T>(
  { body }: { readonly body: Body },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    destroy(body);
    throw error;
  }
}

/**
 * Reads a body to its end and forgets it, so that its connection can be used again; destroys it where more than `most`
 * bytes come. Never rejects.
 */
export async function drain(body: Body, max = 64 * 1024): Promise<void> {
  if (Buffer.isBuffer(body)) return;
  let seen = 0;
  try {
    for await (const chunk of body) {
      seen += (chunk as Buffer).length;
      if (seen > max) break;
    }
  } catch {
    // what was cut short needs no draining
  }
  destroy(body);
}

/** The whole body as bytes, or undefined (and the body destroyed) where it is longer than `most` bytes. */
export async function readAll(body: Body, max: number): Promise<Buffer | undefined> {
  if (Buffer.isBuffer(body)) return body.length > max ? undefined : body;
  const chunks: Buffer[] = [];
  let seen = 0;
  for await (const chunk of body) {
    seen += (chunk as Buffer).length;
    if (seen > max) {
      destroy(body);
      return undefined;
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * Waits for the first `most` bytes of a body, or for its end: a body that ended by then comes back as bytes, a longer one
 * as a stream of the same content. Rejects where the body breaks off.
 */
export async function receiveFirst(body: Body, max: number): Promise<Body> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  let seen = 0;
  for (;;) {
    const chunk = body.read() as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      seen += chunk.length;
      if (seen > max) break;
    } else if (body.readableEnded) {
      return Buffer.concat(chunks);
    } else {
      await more(body);
    }
  }
  body.unshift(Buffer.concat(chunks));
  return body;
}

async function more(body: Readable): Promise<void> {
  if (body.errored) throw body.errored;
  if (body.destroyed) throw new Error('the body broke off');
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      for (const event of ['readable', 'end', 'close']) body.off(event, arrived);
      body.off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    const arrived = () => settle();
    for (const event of ['readable', 'end', 'close']) body.on(event, arrived);
    body.on('error', settle);
  });
}

/**
 * Watches a body on its way without taking part: `seen` gets the length of each chunk that its reader takes, `ended` is called
 * once, with the error or undefined, when it is over. The body must not have a reader yet.
 */
export function watch(
  body: Readable,
  seen: (bytes: number) => void,
  ended: (error?: Error) => void,
): void {
  body.on('data', (chunk: Buffer) => seen(chunk.length));
  body.pause();
  finished(body, { writable: false }, (error) => ended(error ?? undefined));
}

/** All of what comes in pieces, as one. Rejects where it breaks off. */
export async function collect(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** A body's bytes one chunk after the other; the body is destroyed where the reader stops early. */
export async function* chunks(body: Body): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) yield body;
  else for await (const chunk of body) yield chunk as Buffer;
}

/** A stream of chunks that are made as they are read. */
export function streamOf(parts: AsyncGenerator<Buffer>): Readable {
  return Readable.from(parts, { objectMode: false, highWaterMark: 64 * 1024 });
}

/**
 * A stream of chunks that are made as they are read, once the first is there: what fails before it
 * can still be answered with a status.
 */
export async function begun(parts: AsyncGenerator<Buffer>): Promise<Body> {
  return receiveFirst(streamOf(parts), 0);
}
