import { fsck } from '../../../src/stores/embedded/fsck/fsck';
import type { Client } from '../../support/clients/client';
import {
  current,
  MODE_HEADER,
  MODES,
  newPair,
  newContainer,
  type Pair,
} from '../../support/clients/containers';
import {
  childrenOf,
  embeddedConfiguration,
  lives,
  loginTo,
  startEmbeddedProcess,
  umaskOf,
} from '../../support/servers/embedded_process';
import { depth, partOf } from '../../support/running/depth';
import { eventually } from '../../support/running/eventually';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { found, race, TIMES, WRITERS, writeTo } from '../../support/judges/races';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

describe('a server with two workers', () => {
  let folder: string;
  let server: ProxyProcess;
  let client: Client;
  beforeEach(async () => {
    folder = await newFolder();
    server = await startEmbeddedProcess(folder, 2);
    client = await loginTo(server.url);
    // only their own user may access what any of the three creates
    expect([server.pid, ...childrenOf(server.pid)].map(umaskOf)).toEqual(['0077', '0077', '0077']);
  });
  afterEach(async () => {
    expect(await server.stop()).toBe(0);
    const findings: unknown[] = [];
    for await (const finding of fsck(folder)) findings.push(finding);
    expect(findings).toEqual([]);
  });

  /** Writes through servers that may be killed; returns the acknowledged bodies. */
  async function writing({ container }: Pair, writers: number, times: number): Promise<string[]> {
    const write = writeTo(client, container);
    const { acknowledged, statuses } = await race(writers, times, 'writer', (body) =>
      write(body).catch(() => 0),
    );
    expect(statuses.filter((status) => ![0, 201, 503].includes(status))).toEqual([]);
    return acknowledged;
  }

  it.each(partOf(MODES, { oneOf: 2, from: 1 }))(
    'loses no body of 16 writers of one object (%s)',
    async (mode) => {
      const pair = await newPair(client, mode);
      const acknowledged = await writing(pair, WRITERS, TIMES);
      expect(acknowledged).toHaveLength(WRITERS * TIMES);
      expect(await found(client, pair)).toEqual(acknowledged.sort());
      expect(childrenOf(server.pid)).toHaveLength(2);
    },
  );

  it('has a setting in force in both once it is answered', async () => {
    const archive = await newContainer(client, 'archive');
    const container = await newContainer(client);
    const header = MODE_HEADER.history;
    for (let round = 0, versions = 0; round < depth({ gate: 6, deep: 20 }); round++) {
      const isOn = round % 2 === 0;
      await client.ask(
        'POST',
        `/${container}`,
        isOn ? { [header]: archive } : { 'X-Remove-History-Location': 'x' },
      );
      for (let write = 0; write < 4; write++) {
        const before = await current(client, container, 'o');
        await client.ask('PUT', `/${container}/o`, {}, `${round} ${write}`);
        if (isOn && before !== 404) versions++;
        expect(await client.names(archive)).toHaveLength(versions);
      }
    }
  });

  it('goes on when one is killed, loses nothing, and replaces it', async () => {
    const pair = await newPair(client, 'history');
    const pendingWrites = writing(pair, 8, depth({ gate: 6, deep: 60 }));
    await eventually('20 versions', async () => (await client.names(pair.archive)).length > 20);
    const [victim] = childrenOf(server.pid);
    process.kill(victim!, 'SIGKILL');
    const acknowledged = await pendingWrites;
    const there = await found(client, pair);
    expect(acknowledged.filter((body) => !there.includes(body))).toEqual([]);
    await eventually('two workers', () => childrenOf(server.pid).length === 2);
    expect(childrenOf(server.pid)).not.toContain(victim);
  });

  it('ends when its first process is killed, and loses nothing', async () => {
    const pair = await newPair(client, 'stack');
    const pendingWrites = writing(pair, 8, depth({ gate: 5, deep: 30 }));
    await eventually('20 versions', async () => (await client.names(pair.archive)).length > 20);
    const workers = childrenOf(server.pid);
    await server.stop('SIGKILL');
    const acknowledged = await pendingWrites;
    await eventually('no worker', () => !workers.some(lives));
    server = await startEmbeddedProcess(folder, 2);
    client = await loginTo(server.url);
    const there = await found(client, pair);
    expect(acknowledged.filter((body) => !there.includes(body))).toEqual([]);
  });

  it('starts no worker if its port or its data is taken, and says why', async () => {
    const port = Number(new URL(server.url).port);
    const other = await newFolder();
    await expect(startProxyProcess(embeddedConfiguration(other, 2, port))).rejects.toThrow(
      'ended with 1',
    );
    await expect(startEmbeddedProcess(folder, 2)).rejects.toThrow('ended with 1');
  });
});
