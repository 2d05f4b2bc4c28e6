import type { Server } from 'node:net';
import type { Log } from '../util/log';
import { RateLimitedReport } from './rate_limited_report';

/**
 * Limits the connections of a server in this process: further ones are closed on arrival,
 * which is logged at most once a minute.
 *
 * @param max undefined: no limit
 */
export function limitConnections(server: Server, max: number | undefined, log: Log): void {
  if (max === undefined) return;
  server.maxConnections = max;
  const report = new RateLimitedReport();
  server.on('drop', () =>
    report.add((refused) =>
      log.warn({ max_connections: max, refused }, 'too many connections: new ones are closed'),
    ),
  );
}
