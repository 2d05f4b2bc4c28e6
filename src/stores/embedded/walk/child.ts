// Walks a database in a process of its own, which walk_database.ts starts: `node child.js FOLDER TABLE...`.
// It loads as little as it can, and writes what it finds to its standard output.
import { mkdtempSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemReason } from '../../../util/errors';
import type { Message } from './messages';
import { PageFile } from './page_file';
import { newestTransaction } from './header';
import { walk } from './walk';

/** How many milliseconds may pass without a message. Writing one ends this process if nobody reads it. */
const SILENCE = 500;

/** How many pages are read between two looks at the clock. */
const PAGES = 256;

/** Throws if the parent is gone, which ends this process. */
function send(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

async function run([folder = '', ...known]: readonly string[]): Promise<void> {
  const database = path.join(folder, 'data.mdb');
  const file = PageFile.open(database);
  let last = performance.now();
  const { flaws, tables, pages, transaction } = walk(file, known, (read) => {
    if (read % PAGES !== 0 || performance.now() - last < SILENCE) return;
    last = performance.now();
    send({ type: 'progress', pages: read });
  });
  for (const flaw of flaws) send({ type: 'flaw', flaw });
  const probe = flaws.length === 0 ? makeProbe(database) : undefined;
  send({ type: 'walked', pages, ...(probe === undefined ? {} : { probe }) });
  if (probe !== undefined) {
    try {
      await readStill(probe, tables, () => transaction === newestTransaction(file));
    } finally {
      rmSync(probe, { recursive: true, force: true });
    }
  }
  send({ type: 'done' });
}

/** A folder with a link to the database. Undefined if there is no place for one. */
function makeProbe(database: string): string | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(path.join(tmpdir(), 'hindsight-probe-'));
    symlinkSync(database, path.join(folder, 'data.mdb'));
    return folder;
  } catch {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}

/** What LMDB says counts only if no server writes: here it has no place among the readers. */
async function readStill(
  folder: string,
  tables: readonly string[],
  isStill: () => boolean,
): Promise<void> {
  if (!isStill()) return;
  try {
    await readByLmdb(folder, tables);
  } catch (error) {
    if (isStill()) throw error;
  }
}

/**
 * Has LMDB open the database, and find the ends of each table. The folder has a link to it, and locks
 * of its own: to open a database beside a server that writes to it is not safe (see ARCHITECTURE.md).
 */
async function readByLmdb(folder: string, tables: readonly string[]): Promise<void> {
  // loaded late: a database with flaws never gets so far
  const { open } = await import('lmdb');
  const root = open({
    path: folder,
    noSubdir: false,
    readOnly: true,
    mapSize: 2 ** 40,
    maxDbs: 64,
  });
  for (const name of tables) {
    const table = root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });
    for (const reverse of [false, true]) [...table.getKeys({ reverse, limit: 1 })].pop();
  }
}

run(process.argv.slice(2))
  .catch((error: unknown) => send({ type: 'failed', message: systemReason(error) }))
  // LMDB is not closed: nothing of it is left
  .finally(() => process.exit(0));
