import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** What a client still sends after its answer is read and forgotten, within these bounds. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_TIME = 5_000;

/** Chunks, of 64 KiB at most, that are forgotten in so many milliseconds, of all connections together. */
const CHUNKS = 8;
const PERIOD = 10;

/** Lets others be served while many clients send what nobody wants: they wait with it in the order in which they came. */
class Pace {
  private left = CHUNKS;
  private readonly waiting: Readable[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** To be called for each chunk that has come: it is the last for now if there were many. */
  wait(body: Readable): void {
    this.timer ??= setInterval(() => this.next(), PERIOD).unref();
    if (--this.left > 0) return;
    body.pause();
    this.waiting.push(body);
  }

  private next(): void {
    const isIdle = this.left === CHUNKS && this.waiting.length === 0;
    this.left = CHUNKS;
    for (const body of this.waiting.splice(0, CHUNKS)) body.resume();
    if (!isIdle) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const pace = new Pace();

/**
 * To be called before an answer ends whose request is still being sent: its connection will end after the answer as one that the
 * client can read to the end. A connection that closes on unread bytes is reset, and takes the answer with it.
 */
export function closeLingering(req: IncomingMessage): void {
  const { socket } = req;
  // what Node calls once the answer is out
  socket.destroySoon = () => {
    socket.end();
    forget(socket, req);
  };
  req.on('error', () => undefined).resume();
}

/** Ends a connection that Node's parser has given up, after a last piece if there is one. */
export function endLingering(socket: Socket, last?: string): void {
  if (last === undefined) socket.end();
  else socket.end(last);
  forget(socket, socket);
}

/**
 * What else comes from the other side is forgotten until that has ended, too.
 *
 * @param body what it comes as: listening on the socket itself would take it from a parser that still reads it
 */
function forget(socket: Socket, body: Readable): void {
  if (socket.destroyed) return;
  const before = socket.bytesRead;
  const timer = setTimeout(() => socket.destroy(), MAX_TIME);
  body.on('data', () => {
    if (socket.bytesRead - before > MAX_BYTES) socket.destroy();
    else pace.wait(body);
  });
  socket.on('close', () => clearTimeout(timer));
}
