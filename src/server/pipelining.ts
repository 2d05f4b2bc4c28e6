import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { bodyOf, Head, type Part } from './framing';

/** Requests of one connection that may wait while another is served. */
export const MAX_WAITING = 16;
/** Bytes of their heads and bodies after which no further one is taken in. */
export const MAX_WAITING_BYTES = 64 * 1024;
/** Bytes that are held unread meanwhile; what comes beyond stays with the system. */
const MAX_HELD_BYTES = 64 * 1024;

const intakes = new WeakMap<Socket, Intake>();

/** A response that counts, from the moment its request is parsed, among those that its connection owes. */
export class OwedResponse extends ServerResponse {
  constructor(...of: ConstructorParameters<typeof ServerResponse>) {
    super(...of);
    intakes.get(this.req.socket)?.began(this);
  }
}

/**
 * Bounds what a server keeps of the requests that a client sends without waiting for answers: from
 * 16 waiting requests on, or 64 KiB of them, nothing more of the connection is parsed or read until
 * one is answered. Node itself would make a request of all that comes.
 *
 * @param server one that makes its responses as `OwedResponse`
 */
export function boundPipelining(server: Server): void {
  server.on('connection', (socket: Socket) => {
    // Node parses what its listener is given; it gets the same bytes in smaller pieces
    const [parse] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (parse === undefined) throw new Error('Node does not read connections as it used to');
    socket.off('data', parse);
    intakes.set(socket, new Intake(socket, parse));
  });
}

interface Owed {
  readonly response: ServerResponse;
  /** Of its request, as far as they were parsed. */
  bytes: number;
}

/**
 * What a connection takes in: messages go to the parser one by one, each as head and body, while there is
 * room. What comes meanwhile is held as it came, so that it is noticed when the client leaves; when that
 * becomes much, the socket pauses.
 */
class Intake {
  /** In the order of their requests; the first is the one that is served. */
  private readonly owed: Owed[] = [];
  private part: Part = new Head();
  private latest: IncomingMessage | undefined;
  /** Bytes of a head that is not complete. */
  private unclaimed = 0;
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** Whether it was this that paused the socket, and not the reader of a body or of an answer. */
  private isPausedHere = false;

  constructor(
    private readonly socket: Socket,
    private readonly parse: (bytes: Buffer) => void,
  ) {
    // whoever reads a body resumes the socket
    socket.on('data', this.receive).on('resume', this.resumed).on('end', this.forget);
  }

  began(response: ServerResponse): void {
    this.owed.push({ response, bytes: 0 });
    this.latest = response.req;
    response.once('close', () => this.over(response));
  }

  private over(response: ServerResponse): void {
    const at = this.owed.findIndex((each) => each.response === response);
    if (at >= 0) this.owed.splice(at, 1);
    if (this.isFull) return;
    // what Node paused it resumes itself, and fails if others do
    if (this.isPausedHere) this.socket.resume();
    this.resumed();
  }

  private get isFull(): boolean {
    if (this.owed.length > MAX_WAITING) return true;
    let waiting = 0;
    for (let i = 1; i < this.owed.length; i++) waiting += this.owed[i]?.bytes ?? 0;
    return waiting > MAX_WAITING_BYTES;
  }

  private readonly receive = (chunk: Buffer): void => {
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    this.goOn();
  };

  private readonly forget = (): void => {
    this.held = [];
    this.heldBytes = 0;
  };

  private readonly resumed = (): void => {
    this.isPausedHere = false;
    this.goOn();
  };

  private goOn(): void {
    const { socket } = this;
    while (this.heldBytes > 0 && !this.isFull) {
      // behind the last answer only the rest of its own request is read
      if (socket.destroyed || (this.part instanceof Head && !socket.writable)) this.forget();
      else if (socket.isPaused()) this.giveBack();
      else this.pass(this.next());
    }
    if (this.heldBytes <= MAX_HELD_BYTES || socket.isPaused()) return;
    this.isPausedHere = true;
    socket.pause();
  }

  /** Behind what the socket gives then, its end would come too early. */
  private giveBack(): void {
    for (const chunk of this.held.reverse()) this.socket.unshift(chunk);
    this.forget();
  }

  /** The next piece of what is held. */
  private next(): Buffer {
    const [chunk = Buffer.alloc(0)] = this.held;
    const end = this.part.take(chunk, 0);
    if (end === chunk.length) this.held.shift();
    else this.held[0] = chunk.subarray(end);
    this.heldBytes -= end;
    return chunk.subarray(0, end);
  }

  private pass(bytes: Buffer): void {
    const before = this.latest;
    const wasBody = !(this.part instanceof Head);
    this.unclaimed += bytes.length;
    this.parse(bytes);
    const { latest } = this;
    const isNew = latest !== before;
    const last = this.owed.at(-1);
    if (last && (isNew || wasBody)) last.bytes += this.unclaimed;
    if (isNew || wasBody) this.unclaimed = 0;
    if (isNew && latest?.complete === false) this.part = bodyOf(latest);
    else if (isNew || this.part.isOver || (wasBody && latest?.complete === true))
      this.part = new Head();
  }
}
