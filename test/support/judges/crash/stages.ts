import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../../src/util/log';
import { readConfig } from '../../../../src/pipeline/load';
import { startServer } from '../../../../src/server/serve';
import { ROOT } from '../../running/paths';
import { noteProcess } from '../../servers/processes';
import { startProxyProcess } from '../../servers/proxy_process';
import { gated, LocalGate, type Gate } from './gate';
import { RemoteGate, type FromChild } from './remote_gate';

/** The script that a checkout starts, by its path: in this version, and in 0.1.0. */
const GATED_CHILD = 'test/support/judges/crash/gated_child.mjs';
const GATED_CHILD_OF_0_1_0 = 'test/support/crash/gated_child.mjs';

/** A running Hindsight, to be killed. */
export interface Victim {
  readonly url: string;
  /** Between it and its store. */
  readonly gate: Gate;
  /** The URL of its store, if clients can reach it. */
  readonly store?: string;
  /** Sends SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
}

/** A store, with Hindsights over it one after the other. */
export interface Stage {
  start(): Promise<Victim>;
  /**
   * Present if another version continues after a kill: starts it, and another process of
   * the killed version.
   */
  succeed?(): Promise<readonly [Victim, Victim]>;
  close(): Promise<void>;
}

/**
 * Configuration common to all stages: requests come one after the other, and are the same
 * ones each time.
 */
const FILTERS = `
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
settings_cache_time = 86400
[filter:bulk]
delete_concurrency = 1
`;

/**
 * A Swift, with a gate in this process in front of it, and a proxy in its own process in
 * front of that.
 *
 * @param service whether the proxy archives with a service user
 */
export async function swiftStage(swift: string, { service }: { service: boolean }): Promise<Stage> {
  const { start, close } = await gatedSwift(swift, { service });
  return { start: () => start(), close };
}

/** The folders of the checkouts of the killed version and the next. */
export interface Versions {
  readonly killed: string;
  readonly next: string;
  readonly redisUrl: string;
}

/**
 * The same with servers of two versions that share a Redis: after one is killed, one of
 * the next version continues, beside another of the killed version.
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

/**
 * Starts a gate in this process in front of a Swift. Returns a function that starts
 * proxies in front of the gate.
 */
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

/**
 * The same over an embedded store: a process that serves the Swift API without
 * versioning.
 */
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

/**
 * A pipeline that ends in an embedded store, with the gate inside the process to kill.
 */
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

/** @param checkout the checkout of the version to start, with its tests */
async function startGatedProcess(configuration: string, checkout = ROOT): Promise<Victim> {
  const script = join(checkout, checkout === ROOT ? GATED_CHILD : GATED_CHILD_OF_0_1_0);
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
