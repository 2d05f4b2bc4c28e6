import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hub } from '../coordination/workers/hub';
import type { Channel, FromHub, FromMember } from '../coordination/workers/messages';
import { messageOf } from '../util/errors';
import type { Log } from '../util/log';
import type { Config } from '../pipeline/load';
import type { SoleServerMonitor } from '../plugin/plugin';
import type { SoleServerStatus } from '../coordination/sole_server';
import { VERSION } from '../util/version';
import { loadRedisCoordination } from './lazy';
import { soleServerContext } from './sole_server_context';
import type { RunningServer } from './serve';
import type { FromPrimary, FromWorker } from './worker_messages';

/**
 * Milliseconds for which the locks of a dead worker are held: a store may still be
 * processing its requests.
 */
const GRACE = 5000;

/**
 * Milliseconds before a dead worker is replaced; doubled each time its successor fails to
 * start listening.
 */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

/** A worker could not be started. */
class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
  readonly code = 'WORKER_FAILED';
}

/**
 * Starts the workers of a server, and resolves once all of them listen. This process
 * holds their locks, passes on their broadcasts, monitors other servers, runs the app's
 * primary task, and replaces workers that die.
 *
 * @param onStarting called before the first worker starts, which may serve before the
 *   others do: from then on the server must be closed in order. If it is closed before
 *   all of them listen, this never resolves.
 * @throws WorkerFailed, with none of them still running
 * @throws whatever the monitor throws, likewise
 */
export async function startWorkers(
  config: Config,
  log: Log,
  onStarting: (server: Pick<RunningServer, 'close'>) => void,
): Promise<RunningServer> {
  const primaryTask = await config.startPrimary(log);
  const workers = new Workers(config, log);
  const monitor = createMonitor(config, log, workers.publish);
  const close = async () => {
    await workers.close();
    await monitor?.close();
    await primaryTask.close();
  };
  try {
    await monitor?.start();
    onStarting({ close });
    return { url: await workers.start(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Creates the monitor for all workers, with a connection of its own if their locks go
 * through Redis.
 */
function createMonitor(
  config: Config,
  log: Log,
  publish: (status: SoleServerStatus) => void,
): Pick<SoleServerMonitor, 'start' | 'close'> | undefined {
  const { redis_url, lock_lease } = config.server;
  const redis =
    redis_url && loadRedisCoordination().createRedisCoordination(redis_url, lock_lease, log);
  const monitor = config.createSoleServerMonitor(soleServerContext(redis, log, publish));
  if (!monitor) redis?.close();
  return (
    monitor && {
      start: () => {
        publish({ until: 0 });
        return monitor.start();
      },
      close: async () => {
        await monitor.close();
        redis?.close();
      },
    }
  );
}

class Workers {
  readonly #hub = new Hub(GRACE);
  readonly #alive = new Map<Worker, Promise<void>>();
  #status: SoleServerStatus | undefined;
  #closing = false;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** Passes the monitor's status on to all workers. */
  readonly publish = (status: SoleServerStatus): void => {
    this.#status = status;
    for (const worker of this.#alive.keys()) sendTo(worker, { kind: 'standing', standing: status });
  };

  /** Starts them; resolves to the URL on which they listen. */
  async start(): Promise<string> {
    // each worker accepts its own connections: those that the primary hands to a worker
    // that dies would never be answered or closed
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const urls = await Promise.all(
      Array.from({ length: this.config.server.workers }, () => this.#fork()),
    );
    return urls[0] ?? '';
  }

  /** Stops all of them once their requests in progress have ended. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.#alive.keys()) sendTo(worker, { kind: 'stop' });
    await Promise.all(this.#alive.values());
  }

  /**
   * Starts a worker; resolves to the URL on which it listens. When it ends after that, it
   * is replaced.
   *
   * @throws WorkerFailed if it does not start listening
   */
  #fork(): Promise<string> {
    const worker = cluster.fork();
    let isListening = false;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'hello') {
          this.#hub.join(channelTo(worker));
          const { file, text, secretFiles } = this.config;
          const standing = this.#status;
          const config = { file, text, secretFiles };
          sendTo(worker, { kind: 'welcome', ...config, standing, version: VERSION });
        } else if (message.kind === 'listening') {
          isListening = true;
          if (!this.#closing) resolve(message.url);
        } else if (message.kind === 'failed') {
          reject(new WorkerFailed(message.message));
        }
      });
      const ended = new Promise<void>((resolveEnded) => {
        worker.once('exit', (code: number | null, signal: string | null) => {
          this.#alive.delete(worker);
          resolveEnded();
          if (this.#closing) return;
          const cause = signal ?? `code ${code ?? 'none'}`;
          if (!isListening) {
            reject(new WorkerFailed(`a worker ended with ${cause} before it could serve`));
            return;
          }
          this.log.error(
            { worker: worker.id, pid: worker.process.pid },
            `a worker ended with ${cause}`,
          );
          void this.#replace(worker);
        });
      });
      this.#alive.set(worker, ended);
    });
  }

  async #replace(dead: Worker): Promise<void> {
    for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
      // if all have died, only this keeps the primary process from ending
      await sleep(delay);
      if (this.#closing) return;
      try {
        await this.#fork();
        this.log.info({ worker: dead.id }, 'a worker was replaced');
        return;
      } catch (error) {
        this.log.error(
          { worker: dead.id, err: messageOf(error) },
          'a worker could not be replaced',
        );
      }
    }
  }
}

function sendTo(worker: Worker, message: FromPrimary): void {
  if (worker.isConnected()) worker.send(message, undefined, () => undefined);
}

function channelTo(worker: Worker): Channel<FromMember, FromHub> {
  return {
    send: (message) => sendTo(worker, { kind: 'coordination', message }),
    onMessage: (listener) =>
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'coordination') listener(message.message);
      }),
    onClose: (listener) => worker.once('exit', listener),
  };
}
