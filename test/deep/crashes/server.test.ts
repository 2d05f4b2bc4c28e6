import { fsck } from '../../../src/stores/embedded/fsck';
import type { Client } from '../../support/client';
import { MODE_HEADER, mustBe } from '../../support/containers';
import { loginTo, startEmbeddedProcess } from '../../support/embedded_process';
import { eventually, pause } from '../../support/eventually';
import { contentOf, Ledger, work } from '../../support/ledger';
import { temporaryFolders } from '../../support/storage';
import { depth } from '../../support/depth';
import { countFigures } from '../../support/figures';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? depth({ gate: 1, deep: 6 }));
const newFolder = temporaryFolders();

/**
 * Kills a server under load, again and again, and looks each time at what is there: of the objects without versions, for each its last
 * acknowledged state or one begun since; of those with versions (history), every acknowledged body and no half one.
 */
it(
  `loses nothing acknowledged in ${ROUNDS} kills under load`,
  async () => {
    const folder = await newFolder();
    const ledger = new Ledger();
    let server = await startEmbeddedProcess(folder);
    await prepare(await loginTo(server.url));
    for (let round = 0; round < ROUNDS; round++) {
      const client = await loginTo(server.url);
      const before = ledger.acknowledged;
      const working = work(client, ledger, round);
      await eventually('two writes', () => ledger.acknowledged > before + 1);
      await pause(100 + Math.random() * 900);
      await server.stop('SIGKILL');
      await working;

      server = await startEmbeddedProcess(folder, 1 + (round % 2));
      await verify(await loginTo(server.url), ledger);
      expect(await server.stop()).toBe(0);
      const findings: unknown[] = [];
      for await (const finding of fsck(folder)) findings.push(finding);
      expect(findings).toEqual([]);
      server = await startEmbeddedProcess(folder, 1 + (round % 2));
    }
    await server.stop();
    countFigures('crashes of a server', { rounds: ROUNDS, acknowledged: ledger.acknowledged });
    expect(ledger.acknowledged).toBeGreaterThan(ROUNDS);
  },
  ROUNDS * 30_000,
);

async function prepare(client: Client): Promise<void> {
  await mustBe(201, client.ask('PUT', '/archive'));
  await mustBe(201, client.ask('PUT', '/plain'));
  await mustBe(201, client.ask('PUT', '/kept', { [MODE_HEADER.history]: 'archive' }));
}

async function verify(client: Client, ledger: Ledger): Promise<void> {
  for (const [name, states] of ledger.plain) {
    const found = await bodyOf(client, `/plain/${name}`);
    if (!states.has(found)) throw new Error(`${name} is ${found}, and should be ${[...states].join(' or ')}`);
    ledger.plain.set(name, new Set([found]));
  }
  const there = new Set<string>();
  for (const [container, isCurrent] of [
    ['kept', true],
    ['archive', false],
  ] as const) {
    for (const name of await listed(client, container)) {
      const path = `/${container}/${name}`;
      const body = (isCurrent ? undefined : ledger.archived.get(name)) ?? (await bodyOf(client, path));
      if (!isCurrent) ledger.archived.set(name, body);
      there.add(body);
    }
  }
  expect([...ledger.kept].filter((body) => !there.has(body))).toEqual([]);
  expect([...there].filter((body) => body !== '' && !ledger.sent.has(body))).toEqual([]);
}

/** All names in a container. */
async function listed(client: Client, container: string): Promise<string[]> {
  const all: string[] = [];
  for (let page: string[]; (page = await client.names(container, `marker=${all.at(-1) ?? ''}`)).length > 0;)
    all.push(...page);
  return all;
}

/** What an object is, by the name of its content; '' for none, and for a delete marker. Fails for one that is not whole. */
async function bodyOf(client: Client, path: string): Promise<string> {
  const { status, headers, body } = await client.ask('GET', path);
  if (status === 404) return '';
  expect(status).toBe(200);
  if (headers.get('content-type')?.startsWith('application/x-deleted')) return '';
  const title = body.subarray(0, body.indexOf('\n')).toString();
  if (!body.equals(contentOf(title))) throw new Error(`${path} is not whole: ${title}, ${body.length} bytes`);
  return title;
}
