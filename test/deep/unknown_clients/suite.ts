import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '../../support/clients/client';
import { newContainer, put } from '../../support/clients/containers';
import { IS_DEEP } from '../../support/running/depth';
import { eventually } from '../../support/running/eventually';
import { countFigures } from '../../support/running/figures';
import type { ProxyProcess } from '../../support/servers/proxy_process';
import { besiegers, DOMAINS, type Besieger } from '../../support/clients/unknown_clients';

const MIB = 1024 * 1024;
const MAX_GROWTH = 100 * MIB;

/**
 * The filters that read bodies, and the options by which they accept unsigned requests.
 */
export const FILTERS = 's3api cosapi qsapi bulk formpost';
export const SECTIONS = Object.entries({
  s3api: DOMAINS.s3,
  cosapi: DOMAINS.cos,
  qsapi: DOMAINS.qs,
})
  .map(
    ([filter, domain]) =>
      `[filter:${filter}]\nstorage_domain = ${domain}\nanonymous_account = AUTH_test\n`,
  )
  .join('');

/** A server under measurement. */
export interface Besieged {
  readonly process: ProxyProcess;
  readonly client: Client;
}

/**
 * Clients without credentials, with every kind of body, that send all that the server
 * accepts: how much of it the server keeps in memory, and how long others wait.
 */
export function unknownClientsSuite(name: string, server: () => Besieged): void {
  it('with bodies of every kind are answered, and little of them is kept', async () => {
    const { process: proxy, client } = server();
    // one-time loading and allocation do not count
    await siege(proxy, 24);
    const before = proxy.peakMemory();
    const clients = await siege(proxy, 54);
    const growth = proxy.peakMemory() - before;
    countFigures(`${name}, 54 clients without credentials`, {
      'MiB more': Math.round(growth / MIB),
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
    for (const { request, answer } of clients) {
      const [first = '', then = ''] = answer.split('\r\n\r\n');
      const status = request.isSignedWithin && first === 'HTTP/1.1 100 Continue' ? then : first;
      expect([request.name, status]).toEqual([
        request.name,
        expect.stringMatching(/^HTTP\/1\.1 (4\d\d|200) /),
      ]);
    }
    expect((await client.ask('GET', '')).status).toBeLessThan(300);
  }, 120_000);

  if (!IS_DEEP) return;
  // the delay of others is printed, not judged: it depends on machine and store, too
  it('200 of them cost less than 100 MiB; and how long others wait', async () => {
    const { process: proxy, client } = server();
    const container = await newContainer(client, 'measured');
    await put(client, container, 'o', 'x'.repeat(1000));
    await delays(client, container);
    const usual = await delays(client, container);
    const before = rss(proxy);
    const siegers = fork(join(__dirname, 'siege_child.mjs'), [proxy.url, '200']);
    try {
      await begun(siegers);
      // compilation during the first requests is not to be measured
      await delays(client, container);
      const sampled = sampling(proxy);
      const meanwhile = await delays(client, container);
      const growth = (await sampled.end()) - before;
      const figures = {
        'MiB more': Math.round(growth / MIB),
        'ms p99 before': Math.round(usual * 10) / 10,
        'ms p99 meanwhile': Math.round(meanwhile * 10) / 10,
      };
      countFigures(`${name}, 200 clients without credentials`, figures);
      console.log(name, figures);
      expect(growth).toBeLessThan(MAX_GROWTH);
    } finally {
      await ended(siegers);
    }
  }, 180_000);
}

/** Waits until all of `count` clients are answered; returns them. */
async function siege(proxy: ProxyProcess, count: number): Promise<Besieger[]> {
  const clients = besiegers(proxy.url, count);
  try {
    await eventually('all are answered', () => clients.every(isAnswered), 60_000);
    return clients;
  } finally {
    for (const client of clients) client.end();
  }
}

function isAnswered({ answer, isOver }: Besieger): boolean {
  return isOver || /^HTTP\/1\.1 [2-5]/m.test(answer);
}

const SECONDS = 15;
const AT_ONCE = 4;

/** Returns the p99 of small reads, in milliseconds. */
async function delays(client: Client, container: string): Promise<number> {
  const until = performance.now() + SECONDS * 1000;
  const durations: number[] = [];
  const one = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const { status } = await client.ask('GET', `/${container}/o`);
      if (status !== 200) throw new Error(`answered with ${status}`);
      durations.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return durations.sort((a, b) => a - b)[Math.floor(durations.length * 0.99)] ?? NaN;
}

function rss({ pid }: ProxyProcess): number {
  return (
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  );
}

/** Measures the maximum memory of a process from now to the end. */
function sampling(proxy: ProxyProcess): { end(): Promise<number> } {
  let max = 0;
  const timer = setInterval(() => (max = Math.max(max, rss(proxy))), 20);
  return {
    end: () => {
      clearInterval(timer);
      return Promise.resolve(max);
    },
  };
}

async function begun(child: ChildProcess): Promise<void> {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with ${code}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
