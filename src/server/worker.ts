import cluster from 'node:cluster';
import { SecretFiles } from '../config/secret_files';
import { Member } from '../coordination/workers/member';
import type { Channel, FromHub, FromMember } from '../coordination/workers/messages';
import { Fence } from '../coordination/sole_server';
import { readConfig } from '../pipeline/load';
import { messageOf } from '../util/errors';
import { createLog, type Log } from '../util/log';
import { VERSION } from '../util/version';
import { killSelf } from './kill_self';
import { startServer, type RunningServer } from './serve';
import type { FromPrimary, FromWorker } from './worker_messages';

/** Returns whether this process is a worker of one that called `startWorkers`. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/**
 * Serves as one of several workers, by the configuration that the primary process sends.
 * Ends with that process, for whatever reason that ends.
 *
 * @param stop stops this process cleanly; called when the primary asks for it
 * @returns the server, and its log; undefined if it could not be started, in which case
 *   this process ends
 */
export async function serveAsWorker(
  stop: (server: RunningServer, log: Log) => void,
): Promise<{ readonly server: RunningServer; readonly log: Log } | undefined> {
  // the locks are lost with the primary: nothing may be written any more
  cluster.worker?.once('disconnect', killSelf);
  const coordination = new Member(channelToPrimary());
  const welcome = received('welcome');
  const stopping = received('stop');
  sendToPrimary({ kind: 'hello' });
  const fence = new Fence();
  process.on('message', (message: FromPrimary) => {
    if (message.kind === 'standing') fence.publish(message.standing);
  });
  const { file, text, secretFiles, standing, version } = await welcome;
  if (standing) fence.publish(standing);
  try {
    checkVersion(version);
    const config = readConfig(text, file, process.env, new SecretFiles(secretFiles));
    const log = createLog(config.server.log_level).child({ worker: cluster.worker?.id });
    const server = await startServer(config, log, {
      role: 'worker',
      coordination,
      fence: standing && fence,
    });
    void stopping.then(() => stop(server, log));
    sendToPrimary({ kind: 'listening', url: server.url });
    return { server, log };
  } catch (error) {
    sendToPrimary({ kind: 'failed', message: messageOf(error) }, () => process.exit(1));
    return undefined;
  }
}

/**
 * Different versions may name shared locks and caches differently, and a package may be
 * replaced on disk while it runs.
 */
function checkVersion(primaryVersion: string | undefined): void {
  if (primaryVersion === VERSION) return;
  throw new Error(
    'the process that started this worker has another version: ' +
      'Hindsight was upgraded in place while it ran; restart it',
  );
}

/** Resolves to the first message of this kind from the primary. */
function received<K extends FromPrimary['kind']>(
  kind: K,
): Promise<Extract<FromPrimary, { kind: K }>> {
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

/** @param done called when the message is sent, or cannot be */
function sendToPrimary(message: FromWorker, done: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, done);
}

function channelToPrimary(): Channel<FromHub, FromMember> {
  return {
    send: (message) => sendToPrimary({ kind: 'coordination', message }),
    onMessage: (listener) =>
      process.on('message', (message: FromPrimary) => {
        if (message.kind === 'coordination') listener(message.message);
      }),
    onClose: (listener) => process.once('disconnect', listener),
  };
}
