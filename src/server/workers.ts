import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hub } from '../coordination/workers/hub';
import { Member } from '../coordination/workers/member';
import type { Channel, FromHub, FromMember } from '../coordination/workers/messages';
import { throughRedis } from '../coordination/through_redis';
import { messageOf } from '../util/errors';
import { createLog, type Log } from '../util/log';
import { readConfig, type Config } from '../pipeline/load';
import type { SoleServerMonitor } from '../plugin/plugin';
import { Fence, type SoleServerStatus } from '../coordination/sole_server';
import { VERSION } from '../util/version';
import { killSelf } from './kill_self';
import { soleServerContext } from './lookout';
import { startServer, type RunningServer } from './serve';

/** What a worker says. */
type FromWorker =
  | { readonly kind: 'hello' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'coordination'; readonly message: FromMember };

/** What the primary process tells a worker. */
type FromPrimary =
  /** The configuration, as the primary read it: its file may be another by now. And what the lookout told, where there is one. */
  | {
      readonly kind: 'welcome';
      readonly file: string;
      readonly text: string;
      readonly standing?: SoleServerStatus | undefined;
      /** Its own version; 0.1.0 does not tell it. */
      readonly version?: string;
    }
  | { readonly kind: 'standing'; readonly standing: SoleServerStatus }
  /** It is to end in order. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'coordination'; readonly message: FromHub };

/** So long are the locks of a worker kept that died: a store may still be at what it was asked. In milliseconds. */
const GRACE = 5000;

/** Before a dead worker is replaced, in milliseconds; doubled each time that its successor does not come to listen. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

/** A worker could not be started. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
  readonly code = 'WORKER_FAILED';
}

/**
 * Starts the workers of a server; this process keeps their locks, passes on what they are to forget, looks out for other servers, keeps house for the app,
 * and replaces workers that die. Resolves once all of them listen.
 *
 * @throws WorkerFailed, with none of them running any more
 * @throws what a lookout throws, likewise
 */
export async function startWorkers(config: Config, log: Log): Promise<RunningServer> {
  const presidency = await config.preside(log);
  const workers = new Workers(config, log);
  const watch = lookOut(config, log, workers.tell);
  const close = async () => {
    await workers.close();
    await watch?.close();
    await presidency.close();
  };
  try {
    await watch?.start();
    return { url: await workers.start(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The lookout for all workers, with a connection of its own where their locks go through Redis. */
function lookOut(
  config: Config,
  log: Log,
  tell: (standing: SoleServerStatus) => void,
): Pick<SoleServerMonitor, 'start' | 'close'> | undefined {
  const { redis_url, lock_lease } = config.server;
  const redis = redis_url && throughRedis(redis_url, lock_lease, log);
  const lookout = config.lookout(soleServerContext(redis, log, tell));
  if (!lookout) redis?.close();
  return (
    lookout && {
      start: () => {
        tell({ until: 0 });
        return lookout.start();
      },
      close: async () => {
        await lookout.close();
        redis?.close();
      },
    }
  );
}

class Workers {
  readonly #hub = new Hub(GRACE);
  readonly #alive = new Map<Worker, Promise<void>>();
  #standing: SoleServerStatus | undefined;
  #closing = false;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** Passes on to all of them what the lookout tells. */
  readonly tell = (standing: SoleServerStatus): void => {
    this.#standing = standing;
    for (const worker of this.#alive.keys()) tell(worker, { kind: 'standing', standing });
  };

  /** Resolves to where they listen. */
  async start(): Promise<string> {
    // each worker accepts for itself: connections that the primary hands to a worker that dies would never be answered, nor closed
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const urls = await Promise.all(
      Array.from({ length: this.config.server.workers }, () => this.#fork()),
    );
    return urls[0] ?? '';
  }

  /** Lets all of them end what they have begun. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.#alive.keys()) tell(worker, { kind: 'stop' });
    await Promise.all(this.#alive.values());
  }

  /**
   * Resolves to where it listens. When it ends after that, it is replaced.
   *
   * @throws WorkerFailed where it does not come to listen
   */
  #fork(): Promise<string> {
    const worker = cluster.fork();
    let listens = false;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'hello') {
          this.#hub.join(channelTo(worker));
          const { file, text } = this.config;
          tell(worker, { kind: 'welcome', file, text, standing: this.#standing, version: VERSION });
        } else if (message.kind === 'listening') {
          listens = true;
          resolve(message.url);
        } else if (message.kind === 'failed') {
          reject(new WorkerFailed(message.message));
        }
      });
      const ended = new Promise<void>((gone) => {
        worker.once('exit', (code: number | null, signal: string | null) => {
          this.#alive.delete(worker);
          gone();
          const how = signal ?? `code ${code ?? 'none'}`;
          if (!listens) {
            reject(new WorkerFailed(`a worker ended with ${how} before it could serve`));
            return;
          }
          if (this.#closing) return;
          this.log.error(
            { worker: worker.id, pid: worker.process.pid },
            `a worker ended with ${how}`,
          );
          void this.#replace(worker);
        });
      });
      this.#alive.set(worker, ended);
    });
  }

  async #replace(dead: Worker): Promise<void> {
    for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
      await sleep(delay, undefined, { ref: false });
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

function tell(worker: Worker, message: FromPrimary): void {
  if (worker.isConnected()) worker.send(message, undefined, () => undefined);
}

function channelTo(worker: Worker): Channel<FromMember, FromHub> {
  return {
    send: (message) => tell(worker, { kind: 'coordination', message }),
    onMessage: (listener) =>
      worker.on('message', (said: FromWorker) => {
        if (said.kind === 'coordination') listener(said.message);
      }),
    onClose: (listener) => worker.once('exit', listener),
  };
}

/** Whether this process is a worker of one that called `startWorkers`. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/**
 * Serves as one of several workers, by the configuration that the primary process sends. Ends with that process, however that ends.
 *
 * @param stop ends this process in order; called when the primary says so
 * @returns the server, and its log; undefined where it could not be started, and then this process ends
 */
export async function serveAsWorker(
  stop: (server: RunningServer, log: Log) => void,
): Promise<{ readonly server: RunningServer; readonly log: Log } | undefined> {
  // with the primary its locks are gone: nothing may be written any more
  cluster.worker?.once('disconnect', killSelf);
  const coordination = new Member(channelToPrimary());
  const welcome = said('welcome');
  const stopping = said('stop');
  say({ kind: 'hello' });
  const guard = new Fence();
  process.on('message', (told: FromPrimary) => {
    if (told.kind === 'standing') guard.publish(told.standing);
  });
  const { file, text, standing, version } = await welcome;
  if (standing) guard.publish(standing);
  try {
    checkVersion(version);
    const config = readConfig(text, file);
    const log = createLog(config.server.log_level).child({ worker: cluster.worker?.id });
    const server = await startServer(config, log, {
      role: 'worker',
      coordination,
      guard: standing && guard,
    });
    void stopping.then(() => stop(server, log));
    say({ kind: 'listening', url: server.url });
    return { server, log };
  } catch (error) {
    say({ kind: 'failed', message: messageOf(error) }, () => process.exit(1));
    return undefined;
  }
}

/**
 * Versions need not name alike what they coordinate, and a package may be replaced on disk while it
 * runs.
 */
function checkVersion(ofPrimary: string | undefined): void {
  if (ofPrimary === VERSION) return;
  throw new Error(
    'the process that started this worker is of another version: ' +
      'Hindsight was upgraded in place while it ran; restart it',
  );
}

/** Resolves when the primary has said this. */
function said<K extends FromPrimary['kind']>(kind: K): Promise<Extract<FromPrimary, { kind: K }>> {
  return new Promise((resolve) =>
    process.on('message', (message: FromPrimary) => {
      if (isOf(message, kind)) resolve(message);
    }),
  );
}

function isOf<K extends FromPrimary['kind']>(
  message: FromPrimary,
  kind: K,
): message is Extract<FromPrimary, { kind: K }> {
  return message.kind === kind;
}

/** @param then called when it is sent, or cannot be */
function say(message: FromWorker, then: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, then);
}

function channelToPrimary(): Channel<FromHub, FromMember> {
  return {
    send: (message) => say({ kind: 'coordination', message }),
    onMessage: (listener) =>
      process.on('message', (told: FromPrimary) => {
        if (told.kind === 'coordination') listener(told.message);
      }),
    onClose: (listener) => process.once('disconnect', listener),
  };
}
