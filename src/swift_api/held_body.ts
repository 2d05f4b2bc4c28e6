import type { ByteString } from '../http/bytes';
import type { Request, Response } from './message';

/** How to hold a body in memory: for whom, by what right, and within which limits. */
export interface HeldBody {
  /** The account whose share of the memory is used. */
  readonly account: ByteString;
  /**
   * Called before anything is read, so that a client without the right is neither waited
   * for nor held in memory. It must not need the body.
   *
   * @returns undefined if the client has the right, otherwise the error response
   */
  readonly right: () => Promise<Response | undefined>;
  readonly bounds: Bounds;
}

/** Limits of a body. */
export interface Bounds {
  /**
   * Returns the error response if a body of `bytes` bytes, declared or received, is too
   * long.
   */
  ofLength(bytes: number): Promise<Response | undefined> | Response | undefined;
  /**
   * Returns the error response if the content is not allowed; gets each chunk once, in
   * order.
   */
  ofContent?(chunk: Buffer): Promise<Response | undefined> | Response | undefined;
}

/** Limits the length only. */
export function atMost(max: number, tooLong: () => Response): Bounds {
  return { ofLength: (bytes) => (bytes > max ? tooLong() : undefined) };
}

/** What has a body to hold: a client's request, or the store's response. */
export type HeldMessage = Pick<Request, 'body' | 'headers' | 'memory' | 'sendContinue'>;

/**
 * Holds the whole body of a client's request in memory. No other code does so: it
 * establishes the right first, then tells the client to send, checks the limits at each
 * chunk, and counts all bytes in the memory that the process has for bodies.
 *
 * @returns the body, or the error response with the rest of the body unread
 * @throws BodyMemoryFull, and what the body breaks off with
 */
export async function holdBody(
  request: HeldMessage,
  { account, right, bounds }: HeldBody,
): Promise<Buffer | Response> {
  const { body, memory, sendContinue } = request;
  if (Buffer.isBuffer(body))
    return (await bounds.ofLength(body.length)) ?? (await bounds.ofContent?.(body)) ?? body;
  const contentLength = Number(request.headers.get('content-length') ?? 0);
  const refusal = (await bounds.ofLength(contentLength)) ?? (await right());
  if (refusal) return refusal;
  sendContinue?.();
  const buffer = new BodyBuffer((bytes) => memory?.take(account, bytes));
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const length = buffer.length + chunk.length;
    const excess = (await bounds.ofLength(length)) ?? (await bounds.ofContent?.(chunk));
    if (excess) {
      buffer.drop();
      return excess;
    }
    buffer.add(chunk);
  }
  return buffer.whole();
}

/** Returns the request with its body held in memory; the client has sent it. */
export function withHeldBody(request: Request, body: Buffer): Request {
  const { sendContinue, ...rest } = request;
  sendContinue?.();
  return { ...rest, body };
}

/** Initial size of the buffer in bytes. */
const MIN_ROOM = 16 * 1024;

/**
 * Collects chunks in one growing buffer: a list of chunks can take a hundred times their
 * bytes if the client sends these one by one.
 */
class BodyBuffer {
  length = 0;
  private room = Buffer.alloc(0);
  private release: (() => void) | undefined;

  /**
   * @param take counts bytes before they are held; returns a function that releases them
   */
  constructor(private readonly take: (bytes: number) => (() => void) | undefined) {}

  add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.room.length) this.grow(Math.max(length, 2 * this.room.length, MIN_ROOM));
    chunk.copy(this.room, this.length);
    this.length = length;
  }

  whole(): Buffer {
    return this.room.subarray(0, this.length);
  }

  drop(): void {
    this.room = Buffer.alloc(0);
    this.release?.();
  }

  private grow(bytes: number): void {
    const release = this.take(bytes);
    const room = Buffer.allocUnsafeSlow(bytes);
    this.room.copy(room, 0, 0, this.length);
    this.room = room;
    this.release?.();
    this.release = release;
  }
}
