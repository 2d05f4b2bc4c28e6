import { finished, Readable } from 'node:stream';

/** A stream that is read at most once, or a buffer. */
export type Body = Readable | Buffer;

/** What the bytes of a body come from, chunk by chunk or at once. */
export type BodySource = AsyncIterable<Buffer> | Buffer;

/** Destroys a body that nobody will read. Its connection is not reused. */
export function destroy(body: Body): void {
  if (Buffer.isBuffer(body)) return;
  body.on('error', () => undefined);
  body.destroy();
}

/** Whether a body can still be sent in full. */
export function isUnread(body: Body): boolean {
  return Buffer.isBuffer(body) || !(body.readableDidRead || body.destroyed);
}

/**
 * Runs `work` while the body of a response is still unread.
 *
 * @throws what `work` rejects with, after destroying the body
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
 * Reads a body to its end and discards it, so that its connection can be reused; destroys
 * it after more than `max` bytes. Never rejects.
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
    // a body that broke off needs no draining
  }
  destroy(body);
}

/**
 * Reads a whole body. Destroys it and returns undefined if it is longer than `max` bytes.
 */
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
 * Reads the text of a response that counts by its status alone: undefined also if it
 * breaks off.
 */
export function readText(body: Body, max: number): Promise<Buffer | undefined> {
  return readAll(body, max).catch(() => undefined);
}

/**
 * Waits for more than `max` bytes of a body, or for its end. Returns a body that has
 * ended as bytes, a longer one as a stream of the same content. Rejects if the body
 * breaks off.
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
      await waitForMore(body);
    }
  }
  body.unshift(Buffer.concat(chunks));
  return body;
}

async function waitForMore(body: Readable): Promise<void> {
  if (body.errored) throw body.errored;
  if (body.destroyed) throw new Error('the body broke off');
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      for (const event of ['readable', 'end', 'close']) body.off(event, onProgress);
      body.off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    const onProgress = () => settle();
    for (const event of ['readable', 'end', 'close']) body.on(event, onProgress);
    body.on('error', settle);
  });
}

/**
 * Observes a body without consuming it. Calls `onChunk` with the length of each chunk
 * that the reader takes, and `onEnd` once at the end, with the error if there was one.
 * The body must not have a reader yet.
 */
export function watch(
  body: Readable,
  onChunk: (bytes: number) => void,
  onEnd: (error?: Error) => void,
): void {
  body.on('data', (chunk: Buffer) => onChunk(chunk.length));
  body.pause();
  finished(body, { writable: false }, (error) => onEnd(error ?? undefined));
}

/** Yields the chunks of a body; destroys the body if the reader stops early. */
export async function* chunks(body: Body): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) yield body;
  else for await (const chunk of body) yield chunk as Buffer;
}

/** Returns a stream whose chunks are produced as it is read. */
export function streamOf(parts: AsyncGenerator<Buffer>): Readable {
  return Readable.from(parts, { objectMode: false, highWaterMark: 64 * 1024 });
}

/**
 * Returns a stream whose chunks are made from those of a body. If the body fails, so does
 * the stream, also while nobody listens to it yet; if the stream is closed, so is the
 * body. A generator that is not asked for a chunk would notice neither.
 */
export function derivedStream(body: Readable, parts: AsyncGenerator<Buffer>): Readable {
  const stream = streamOf(parts).on('error', () => undefined);
  const onError = (error: Error) => stream.destroy(error);
  body.once('error', onError);
  stream.once('close', () => {
    body.off('error', onError);
    if (!body.readableEnded) destroy(body);
  });
  return stream;
}

/**
 * Like `streamOf`, but waits for the first chunk, so that a failure before it can still
 * be reported by a status.
 */
export async function startStream(parts: AsyncGenerator<Buffer>): Promise<Body> {
  return receiveFirst(streamOf(parts), 0);
}
