import { killSelf } from '../server/kill_self';
import type { RunningServer } from '../server/serve';
import type { Log } from '../util/log';

/**
 * Milliseconds in which a further signal is the same one: `npm start` passes on what the
 * terminal has sent to all processes already.
 */
const SAME_SIGNAL = 500;

/**
 * Stops a server in order at SIGTERM or SIGINT, and ends this process. A second signal
 * ends it at once.
 */
export function stopOnSignals(server: RunningServer, log: Log): void {
  // stderr may be a file on a full disk, which must not stop the server
  process.stderr.on('error', () => undefined);
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (first === undefined) {
      first = performance.now();
      stop(server, log, signal);
    } else if (performance.now() - first > SAME_SIGNAL) {
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'exiting after an uncaught exception');
    killSelf();
  });
}

/** Waits for requests in progress, then ends this process. */
export function stop(server: RunningServer, log: Log, why: string): void {
  log.info({ why }, 'stopping: waiting for requests in progress');
  server.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    },
  );
}
