import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

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
  socket.destroySoon = () => endGently(socket);
  req.on('error', () => undefined).resume();
}

/** Ends a connection after a last piece; what else comes from the other side is forgotten until it has ended, too. */
export function endGently(socket: Socket, last?: string): void {
  if (last === undefined) socket.end();
  else socket.end(last);
  const before = socket.bytesRead;
  const timer = setTimeout(() => socket.destroy(), MOST_TIME);
  const onData = () => {
    if (socket.bytesRead - before > MOST_BYTES) socket.destroy();
  };
  socket.on('data', onData).on('close', () => clearTimeout(timer));
}
