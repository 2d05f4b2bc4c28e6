import type { ByteString } from '../http/bytes';
import type { Request, Response } from './message';

/** How far a body is read that is held as a whole, and on what right. */
export interface HeldBody {
  /** Whose share of the memory it takes. */
  readonly account: ByteString;
  /**
   * Asked before anything is read, so that nobody without a right is waited for or kept in memory. It must not need
   * the body.
   *
   * @returns undefined if the client has the right, else the refusal
   */
  readonly right: () => Promise<Response | undefined>;
  readonly bounds: Bounds;
}

/** What a body may be at most. */
export interface Bounds {
  /** The refusal of a body that has so many bytes, as announced or as they have come. */
  ofLength(bytes: number): Promise<Response | undefined> | Response | undefined;
  /** The refusal of a body by what it has in it; it is given each chunk once, in order. */
  ofContent?(chunk: Buffer): Promise<Response | undefined> | Response | undefined;
}

/** Bounds by length alone. */
export function atMost(max: number, tooLong: () => Response): Bounds {
  return { ofLength: (bytes) => (bytes > max ? tooLong() : undefined) };
}

/**
 * Holds the body of a client's request as a whole. No other code does that: the right is established first, then the
 * client is told to send, the bounds hold for each chunk as it comes, and all bytes count in the memory that the
 * process has for bodies.
 *
 * @returns the body, or the refusal, with the rest of the body unread
 * @throws BodyMemoryFull, and what the body breaks off with
 */
export async function holdBody(
  request: Pick<Request, 'body' | 'headers' | 'memory' | 'sendContinue'>,
  { account, right, bounds }: HeldBody,
): Promise<Buffer | Response> {
  const { body, memory, sendContinue } = request;
  if (Buffer.isBuffer(body))
    return (await bounds.ofLength(body.length)) ?? (await bounds.ofContent?.(body)) ?? body;
  const announced = Number(request.headers.get('content-length') ?? 0);
  const refusal = (await bounds.ofLength(announced)) ?? (await right());
  if (refusal) return refusal;
  sendContinue?.();
  const gathered = new Gathered((bytes) => memory?.take(account, bytes));
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const seen = gathered.length + chunk.length;
    const excess = (await bounds.ofLength(seen)) ?? (await bounds.ofContent?.(chunk));
    if (excess) {
      gathered.drop();
      return excess;
    }
    gathered.add(chunk);
  }
  return gathered.whole();
}

/** The request with its body, once that is held: its client has sent it. */
export function withHeld(request: Request, body: Buffer): Request {
  const { sendContinue, ...rest } = request;
  sendContinue?.();
  return { ...rest, body };
}

/** Room for the first bytes. */
const MIN_ROOM = 16 * 1024;

/**
 * Bytes as they come, in one buffer that grows: a list of chunks may take a hundred times their bytes if the
 * client sends one after the other.
 */
class Gathered {
  length = 0;
  private room = Buffer.alloc(0);
  private release: (() => void) | undefined;

  /** @param take counts bytes before they are kept, and returns what releases them */
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
