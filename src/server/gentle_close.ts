import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** What a client still sends after its answer is read and forgotten, within these bounds. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_TIME = 5_000;

/**
 * To be called before an answer ends whose request is still being sent: its connection will end after the answer as one that the
 * client can read to the end. A connection that closes on unread bytes is reset, and takes the answer with it.
 */
export function closeGently(req: IncomingMessage): void {
  const { socket } = req;
  // what Node calls once the answer is out
  socket.destroySoon = () => {
    socket.end();
    forget(socket, req);
  };
  req.on('error', () => undefined).resume();
}

/** Ends a connection that Node's parser has given up, after a last piece if there is one. */
export function endGently(socket: Socket, last?: string): void {
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
  const timer = setTimeout(() => socket.destroy(), MOST_TIME);
  body.on('data', () => {
    if (socket.bytesRead - before > MOST_BYTES) socket.destroy();
  });
  socket.on('close', () => clearTimeout(timer));
}
