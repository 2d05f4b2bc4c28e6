// Walks a database in a separate process, started by walk_database.ts:
// `node child.js FOLDER TABLE...`. It loads as little as possible, and writes its
// findings to standard output.
import { mkdtempSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemReason } from '../../../util/errors';
import type { Message } from './messages';
import { PageFile } from './page_file';
import { newestTransaction } from './header';
import { walk } from './walk';

/** Max milliseconds without a message; a write ends this process if nobody reads it. */
const MAX_SILENCE = 500;

/** Pages read between two looks at the clock. */
const PAGES_PER_LOOK = 256;

/** Throws if the parent is gone, which ends this process. */
function send(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

async function run([folder = '', ...expectedTables]: readonly string[]): Promise<void> {
  const database = path.join(folder, 'data.mdb');
  const file = PageFile.open(database);
  let last = performance.now();
  const { flaws, tables, pages, transaction } = walk(file, expectedTables, (read) => {
    if (read % PAGES_PER_LOOK !== 0 || performance.now() - last < MAX_SILENCE) return;
    last = performance.now();
    send({ type: 'progress', pages: read });
  });
  for (const flaw of flaws) send({ type: 'flaw', flaw });
  const probe = flaws.length === 0 ? makeProbe(database) : undefined;
  send({ type: 'walked', pages, ...(probe === undefined ? {} : { probe }) });
  if (probe !== undefined) {
    try {
      await readUnchanged(probe, tables, () => transaction === newestTransaction(file));
    } finally {
      rmSync(probe, { recursive: true, force: true });
    }
  }
  send({ type: 'done' });
}

/** Creates a folder with a link to the database; undefined if that is not possible. */
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

/**
 * Reads by LMDB, and ignores errors if a server writes meanwhile: LMDB does not know of
 * this reader.
 */
async function readUnchanged(
  folder: string,
  tables: readonly string[],
  isUnchanged: () => boolean,
): Promise<void> {
  if (!isUnchanged()) return;
  try {
    await readByLmdb(folder, tables);
  } catch (error) {
    if (isUnchanged()) throw error;
  }
}

/**
 * Opens the database by LMDB, and finds the ends of each table. The folder has a link to
 * the database and a lock file of its own: it is not safe to open a database beside a
 * server that writes to it (see docs/architecture/embedded-store.md).
 */
async function readByLmdb(folder: string, tables: readonly string[]): Promise<void> {
  // loaded late: not needed for a database with flaws
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
  // LMDB is not closed: the exit leaves nothing of it
  .finally(() => process.exit(0));
