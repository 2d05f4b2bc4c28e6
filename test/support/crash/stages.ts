import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer } from '../../../src/server/serve';
import { noteProcess } from '../processes';
import { startProxyProcess } from '../proxy_process';
import { gated, LocalGate, type Gate } from './gate';
import { RemoteGate, type FromChild } from './remote_gate';

/** Where this version is checked out. */
export const ROOT = join(__dirname, '../../..');

/** A running Hindsight that is to be killed. */
export interface Victim {
  readonly url: string;
  /** Between it and its store. */
  readonly gate: Gate;
  /** Where its store is, if clients can reach that. */
  readonly store?: string;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

/** A store, and Hindsights over it, one after the other. */
export interface Stage {
  start(): Promise<Victim>;
  /** There if something else comes after a kill: what goes on, and another as was killed. */
  succeed?(): Promise<readonly [Victim, Victim]>;
  close(): Promise<void>;
}

/** What all Hindsights here have in common: their requests come one after the other, and the same ones each time. */
const FILTERS = `
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
settings_cache_time = 86400
[filter:bulk]
delete_concurrency = 1
`;

/**
 * A Swift, in front of it a gate in this process, and in front of that a proxy in its own.
 *
 * @param service whether the proxy archives with a service user
 */
export async function swiftStage(swift: string, { service }: { service: boolean }): Promise<Stage> {
  const { start, close } = await gatedSwift(swift, { service });
  return { start: () => start(), close };
}

/** The version of Hindsight that is killed, by the folder of its checkout. */
export interface Versions {
  readonly killed: string;
  readonly next: string;
  readonly redisUrl: string;
}

/**
 * The same for servers of two versions that share a Redis: one is killed, and one of the other comes
 * next, with another of the version that was killed beside it.
 */
export async function upgradeStage(
  swift: string,
  { killed, next, redisUrl }: Versions,
): Promise<Stage> {
  const defaults = `redis_url = ${redisUrl}`;
  const { start, close } = await gatedSwift(swift, { service: true, defaults });
  return {
    start: () => start(killed),
    succeed: () => Promise.all([start(next), start(killed)]),
    close,
  };
}

/** A Swift, a gate in this process in front of it, and what starts a proxy in front of that. */
async function gatedSwift(
  swift: string,
  { service, defaults = '' }: { readonly service: boolean; readonly defaults?: string },
) {
  const gate = new LocalGate();
  const text = `
[DEFAULT]
bind_port = 0
shutdown_timeout = 0
[pipeline:main]
pipeline = proxy-server
[app:proxy-server]
use = swift
upstream = ${swift}
`;
  const forwarder = await startServer(
    gated(readConfig(text, 'forwarder.conf', {}), gate),
    createLog('silent'),
  );
  const user = `auth_url = ${forwarder.url}/auth/v1.0\nauth_user = admin:admin\nauth_key = admin`;
  const configuration = `
[DEFAULT]
bind_port = 0
${defaults}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging bulk versioned_writes proxy-server
${FILTERS}
[app:proxy-server]
use = swift
upstream = ${forwarder.url}
connections = 1024
${service ? user : ''}
`;
  const start = async (checkout?: string): Promise<Victim> => {
    const proxy = await startGatedProcess(configuration, checkout);
    const kill = async () => {
      await proxy.kill();
      gate.open();
    };
    return { url: proxy.url, gate, store: swift, kill };
  };
  return { start, close: () => forwarder.close() };
}

function embeddedConfiguration(data: string, filters: string): string {
  return `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors ${filters} embedded
[filter:tempauth]
user_test_tester = testing .admin
user_admin_admin = admin .admin .reseller_admin
${FILTERS}
[app:embedded]
data = ${data}
`;
}

/** The same over a store of our own, in a process that answers the Swift API and has no versions. */
export async function upstreamStage(options: { service: boolean }): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-crash-'));
  const store = await startProxyProcess(
    embeddedConfiguration(join(folder, 'data'), 'proxy-logging tempauth'),
  );
  const stage = await swiftStage(store.url, options);
  return {
    start: () => stage.start(),
    close: async () => {
      await stage.close();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The pipeline that ends in a store of its own: the gate stands within the process that is killed. */
export function embeddedStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-crash-'));
  const configuration = embeddedConfiguration(
    join(folder, 'data'),
    'gatekeeper bulk tempauth versioned_writes',
  );
  return Promise.resolve({
    start: () => startGatedProcess(configuration),
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  });
}

/** @param checkout where the version is checked out that is started, with its tests */
async function startGatedProcess(configuration: string, checkout = ROOT): Promise<Victim> {
  const script = join(checkout, 'test/support/crash/gated_child.mjs');
  const child = fork(script, [configuration], { execArgv: [] });
  noteProcess(child);
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const [first] = (await Promise.race([once(child, 'message'), exited])) as [
    FromChild | number | null,
  ];
  if (typeof first !== 'object' || first === null || !('url' in first))
    throw new Error('the process with the gate ended before it listened');
  return {
    url: first.url,
    gate: new RemoteGate(child),
    kill: async () => {
      kill();
      await exited;
      process.off('exit', kill);
    },
  };
}
