import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { openStorage } from '../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../src/stores/embedded/storage/storage';
import { run } from '../../support/clients/command';
import { pause } from '../../support/running/eventually';
import { lastOf } from '../../support/servers/output';
import { bytesOf, findings, namesOf, put } from '../../support/stores/storage';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

const OBJECTS = 100;
const SIZE = 100_000;

let data: string;
let target: string;
let storage: Storage;
const running: ChildProcess[] = [];

beforeEach(async () => {
  const folder = await newFolder();
  [data, target] = [path.join(folder, 'data'), path.join(folder, 'target')];
  storage = await openStorage(data);
  await storage.putContainer('a', 'c', {});
  for (let i = 0; i < OBJECTS; i++) await put(storage, `object-${i}`, randomBytes(SIZE));
  await put(storage, 'small', 'small');
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await storage.close();
});

/** Starts a backup and stops it amid its copying. */
async function paused() {
  const child = spawn(process.execPath, [CLI, 'backup', data, target], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const [stdout, stderr] = [lastOf(child.stdout), lastOf(child.stderr)];
  const closed = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: stdout(),
    stderr: stderr(),
  }));
  const unfinished = path.join(target, 'unfinished');
  const isCopying = () => readdirSync(unfinished).some((name) => /^[0-9a-f]{16}$/.test(name));
  while (child.exitCode === null && !(existsSync(unfinished) && isCopying())) await pause(1);
  child.kill('SIGSTOP');
  expect((await filesIn(target)).length).toBeLessThan(OBJECTS);
  return { child, closed };
}

/** Returns the contents that a folder has as files. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    const files = await readdir(path.join(folder, 'content'), {
      recursive: true,
      withFileTypes: true,
    });
    return files.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

async function removeAll(): Promise<void> {
  for (const name of namesOf(storage.listObjects('a', 'c', { limit: 1000 })))
    await storage.deleteObject('a', 'c', name);
}

/** Counts the readable objects of a restored backup. */
async function restored(): Promise<number> {
  const folder = path.join(await newFolder(), 'restored');
  await cp(target, folder, { recursive: true });
  const copy = await openStorage(folder);
  try {
    const names = namesOf(copy.listObjects('a', 'c', { limit: 1000 }));
    for (const name of names) await bytesOf(copy, copy.object('a', 'c', name)!.content);
    return names.length;
  } finally {
    await copy.close();
  }
}

it('has what is deleted while it runs, whose files go once it has ended', async () => {
  const { child, closed } = await paused();
  await removeAll();
  await put(storage, 'late', 'late');
  await storage.expire(0);
  expect(await filesIn(data)).toHaveLength(OBJECTS);
  child.kill('SIGCONT');
  const { code, stdout } = await closed;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ folder: data, target, copied: OBJECTS, findings: 0 });
  expect(await findings(target)).toEqual([]);
  expect(await restored()).toBe(OBJECTS + 1);
  await storage.expire(0);
  expect(await filesIn(data)).toEqual([]);
});

it('keeps that also when the server stops and starts meanwhile', async () => {
  const { child, closed } = await paused();
  await removeAll();
  await storage.close();
  storage = await openStorage(data);
  await storage.expire(0);
  expect(await filesIn(data)).toHaveLength(OBJECTS);
  child.kill('SIGCONT');
  expect(await closed).toMatchObject({ code: 0 });
  expect(await findings(target)).toEqual([]);
  await storage.close();
  storage = await openStorage(data);
  expect(await filesIn(data)).toEqual([]);
});

it('holds nothing once it was killed, and the next goes on', async () => {
  const { child, closed } = await paused();
  child.kill('SIGKILL');
  await closed;
  await storage.deleteObject('a', 'c', 'object-0');
  expect(await filesIn(data)).toHaveLength(OBJECTS);
  await storage.expire(0);
  expect(await filesIn(data)).toHaveLength(OBJECTS - 1);
  expect(await readdir(path.join(data, 'sessions'))).toHaveLength(1);
  await expect(openStorage(target)).rejects.toMatchObject({ code: 'format' });

  const { code, stdout } = await run(process.execPath, [CLI, 'backup', data, target]);
  expect(code).toBe(0);
  const { copied, kept } = JSON.parse(stdout) as { copied: number; kept: number };
  expect(copied + kept).toBe(OBJECTS - 1);
  expect(await readdir(target)).toEqual(['content', 'data.mdb', 'sessions']);
  expect(await readdir(path.join(target, 'sessions'))).toEqual([]);
  expect(await findings(target)).toEqual([]);
  expect(await restored()).toBe(OBJECTS);
});

it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it in order', async (signal) => {
  const { child, closed } = await paused();
  child.kill(signal);
  child.kill('SIGCONT');
  const { code, stdout, stderr } = await closed;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('hindsight: the backup was stopped');
  await storage.deleteObject('a', 'c', 'object-0');
  await storage.expire(0);
  expect(await filesIn(data)).toHaveLength(OBJECTS - 1);
  expect(await readdir(path.join(data, 'sessions'))).toHaveLength(1);
});

it('is explained by --help', async () => {
  const { code, stdout } = await run(process.execPath, [CLI, 'backup', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('backup [options] <data> <target>');
});
