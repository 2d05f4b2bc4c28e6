import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { chmod, chown, mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { idKey } from '../../../src/stores/embedded/storage/keys';
import { closeTables, openTables } from '../../../src/stores/embedded/storage/tables';
import { walkDatabase } from '../../../src/stores/embedded/walk/walk_database';
import { type Ended, run } from '../../support/clients/command';
import {
  embeddedConfiguration,
  startEmbeddedProcess,
} from '../../support/servers/embedded_process';
import { pause } from '../../support/running/eventually';
import { noteProcess } from '../../support/servers/processes';
import { makeStorage } from '../../support/stores/rot/database';
import { CLI } from '../../support/running/paths';
import { partOf, someOf } from '../../support/running/depth';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** A third of the tests in the gate. */
const test = someOf(3);

async function newStorage(objects = 50): Promise<string> {
  const folder = await newFolder();
  await makeStorage(folder, objects, 1);
  return folder;
}

function write(folder: string, at: number, bytes: readonly number[]): void {
  const fd = openSync(path.join(folder, 'data.mdb'), 'r+');
  writeSync(fd, Buffer.from(bytes), 0, bytes.length, at);
  closeSync(fd);
}

/** The offset of a field of both headers, as in lmdb 3.5.6. */
const HEADERS: [string, number, readonly number[]][] = [
  ['the stamp', 24, [0]],
  ['the size of pages', 48, [1, 2, 3]],
  ['the size of the map', 40, [0, 0, 0, 0, 0, 0, 0, 0]],
  ['the root of the free list', 88, [0xff, 0xff, 0x7f]],
  ['the root of all tables', 136, [0xff, 0xff, 0x7f, 1, 1]],
  ['the last page', 144, [0xff, 0xff, 0xff, 0xff, 0xff]],
  ['the transaction', 152, [0xff, 0xff, 0xff]],
  ['all of it', 0, Array.from({ length: 168 }, (_, i) => (i * 37) % 256)],
];

async function serve(folder: string, workers = 1): Promise<Ended> {
  const configuration = path.join(folder, 'hindsight.conf');
  await writeFile(configuration, embeddedConfiguration(folder, workers));
  return run(process.execPath, [CLI, 'serve', '--config', configuration]);
}

describe('a damaged header', () => {
  test.each(partOf(HEADERS, { oneOf: 3 }))('(%s) is found', async (_, at, bytes) => {
    const folder = await newStorage();
    for (const page of [0, 1]) write(folder, page * 4096 + at, bytes);
    const flaws = await walkDatabase(folder);
    expect(flaws.length).toBeGreaterThan(0);
    // damage that would crash LMDB is found beforehand
    expect(flaws.filter(({ flaw }) => flaw === 'process')).toEqual([]);
  });

  test('is one line, from fsck and from serve', async () => {
    const folder = await newStorage();
    for (const page of [0, 1]) write(folder, page * 4096 + 136, [0xff, 0xff, 0x7f]);
    const checked = await run(process.execPath, [CLI, 'fsck', folder]);
    expect(checked).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\S+: \d+ findings?\n$/) as unknown,
    });
    for (const line of checked.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({
        kind: 'structure',
        text: expect.any(String) as unknown,
      });
    expect(await serve(folder)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^hindsight: the database in \S+ is damaged: [^\n]+ \(and \d+ more\); "hindsight fsck [^\n]+\n$/,
      ) as unknown,
    });
  });

  test('stops a server with workers, too', async () => {
    const folder = await newStorage();
    write(folder, 4096 + 136, [9, 9, 9]);
    write(folder, 136, [9, 9, 9]);
    const served = await serve(folder, 2);
    expect(served).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is damaged') as unknown,
    });
    expect(served.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('walkDatabase', () => {
  test('has nothing to say of what is not there, is empty, or has just been made', async () => {
    const folder = await newFolder();
    expect(await walkDatabase(folder)).toEqual([]);
    expect(await walkDatabase(path.join(folder, 'nowhere'))).toEqual([]);
    await writeFile(path.join(folder, 'data.mdb'), '');
    expect(await walkDatabase(folder)).toEqual([]);
    expect(await walkDatabase(await newStorage(0))).toEqual([]);
  });

  test('reports a file without anything in it beside contents, and one that is cut short', async () => {
    const folder = await newStorage(300);
    const file = path.join(folder, 'data.mdb');
    expect(await walkDatabase(folder)).toEqual([]);
    for (const size of [400_000, 8192, 5000, 100, 0]) {
      await truncate(file, size);
      expect((await walkDatabase(folder)).length).toBeGreaterThan(0);
    }
  });

  test('takes a file that is longer than its last page, and a lock file with anything in it', async () => {
    const folder = await newStorage();
    await writeFile(path.join(folder, 'data.mdb'), Buffer.alloc(100_000, 7), { flag: 'a' });
    await writeFile(path.join(folder, 'lock.mdb'), Buffer.alloc(100_000, 7));
    expect(await walkDatabase(folder)).toEqual([]);
  });

  test('leaves nothing behind', async () => {
    const before = process.env['TMPDIR'];
    const folder = (process.env['TMPDIR'] = await newFolder());
    try {
      expect(await walkDatabase(await newStorage())).toEqual([]);
      expect(readdirSync(folder).filter((name) => !name.startsWith('hindsight-storage-'))).toEqual(
        [],
      );
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('works without a place for anything temporary', async () => {
    const before = process.env['TMPDIR'];
    const folder = await newStorage();
    process.env['TMPDIR'] = path.join(folder, 'nowhere');
    try {
      expect(await walkDatabase(folder)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('fails with a reason if the file cannot be read, or is none', async () => {
    const folder = await newStorage();
    const file = path.join(folder, 'data.mdb');
    if (process.getuid?.() !== 0) {
      await chmod(file, 0);
      await expect(walkDatabase(folder)).rejects.toMatchObject({
        code: 'failed',
        message: `could not open ${file}: permission denied`,
      });
    }
    await rm(file);
    await mkdir(file);
    await expect(walkDatabase(folder)).rejects.toMatchObject({
      code: 'corrupt',
      message: `${file} is no regular file`,
    });
  });

  test.each([
    [
      'dies',
      'process.kill(process.pid, "SIGSEGV"); setInterval(() => 0, 9)',
      'ended its process with SIGSEGV',
    ],
    ['ends', 'process.exit(7)', 'ended its process with exit code 7'],
    ['ends without a last word', 'process.exit(0)', 'ended its process with exit code 0'],
    ['is silent', 'setInterval(() => 0, 9)', 'does not finish'],
    [
      'breaks off',
      'process.stdout.write("{\\"type\\":"); setInterval(() => 0, 9)',
      'does not finish',
    ],
  ])('finds that its process %s', async (_, code, text) => {
    const folder = await newStorage();
    const script = path.join(folder, 'child.cjs');
    await writeFile(script, code);
    const timeout = text.includes('finish') ? 1000 : 60_000;
    expect(await walkDatabase(folder, { script, timeout })).toEqual([
      { kind: 'structure', flaw: 'process', text: `reading the structure of the database ${text}` },
    ]);
  });

  test('ends with the process that started it', async () => {
    const folder = await newStorage();
    const script = path.join(folder, 'child.cjs');
    // writes now and again, like the child
    const beat = 'setInterval(() => require("fs").writeSync(1, "{}\\n"), 50)';
    await writeFile(
      script,
      `require("fs").writeFileSync(${JSON.stringify(`${folder}/pid`)}, String(process.pid)); ${beat}`,
    );
    const built = path.join(__dirname, '../../../dist/src/stores/embedded/walk/walk_database.js');
    const starter = `require(${JSON.stringify(built)}).walkDatabase(${JSON.stringify(folder)}, { script: ${JSON.stringify(script)} })`;
    const parent = spawn(process.execPath, ['-e', starter], { stdio: 'ignore' });
    noteProcess(parent);
    await until(() => existsSync(`${folder}/pid`));
    await pause(300);
    parent.kill('SIGKILL');
    const pid = Number(readFileSync(`${folder}/pid`, 'utf8'));
    await until(() => !existsSync(`/proc/${pid}`));
  });

  test('finds nothing while a server writes', async () => {
    const folder = await newStorage(200);
    const script = path.join(__dirname, '../../support/stores/rot/writer_child.mjs');
    const writer = spawn(process.execPath, [script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    noteProcess(writer);
    const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const end = Date.now() + 2500;
    for (let i = 0; i < 3 || Date.now() < end; i++) expect(await walkDatabase(folder)).toEqual([]);
    writer.stdin.end();
    expect(Number((await lines.next()).value)).toBeGreaterThan(20);
    await once(writer, 'exit');
    expect(await walkDatabase(folder)).toEqual([]);
  });

  test('lets a server start again, and a second one be refused as before', async () => {
    const folder = await newStorage();
    const server = await startEmbeddedProcess(folder);
    const second = await serve(folder);
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('in use by another server') as unknown,
    });
    expect(await server.stop()).toBe(0);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !isSo(); i++) await pause(25);
  expect(isSo()).toBe(true);
}

const asRoot = process.geteuid?.() === 0 ? it : it.skip;

asRoot('what root makes while it verifies another user’s folder is that user’s', async () => {
  const folder = await newStorage();
  await rm(path.join(folder, 'sessions'), { recursive: true });
  const tables = openTables(folder);
  tables.root.transactionSync(() => tables.inline.putSync(idKey(2 ** 40), Buffer.from('orphan')));
  await closeTables(tables);
  await rm(path.join(folder, 'lock.mdb'));
  const user = 65_534;
  for (const name of ['.', 'data.mdb']) await chown(path.join(folder, name), user, user);
  await writeFile(path.join(folder, 'content/stray'), '');
  await chown(path.join(folder, 'content/stray'), user, user);
  const { code } = await run(process.execPath, [CLI, 'fsck', '--repair', folder]);
  expect(code).toBe(0);
  const damaged = readdirSync(path.join(folder, 'damaged'));
  expect(damaged).toHaveLength(3);
  const names = ['lock.mdb', 'sessions', 'damaged', ...damaged.map((name) => `damaged/${name}`)];
  for (const name of names) {
    const { uid, gid } = await stat(path.join(folder, name));
    expect([name, uid, gid]).toEqual([name, user, user]);
  }
});
