import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import type { Transaction } from 'lmdb';
import { codeOf } from '../../errors';
import { type ByteString, toText } from '../../http/bytes';
import { ContentFiles } from './content_files';
import { childName, expiryKey, expiryOf, idKey, idOf } from './keys';
import { countedBytes, formatContentId, Place, type StoredContent, type StoredObject } from './records';
import { checkRegularFile } from './regular_file';
import { StorageError } from './storage_error';
import { openTables, type Table, type Tables } from './tables';

/**
 * Something that is not as it should be:
 * - `missing-content`, `damaged-content`: an object's bytes are not there, or are others;
 * - `references`, `counter`, `index`: a number or an index does not agree with the records;
 * - `orphan`: nothing leads to this.
 */
export interface Finding {
  readonly kind: 'missing-content' | 'damaged-content' | 'references' | 'counter' | 'index' | 'orphan';
  /** What and where, for people. */
  readonly text: string;
}

/**
 * Reads everything in a storage and yields what is wrong; changes nothing. A server may have it
 * open: what changes meanwhile is not taken for damage. Of files only regular ones are opened:
 * whatever else lies there is reported and skipped.
 *
 * @throws StorageError `failed` if there is no storage in the folder, `corrupt` if its database is
 *   no regular file, `format`
 */
export async function* fsck(folder: string): AsyncGenerator<Finding> {
  if (!existsSync(path.join(folder, 'data.mdb')))
    throw new StorageError('failed', `there is no storage in ${folder}`);
  for (const name of ['data.mdb', 'lock.mdb']) checkRegularFile(path.join(folder, name));
  const tables = openTables(folder, { readOnly: true });
  const snapshot = tables.root.useReadTransaction();
  try {
    yield* new Check(tables, snapshot, new ContentFiles(folder), folder).run();
  } finally {
    snapshot.done();
    await tables.root.close();
  }
}

/** What the records add up to, for one account or container. */
interface Sum {
  readonly name: string;
  readonly parent: number;
  containers: number;
  objects: number;
  bytes: number;
}

class Check {
  readonly #tables: Tables;
  readonly #snapshot: Transaction;
  readonly #files: ContentFiles;
  readonly #folder: string;
  readonly #sums = new Map<number, Sum>();
  /** How many objects have each content. */
  readonly #references = new Map<number, number>();

  constructor(tables: Tables, snapshot: Transaction, files: ContentFiles, folder: string) {
    this.#tables = tables;
    this.#snapshot = snapshot;
    this.#files = files;
    this.#folder = folder;
  }

  async *run(): AsyncGenerator<Finding> {
    yield* this.#names();
    yield* this.#objects();
    yield* this.#counters();
    yield* this.#expiry();
    yield* this.#contents();
    yield* this.#inline();
    yield* this.#orphanFiles();
  }

  *#names(): Generator<Finding> {
    for (const { key, value } of this.#all(this.#tables.accounts)) {
      const name = text(key.toString('latin1'));
      this.#sums.set(value[0], { name, parent: 0, containers: 0, objects: 0, bytes: 0 });
    }
    for (const { key, value } of this.#all(this.#tables.containers)) {
      const parent = this.#sums.get(idOf(key));
      const name = `${parent?.name ?? '?'}/${text(childName(key))}`;
      if (parent === undefined) yield { kind: 'orphan', text: `the container ${name} is in no account` };
      else parent.containers++;
      this.#sums.set(value[0], { name, parent: idOf(key), containers: 0, objects: 0, bytes: 0 });
    }
  }

  *#objects(): Generator<Finding> {
    for (const { key, value } of this.#all(this.#tables.objects)) {
      const container = this.#sums.get(idOf(key));
      const name = `${container?.name ?? '?'}/${text(childName(key))}`;
      if (container === undefined) yield { kind: 'orphan', text: `the object ${name} is in no container` };
      else this.#count(container, countedBytes(value));
      yield* this.#object(name, key, value);
    }
  }

  *#object(name: string, key: Buffer, object: StoredObject): Generator<Finding> {
    const [, , id, size, etag, , deleteAt] = object;
    this.#references.set(id, (this.#references.get(id) ?? 0) + 1);
    const content = this.#get(this.#tables.contents, idKey(id));
    if (content === undefined) {
      yield { kind: 'missing-content', text: `the object ${name} has no content (${formatContentId(id)})` };
    } else if (content[1] !== size || content[2] !== etag) {
      yield {
        kind: 'damaged-content',
        text: `the object ${name} is not what its content is (${formatContentId(id)})`,
      };
    }
    if (deleteAt !== null && this.#get(this.#tables.expiry, expiryKey(deleteAt, key)) === undefined) {
      yield { kind: 'index', text: `the object ${name} will not expire` };
    }
  }

  #count(container: Sum, bytes: number): void {
    for (const sum of [container, this.#sums.get(container.parent)]) {
      if (sum === undefined) continue;
      sum.objects++;
      sum.bytes += bytes;
    }
  }

  *#counters(): Generator<Finding> {
    for (const [id, sum] of this.#sums) {
      const found = this.#get(this.#tables.tallies, idKey(id))?.join(' ');
      const right = [sum.parent, sum.containers, sum.objects, sum.bytes].join(' ');
      if (found === right) continue;
      yield {
        kind: 'counter',
        text: `${sum.name} counts ${found ?? 'nothing'} and not ${right} (parent, containers, objects, bytes)`,
      };
    }
    for (const { key } of this.#all(this.#tables.tallies)) {
      if (!this.#sums.has(idOf(key))) yield { kind: 'orphan', text: `counters of nothing (${idOf(key)})` };
    }
  }

  *#expiry(): Generator<Finding> {
    for (const { key } of this.#all(this.#tables.expiry)) {
      const { deleteAt, objectKey } = expiryOf(key);
      const object = this.#get(this.#tables.objects, objectKey);
      if (object === undefined || expiryKey(object[6] ?? -1, objectKey).compare(key) !== 0) {
        yield {
          kind: 'index',
          text: `something not there expires at ${deleteAt}: ${text(childName(objectKey))}`,
        };
      }
    }
  }

  async *#contents(): AsyncGenerator<Finding> {
    for (const { key, value } of this.#all(this.#tables.contents)) {
      const id = idOf(key);
      const references = this.#references.get(id) ?? 0;
      if (references !== value[0] || references === 0) {
        const counted = `the content ${formatContentId(id)} counts ${value[0]} objects and not ${references}`;
        yield { kind: references === 0 ? 'orphan' : 'references', text: counted };
      }
      const finding = await this.#bytes(id, value);
      // It may have gone since the snapshot.
      if (finding !== undefined && this.#stillThere(id)) yield finding;
    }
  }

  async #bytes(id: number, [, size, etag, place]: StoredContent): Promise<Finding | undefined> {
    const name = formatContentId(id);
    try {
      const chunks = place === Place.Inline ? this.#inlineBytes(id) : this.#files.read(id, size, 0, size - 1);
      const hash = createHash('md5');
      let found = 0;
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        hash.update(chunk);
        found += chunk.length;
      }
      if (found === size && hash.digest('hex') === etag) return undefined;
      return {
        kind: 'damaged-content',
        text: `the content ${name} is not the ${size} bytes with MD5 ${etag}`,
      };
    } catch (error) {
      if (codeOf(error) === 'gone')
        return { kind: 'missing-content', text: `the content ${name} is not there` };
      if (codeOf(error) === '') throw error;
      return {
        kind: 'damaged-content',
        text: `the content ${name} cannot be read: ${(error as Error).message}`,
      };
    }
  }

  *#inlineBytes(id: number): Generator<Buffer> {
    const bytes = this.#get(this.#tables.inline, idKey(id));
    if (bytes === undefined) throw new StorageError('gone', 'no bytes');
    yield bytes;
  }

  *#inline(): Generator<Finding> {
    for (const key of this.#tables.inline.getKeys({ transaction: this.#snapshot })) {
      if (this.#get(this.#tables.contents, key)?.[3] !== Place.Inline) {
        yield { kind: 'orphan', text: `bytes of no content (${formatContentId(idOf(key))})` };
      }
    }
  }

  async *#orphanFiles(): AsyncGenerator<Finding> {
    for await (const { name, id, isFile } of this.#files.all()) {
      if (id !== undefined && this.#known(id)) continue;
      if (lstatSync(path.join(this.#folder, name), { throwIfNoEntry: false }))
        yield {
          kind: 'orphan',
          text: isFile ? `the file ${name} is no content’s` : `${name} is no regular file, and no content’s`,
        };
    }
  }

  /** Whether a file may be there now: as a content's, or on its way in or out. */
  #known(id: number): boolean {
    this.#tables.root.resetReadTxn();
    const key = idKey(id);
    const { contents, arriving, gone } = this.#tables;
    return (
      contents.get(key)?.[3] === Place.File || arriving.get(key) !== undefined || gone.get(key) !== undefined
    );
  }

  #stillThere(id: number): boolean {
    this.#tables.root.resetReadTxn();
    return this.#tables.contents.get(idKey(id)) !== undefined;
  }

  #all<V>(table: Table<V>): Iterable<{ key: Buffer; value: V }> {
    return table.getRange({ transaction: this.#snapshot });
  }

  #get<V>(table: Table<V>, key: Buffer): V | undefined {
    return table.get(key, { transaction: this.#snapshot });
  }
}

/** A name for people to read. */
function text(name: ByteString): string {
  return toText(name);
}
