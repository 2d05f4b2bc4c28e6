import type { EarlierVersion } from '../../support/servers/earlier_version';
import { freePorts } from '../../support/servers/ports';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';

/** In seconds; short, so that nobody waits long for the locks of a killed process. */
const LEASE = 4;
const LOCK_WAIT = 20;

export type Version = 'old' | 'new';

/** One server of a fleet. It keeps its address when its version changes. */
export interface Member {
  readonly url: string;
  readonly version: Version;
}

/** What a fleet is in front of. */
export interface Site {
  readonly upstream: string;
  /** If undefined, there is one server at a time, without a Redis. */
  readonly redisUrl?: string;
  readonly earlier: EarlierVersion;
}

/**
 * Servers of both versions over one Swift, all with the same configuration, which checks
 * for other servers as by default. Every second one has two workers.
 */
export class Fleet {
  /** Logged errors, with the version of the server that logged them. */
  readonly bugs: { readonly version: Version; readonly line: Record<string, unknown> }[] = [];
  readonly #members: Member[] = [];
  readonly #running = new Map<number, ProxyProcess>();

  private constructor(private readonly site: Site) {}

  static async start(site: Site, versions: readonly Version[]): Promise<Fleet> {
    const fleet = new Fleet(site);
    const ports = await freePorts(versions.length);
    try {
      await Promise.all(
        versions.map(async (version, i) => {
          fleet.#members[i] = { url: `http://127.0.0.1:${ports[i] ?? 0}`, version };
          await fleet.#run(i, version);
        }),
      );
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get proxies(): readonly Member[] {
    return this.#members;
  }

  proxy(which: number): Member {
    const member = this.#members[which];
    if (!member) throw new Error(`there is no server ${which}`);
    return member;
  }

  /** Ends a server by a signal, and starts one of a version in its place. */
  async replace(
    which: number,
    version: Version,
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<void> {
    await this.end(which, signal);
    await this.#run(which, version);
  }

  /** Ends a server by a signal. */
  async end(which: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const code = await this.#running.get(which)?.stop(signal);
    this.#running.delete(which);
    if (signal === 'SIGTERM' && code !== 0)
      throw new Error(`server ${which} ended with ${code ?? 'a signal'}`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((which) => this.end(which)));
  }

  async #run(which: number, version: Version): Promise<void> {
    const { url } = this.proxy(which);
    this.#members[which] = { url, version };
    const configuration = this.#configuration(Number(new URL(url).port), which % 2 === 0 ? 1 : 2);
    const onLog = (line: Record<string, unknown>) => {
      if (line['level'] === 'error' || line['level'] === 'fatal') this.bugs.push({ version, line });
    };
    const cli = version === 'old' ? this.site.earlier.cli : undefined;
    this.#running.set(which, await startProxyProcess(configuration, onLog, undefined, cli));
  }

  #configuration(port: number, workers: number): string {
    const { upstream, redisUrl } = this.site;
    return `
[DEFAULT]
bind_port = ${port}
workers = ${workers}
lock_lease = ${LEASE}
client_timeout = 10
${redisUrl === undefined ? '' : `redis_url = ${redisUrl}`}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging s3api bulk versioned_writes proxy-server
[filter:s3api]
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
lock_wait = ${LOCK_WAIT}
[credentials:test:tester]
secret_key = testing
[app:proxy-server]
use = swift
upstream = ${upstream}
auth_url = ${upstream}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`;
  }
}

/** Returns the endpoint of a server of a fleet for S3 clients. */
export const s3At = ({ url }: Member) => ({
  url,
  region: 'us-east-1',
  accessKey: 'test:tester',
  secretKey: 'testing',
});
