import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { declaredBody, Head, type Part } from './framing';

/** Max requests of one connection that wait while another is served. */
export const MAX_WAITING = 16;
/** Max bytes of their heads and bodies, after which no further request is taken in. */
export const MAX_WAITING_BYTES = 64 * 1024;
/** Max bytes buffered unread meanwhile; more stays with the operating system. */
const MAX_BUFFERED_BYTES = 64 * 1024;

const intakes = new WeakMap<Socket, Intake>();

/**
 * A response that counts among those its connection owes from when its request is parsed.
 */
export class OwedResponse extends ServerResponse {
  constructor(...args: ConstructorParameters<typeof ServerResponse>) {
    super(...args);
    intakes.get(this.req.socket)?.began(this);
  }
}

/**
 * Limits the pipelined requests that a server buffers: once 16 requests, or 64 KiB of
 * them, wait on a connection, nothing more of it is parsed or read until one is answered.
 * Node itself would parse all of them.
 *
 * @param server must create its responses as `OwedResponse`
 */
export function limitPipelining(server: Server): void {
  server.on('connection', (socket: Socket) => {
    // Node parses the bytes its listener receives; it gets them in smaller pieces
    const [parse] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (parse === undefined)
      throw new Error(
        'this version of Node reads connections in another way: pipelining cannot be limited',
      );
    socket.off('data', parse);
    intakes.set(socket, new Intake(socket, parse));
  });
}

interface Owed {
  readonly response: ServerResponse;
  /** Bytes of its request, as far as parsed. */
  bytes: number;
}

/**
 * The intake of a connection: messages go to the parser one by one, each as head and
 * body, while there is room. Bytes received meanwhile are buffered, so that a disconnect
 * is noticed; once there are too many, the socket is paused.
 */
class Intake {
  /** In the order of their requests; the first one is being served. */
  private readonly owed: Owed[] = [];
  private part: Part = new Head();
  private latest: IncomingMessage | undefined;
  /** Bytes of an incomplete head. */
  private unclaimed = 0;
  private buffered: Buffer[] = [];
  private bufferedBytes = 0;
  /** Whether this object paused the socket, not the reader of a body or a response. */
  private isPausedHere = false;

  constructor(
    private readonly socket: Socket,
    private readonly parse: (bytes: Buffer) => void,
  ) {
    // the reader of a body resumes the socket
    socket.on('data', this.onData).on('resume', this.onResume).on('end', this.discard);
  }

  began(response: ServerResponse): void {
    this.owed.push({ response, bytes: 0 });
    this.latest = response.req;
    response.once('close', () => this.onClosed(response));
  }

  private onClosed(response: ServerResponse): void {
    const at = this.owed.findIndex((each) => each.response === response);
    if (at >= 0) this.owed.splice(at, 1);
    if (this.isFull) return;
    // Node itself resumes what it paused, and fails if others do
    if (this.isPausedHere) this.socket.resume();
    this.onResume();
  }

  private get isFull(): boolean {
    if (this.owed.length > MAX_WAITING) return true;
    let waiting = 0;
    for (let i = 1; i < this.owed.length; i++) waiting += this.owed[i]?.bytes ?? 0;
    return waiting > MAX_WAITING_BYTES;
  }

  private readonly onData = (chunk: Buffer): void => {
    this.buffered.push(chunk);
    this.bufferedBytes += chunk.length;
    this.feed();
  };

  private readonly discard = (): void => {
    this.buffered = [];
    this.bufferedBytes = 0;
  };

  private readonly onResume = (): void => {
    this.isPausedHere = false;
    this.feed();
  };

  private feed(): void {
    const { socket } = this;
    while (this.bufferedBytes > 0 && !this.isFull) {
      // after the last response only the rest of its own request is read
      if (socket.destroyed || (this.part instanceof Head && !socket.writable)) this.discard();
      else if (socket.isPaused()) this.giveBack();
      else this.parsePiece(this.next());
    }
    if (this.bufferedBytes <= MAX_BUFFERED_BYTES || socket.isPaused()) return;
    this.isPausedHere = true;
    socket.pause();
  }

  /**
   * Returns the buffered bytes to the socket: if they came after what it then emits, its
   * end would come too early.
   */
  private giveBack(): void {
    for (const chunk of this.buffered.reverse()) this.socket.unshift(chunk);
    this.discard();
  }

  /** Removes and returns the next piece of the buffered bytes. */
  private next(): Buffer {
    const [chunk = Buffer.alloc(0)] = this.buffered;
    const end = this.part.take(chunk, 0);
    if (end === chunk.length) this.buffered.shift();
    else this.buffered[0] = chunk.subarray(end);
    this.bufferedBytes -= end;
    return chunk.subarray(0, end);
  }

  private parsePiece(bytes: Buffer): void {
    const previous = this.latest;
    const wasBody = !(this.part instanceof Head);
    this.unclaimed += bytes.length;
    this.parse(bytes);
    const { latest } = this;
    const isNew = latest !== previous;
    const last = this.owed.at(-1);
    if (last && (isNew || wasBody)) last.bytes += this.unclaimed;
    if (isNew || wasBody) this.unclaimed = 0;
    if (isNew && latest?.complete === false) this.part = declaredBody(latest);
    else if (isNew || this.part.isComplete || (wasBody && latest?.complete === true))
      this.part = new Head();
  }
}
