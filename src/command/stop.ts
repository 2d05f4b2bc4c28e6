import { killSelf } from '../server/kill_self';
import type { RunningServer } from '../server/serve';
import type { Log } from '../util/log';

/** Milliseconds in which further signals are the first one, passed on by a parent. */
const SAME_SIGNAL = 500;

/** Milliseconds after which a server under npx checks again whether that still runs. */
const NPX_CHECK = 1000;

/**
 * Returns how many signals one Ctrl-C may be: the terminal sends one to all processes,
 * and npm, which may be slow, passes its own on to what it runs.
 */
const signalsOfOne = () => (process.env['npm_lifecycle_event'] === undefined ? 1 : 2);

/**
 * Stops a server in order at SIGTERM or SIGINT, or if the npx that started it has ended,
 * and ends this process. A second signal ends it at once.
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
  onEndOfNpx(() => {
    if (signals++ === 0) stop(server, log, 'npx has ended');
  });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'exiting after an uncaught exception');
    killSelf();
  });
}

/**
 * Calls back once the npx that runs this process has ended: at a signal it does, without
 * passing that on.
 */
function onEndOfNpx(callback: () => void): void {
  if (process.env['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, NPX_CHECK).unref();
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
