import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * Limits on the bytes and milliseconds of a client's request that are drained after the
 * response.
 */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_TIME = 5_000;

/**
 * Max chunks, of at most 64 KiB, that are drained per `PERIOD` milliseconds, over all
 * connections.
 */
const MAX_CHUNKS = 8;
const PERIOD = 10;

/**
 * Limits the drained bytes of all clients, so that others are served meanwhile:
 * connections wait in the order of their chunks.
 */
class Pace {
  private left = MAX_CHUNKS;
  private readonly waiting: Readable[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** Call this for each chunk received. Pauses the body if the limit is reached. */
  wait(body: Readable): void {
    this.timer ??= setInterval(() => this.next(), PERIOD).unref();
    if (--this.left > 0) return;
    body.pause();
    this.waiting.push(body);
  }

  private next(): void {
    const isIdle = this.left === MAX_CHUNKS && this.waiting.length === 0;
    this.left = MAX_CHUNKS;
    for (const body of this.waiting.splice(0, MAX_CHUNKS)) body.resume();
    if (!isIdle) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const pace = new Pace();

/**
 * Call this before a response ends whose request is still being sent: the connection is
 * then closed so that the client can read the whole response. A connection closed with
 * unread bytes is reset, and the response is lost.
 */
export function closeLingering(req: IncomingMessage): void {
  const { socket } = req;
  // called by Node once the response is sent
  socket.destroySoon = () => {
    socket.end();
    drain(socket, req);
  };
  req.on('error', () => undefined).resume();
}

/**
 * Ends a connection that Node's parser has abandoned, after a last piece of data, if any.
 */
export function endLingering(socket: Socket, last?: string): void {
  if (last === undefined) socket.end();
  else socket.end(last);
  drain(socket, socket);
}

/**
 * Discards whatever the peer still sends until it closes.
 *
 * @param body the stream to read: a listener on the socket itself would take data from a
 *   parser that still reads it
 */
function drain(socket: Socket, body: Readable): void {
  if (socket.destroyed) return;
  const before = socket.bytesRead;
  const timer = setTimeout(() => socket.destroy(), MAX_TIME);
  body.on('data', () => {
    if (socket.bytesRead - before > MAX_BYTES) socket.destroy();
    else pace.wait(body);
  });
  socket.on('close', () => clearTimeout(timer));
}
