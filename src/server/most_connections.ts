import type { Server } from 'node:net';
import { now } from '../clock';
import type { Log } from '../log';

/** Milliseconds between two lines of the log about connections that were closed. */
const QUIET = 60_000;

/**
 * Bounds the connections of a server in this process: further ones are closed as they come, and the
 * log says so at most once a minute.
 *
 * @param most undefined: as many as come
 */
export function boundConnections(server: Server, most: number | undefined, log: Log): void {
  if (most === undefined) return;
  server.maxConnections = most;
  let refused = 0;
  let quietUntil = -Infinity;
  server.on('drop', () => {
    refused++;
    if (now() < quietUntil) return;
    log.warn({ max_connections: most, refused }, 'there are too many connections: new ones are closed');
    refused = 0;
    quietUntil = now() + QUIET;
  });
}
