import { readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../util/log';
import { rawRefusal } from './bad_requests';
import { endLingering } from './lingering_close';
import { RateLimitedReport } from './rate_limited_report';

/** Files that the store opens briefly, and connections that are being refused. */
const RESERVE = 64;
/**
 * Max refused connections that stay open at a time until their clients have read the
 * response; others are closed at once.
 */
const MAX_REFUSED = 24;
/**
 * A connection's own file, and one at the store for its request: a file, or another
 * connection.
 */
const FILES_PER_CONNECTION = 2;

/**
 * Returns how many connections this process has open files left for; undefined if there
 * is no limit, or the system does not report it.
 */
export function connectionLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (limit === undefined) return undefined;
    const free = Number(limit) - readdirSync('/proc/self/fd').length - RESERVE;
    return Math.max(1, Math.floor(free / FILES_PER_CONNECTION));
  } catch {
    return undefined;
  }
}

const response = () =>
  rawRefusal('503 Service Unavailable', 'the server has reached its limit of connections; retry');

/**
 * Answers 503 on connections beyond the limit of open files, before the store runs out of
 * files for those it has. Call this after all other listeners for connections were added.
 */
export function enforceConnectionLimit(server: Server, max: number | undefined, log: Log): void {
  if (max === undefined) return;
  const listeners = server.listeners('connection');
  const report = new RateLimitedReport();
  let admitted = 0;
  let refused = 0;
  const refuse = (socket: Socket) => {
    report.add((count) =>
      log.warn(
        { connections: max, refused: count },
        'the limit of open files (ulimit -n) allows no more connections: new ones are answered with 503',
      ),
    );
    socket.on('error', () => undefined);
    if (refused >= MAX_REFUSED) {
      socket.write(response());
      return void socket.destroy();
    }
    refused++;
    socket.once('close', () => refused--);
    endLingering(socket, response());
  };
  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    if (admitted >= max) {
      refuse(socket);
      return;
    }
    admitted++;
    socket.once('close', () => admitted--);
    for (const listener of listeners) listener.call(server, socket);
  });
}
