import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { FaultyStore } from '../../support/stores/faulty_store';
import type { KillableStore } from '../../support/servers/killable_store';
import { TestRedis } from '../../support/servers/redis';

/** In seconds. */
const LEASE = 4;
const TIMEOUT = 2;
const LOCK_WAIT = 10;

/**
 * Two proxies sharing a Redis, and their store behind a fault injector; all own
 * processes.
 */
export class Site {
  readonly proxies: ProxyProcess[] = [];
  /** What the proxies logged as their own mistakes. */
  readonly bugs: Record<string, unknown>[] = [];
  /** How often each warning was logged. */
  readonly warnings = new Map<string, number>();

  private constructor(
    readonly store: KillableStore,
    readonly faulty: FaultyStore,
    readonly redis: TestRedis,
  ) {}

  static async start(store: KillableStore): Promise<Site> {
    const site = new Site(store, await FaultyStore.start(store.url), await TestRedis.start());
    try {
      for (let i = 0; i < 2; i++) site.proxies.push(await site.#startProxy());
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  proxy(which: number): ProxyProcess {
    const proxy = this.proxies[which];
    if (!proxy) throw new Error(`there is no proxy ${which}`);
    return proxy;
  }

  /** Kills a proxy and starts another in its place. */
  async replace(which: number): Promise<void> {
    await this.proxy(which).stop('SIGKILL');
    this.proxies[which] = await this.#startProxy();
  }

  /** Stops everything; returns the exit codes of the proxies. */
  async stop(): Promise<(number | null)[]> {
    const codes = await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    await this.faulty.close();
    await this.redis.stop();
    await this.store.stop();
    return codes;
  }

  #startProxy(): Promise<ProxyProcess> {
    const configuration = processConfiguration(
      this.faulty.url,
      1,
      `redis_url = ${this.redis.url}\nlock_lease = ${LEASE}\nclient_timeout = 5`,
    )
      .replace(/^upstream = .*$/m, `$&\nupstream_timeout = ${TIMEOUT}`)
      .replace(/^allow_versioned_writes = .*$/m, `$&\nlock_wait = ${LOCK_WAIT}`);
    return startProxyProcess(configuration, (line) => this.#logged(line));
  }

  #logged(line: Record<string, unknown>): void {
    const { level, msg } = line;
    if (level === 'error' || level === 'fatal') this.bugs.push(line);
    if (level !== 'warn') return;
    const what = String(msg);
    this.warnings.set(what, (this.warnings.get(what) ?? 0) + 1);
  }
}
