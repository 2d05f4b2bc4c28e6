import { statSync } from 'node:fs';
import path from 'node:path';
import { readAll, type Body } from '../../../src/http/body';
import { ContentFiles } from '../../../src/stores/embedded/storage/content_files';
import { type Finding, fsck } from '../../../src/stores/embedded/fsck/fsck';
import { parseContentId } from '../../../src/stores/embedded/storage/records';
import type {
  Conflict,
  ContentRef,
  ListingEntry,
  NewObject,
  ObjectRecord,
  Storage,
} from '../../../src/stores/embedded/storage/storage';
import { StorageError } from '../../../src/stores/embedded/storage/storage_error';
import type { Flaw } from '../../../src/stores/embedded/walk/flaw';
import { PageFile } from '../../../src/stores/embedded/walk/page_file';
import { walk } from '../../../src/stores/embedded/walk/walk';
import { TABLES } from '../../../src/stores/embedded/walk/walk_database';

/** Stores bytes as a content that no record refers to yet. */
export async function receive(
  storage: Storage,
  bytes: Buffer | string,
  chunkSize = 64 * 1024,
): Promise<ContentRef> {
  const all = Buffer.from(bytes);
  const incoming = storage.receive();
  for (let at = 0; at < all.length; at += chunkSize)
    await incoming.write(all.subarray(at, at + chunkSize));
  return incoming.finish();
}

/** Puts an object into the account `a` and the container `c`. */
export async function put(
  storage: Storage,
  name: string,
  bytes: Buffer | string,
  more: Partial<NewObject> = {},
): Promise<ObjectRecord> {
  const content = more.content ?? (await receive(storage, bytes));
  const put = { contentType: 'text/plain', attributes: {}, ...more, content };
  return record(await storage.putObject('a', 'c', name, put));
}

/** Returns a record; throws on a conflict. */
export function record(result: ObjectRecord | Conflict): ObjectRecord {
  if (typeof result === 'string') throw new Error(`conflict: ${result}`);
  return result;
}

export async function bytesOf(
  storage: Storage,
  content: ContentRef,
  first?: number,
  last?: number,
): Promise<Buffer> {
  return readWhole(await storage.read(content, first, last));
}

export async function readWhole(body: Body): Promise<Buffer> {
  const bytes = await readAll(body, Infinity);
  if (bytes === undefined) throw new Error('longer than infinite');
  return bytes;
}

/** The names of a page, with subdirs in brackets. */
export function namesOf(page: ListingEntry<unknown>[]): string[] {
  return page.map((entry) => ('subdir' in entry ? `[${entry.subdir}]` : entry.name));
}

/**
 * Runs `fsck`. The structure of the database must be intact: tests that damage it use
 * other functions.
 */
export async function findings(folder: string): Promise<Finding[]> {
  checkStructure(folder);
  const results: Finding[] = [];
  for await (const finding of fsck(folder)) results.push(finding);
  return results;
}

function checkStructure(folder: string): void {
  const flaws = walkHere(folder);
  if (flaws.length > 0) throw new Error(`the structure of ${folder}: ${JSON.stringify(flaws)}`);
}

/**
 * Does what `walkDatabase` does, but in this process, for suites that would start
 * hundreds.
 */
export function walkHere(folder: string): readonly Flaw[] {
  const database = path.join(folder, 'data.mdb');
  const stats = statSync(database, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size === 0) return [];
  const file = PageFile.open(database);
  try {
    return walk(file, TABLES).flaws;
  } finally {
    file.close();
  }
}

/** Makes opening a content's file fail until mocks are restored. */
export function failToOpen({ id }: ContentRef, code: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(ContentFiles.prototype, 'open');
  const open = descriptor?.value as ContentFiles['open'];
  jest.spyOn(ContentFiles.prototype, 'open').mockImplementation(function (
    this: ContentFiles,
    number,
    size,
  ) {
    if (number !== parseContentId(id)) return open.call(this, number, size);
    const cause = Object.assign(new Error(code), { code });
    throw new StorageError('failed', `could not read: ${code}`, { cause });
  });
}
