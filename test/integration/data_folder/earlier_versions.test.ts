import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { open } from 'lmdb';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer, type RunningServer } from '../../../src/server/serve';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import { markFormat, openTables } from '../../../src/stores/embedded/storage/tables';
import type { Client } from '../../support/clients/client';
import { embeddedConfiguration, loginTo } from '../../support/servers/embedded_process';
import { findings } from '../../support/stores/storage';
import { temporaryFolders } from '../../support/running/temporary_folders';

/** What test/fixtures/fill.mjs wrote to 0.1.0, which was then killed. */
const FIXTURE = path.join(__dirname, '../../fixtures/data_0.1.0.tar.gz');

const LARGE = 30_000;

/** Returns the body of an object's version, as it was written. */
function bodyOf(name: string, version: number, times = 1): string {
  return `${name} ${version}\n`.repeat(times);
}

const newFolder = temporaryFolders();
let folder: string;
let data: string;
let server: RunningServer | undefined;
let client: Client;

async function start(): Promise<void> {
  const config = readConfig(embeddedConfiguration(data), 'test.conf', {});
  server = await startServer(config, createLog('fatal'));
  client = await loginTo(server.url);
}

async function stop(): Promise<void> {
  await server?.close();
  server = undefined;
}

beforeEach(async () => {
  folder = await newFolder();
  data = path.join(folder, 'data');
  execFileSync('tar', ['xzf', FIXTURE, '-C', folder]);
});

afterEach(stop);

async function textOf(at: string): Promise<string> {
  const { status, body } = await client.ask('GET', at);
  return status === 200 ? body.toString() : String(status);
}

describe('a data folder of 0.1.0', () => {
  it('shows everything that is in it', async () => {
    await start();
    for (const [name, times] of [
      ['small', 1],
      ['inline', 2500],
      ['large', 40_000],
    ] as const)
      expect(await textOf(`/plain/${name}`)).toBe(bodyOf(name, 1, times));
    expect(await textOf('/plain/copy')).toBe(bodyOf('large', 1, 40_000));
    expect(await textOf('/plain/link')).toBe(bodyOf('small', 1));
    expect(await textOf('/plain/dlo')).toBe(bodyOf('blocks', 1, 70_000));
    expect(await textOf('/plain/slo')).toBe(bodyOf('large', 1, 40_000) + bodyOf('small', 1));
    const { headers } = await client.ask('HEAD', '/plain/small');
    expect(headers.get('x-object-meta-color')).toBe('blue');
    expect(headers.get('content-type')).toBe('text/plain');
    expect((await client.ask('HEAD', '/plain/expiring')).headers.get('x-delete-at')).toBe(
      '4000000000',
    );
    expect(await client.names('plain')).toHaveLength(9);
  });

  it('goes on keeping versions in each mode', async () => {
    await start();
    expect(await client.names('archive')).toHaveLength(2);
    await client.ask('DELETE', '/stack/document');
    expect(await textOf('/stack/document')).toBe(bodyOf('document', 2, LARGE));
    await client.ask('PUT', '/stack/document', {}, 'new');
    await client.ask('DELETE', '/stack/document');
    expect(await textOf('/stack/document')).toBe(bodyOf('document', 2, LARGE));
    expect(await client.names('history_archive')).toHaveLength(6);
    await client.ask('PUT', '/history/again', {}, 'third');
    expect(await client.names('history_archive')).toHaveLength(7);
    const listing = await client.ask('GET', '/ids?versions&format=json');
    const versions = JSON.parse(listing.body.toString()) as { version_id: string }[];
    expect(versions).toHaveLength(4);
    expect(await textOf(`/ids/document?version-id=${versions[2]?.version_id}`)).toBe(
      bodyOf('document', 2, LARGE),
    );
    expect(await textOf('/suspended/document')).toBe(bodyOf('document', 4));
    await client.ask('DELETE', '/suspended/document?version-id=null');
    expect(await textOf('/suspended/document')).toBe('404');
  });

  it('is whole, gets checksums, and is refused by 0.1.0', async () => {
    await expect(findings(data)).rejects.toMatchObject({ code: 'format' });
    await start();
    await stop();
    expect(await findings(data)).toEqual([]);
    const storage = await openStorage(data);
    const { signal } = new AbortController();
    const damaged: unknown[] = [];
    await storage.scrubber.pass({ rate: 0, signal, report: (damage) => damaged.push(damage) });
    await storage.close();
    expect(damaged).toEqual([]);
    const tables = openTables(data, { readOnly: true });
    expect(tables.checking.allowsUnchecked).toBe(false);
    for (const { value } of tables.contents.getRange()) expect(value[4]).not.toBeNull();
    await tables.root.close();
    expect(await findings(data)).toEqual([]);
    // 0.1.0 reads this before anything else, and refuses any value but 1
    const root = open({ path: data, noSubdir: false, readOnly: true, maxDbs: 16 });
    const meta = root.openDB<number, Buffer>('meta', {
      keyEncoding: 'binary',
      encoding: 'msgpack',
    });
    expect(meta.get(Buffer.from('format'))).toBe(2);
    await root.close();
  });

  it('opens although some of its records are damaged: they are findings then', async () => {
    const tables = openTables(data);
    for (const table of [tables.objects, tables.contents] as const) {
      const raw = tables.root.openDB<Buffer, Buffer>(table.name, {
        keyEncoding: 'binary',
        encoding: 'binary',
      });
      const [record] = table.raw();
      // a truncated array
      raw.putSync(record!.key, record!.value.subarray(0, 2));
    }
    await tables.root.close();
    await start();
    expect((await client.names('plain')).length).toBeGreaterThan(0);
    await stop();
    const flaws = await findings(data);
    expect(flaws.filter(({ kind }) => kind === 'damaged-record')).toHaveLength(2);
  });

  it('is converted further after an interruption', async () => {
    const tables = openTables(data);
    tables.root.transactionSync(() => {
      markFormat(tables);
      for (const record of [...tables.objects.raw()].slice(5, 15))
        tables.objects.convert(record, (old) => old as never);
    });
    await tables.root.close();
    await expect(findings(data)).rejects.toMatchObject({ code: 'format' });
    await start();
    expect(await textOf('/plain/small')).toBe(bodyOf('small', 1));
    await stop();
    expect(await findings(data)).toEqual([]);
  });

  it('passes on no whole body whose MD5 is wrong, before it has checksums', async () => {
    await start();
    const { headers } = await client.ask('HEAD', '/plain/blocks');
    expect(headers.get('content-length')).toBe('630000');
    for (const each of await readdir(path.join(data, 'content'), { recursive: true })) {
      const file = path.join(data, 'content', each);
      if (!/[0-9a-f]{16}$/.test(each)) continue;
      await writeFile(file, 'X', { flag: 'r+' });
    }
    // the damage is in its first block, but is detected only at its last
    await expect(client.ask('GET', '/plain/blocks')).rejects.toThrow('aborted');
    expect((await client.ask('COPY', '/plain/blocks', { Destination: 'plain/other' })).status).toBe(
      503,
    );
  });
});
