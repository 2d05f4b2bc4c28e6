import { killSelf } from '../server/kill_self';
import type { RunningServer } from '../server/serve';
import type { Log } from '../util/log';

/** Milliseconds in which further signals are the first one, passed on by a parent. */
const SAME_SIGNAL = 500;

/**
 * Returns how many signals one Ctrl-C may be: the terminal sends one to all processes,
 * and npm, which may be slow, passes its own on to what it runs.
 */
const signalsOfOne = () => (process.env['npm_lifecycle_event'] === undefined ? 1 : 2);

/**
 * Stops a server in order at SIGTERM or SIGINT, and ends this process. A second signal
 * ends it at once.
 */
export function stopOnSignals(server: Pick<RunningServer, 'close'>, log: Log): void {
  // stderr may be a file on a full disk, which must not stop the server
  process.stderr.on('error', () => undefined);
  let first = 0;
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals++;
    if (signals === 1) {
      first = performance.now();
      stop(server, log, signal);
    } else if (signals > signalsOfOne() && performance.now() - first > SAME_SIGNAL) {
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
export function stop(server: Pick<RunningServer, 'close'>, log: Log, why: string): void {
  log.info({ why }, 'stopping: waiting for requests in progress');
  server.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    },
  );
}
