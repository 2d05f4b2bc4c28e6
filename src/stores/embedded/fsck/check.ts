import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { Transaction } from 'lmdb';
import { BodyCheck } from '../storage/body_check';
import type { ContentFiles } from '../storage/content_files';
import { problem, type Problem } from './finding';
import { childName, expiryKey, parseExpiryKey, idKey, idOf } from '../storage/keys';
import { formatName, nameText, type ObjectName } from '../storage/object_name';
import {
  countedBytes,
  formatContentId,
  formatTicks,
  Place,
  type StoredContent,
  type StoredObject,
} from '../storage/records';
import { parseSumsKey } from '../storage/sums';
import type { Table } from '../storage/table';
import { metaKeys, type Tables } from '../storage/tables';

/** What the records add up to, for one account or container. */
interface Totals {
  readonly account: string;
  readonly container?: string;
  readonly parent: number;
  containers: number;
  objects: number;
  bytes: number;
}

/** What the objects say about a content. */
interface ContentUse {
  references: number;
  readonly size: number;
  readonly etag: string;
}

/** Checks a whole folder in the state of one snapshot. */
export class Check {
  readonly #tables: Tables;
  readonly #snapshot: Transaction;
  readonly #files: ContentFiles;
  readonly #bodies: BodyCheck;
  readonly #totals = new Map<number, Totals>();
  readonly #uses = new Map<number, ContentUse>();
  /** Contents whose objects cannot be read, with the cause. */
  readonly #bad = new Map<number, { readonly isMissing: boolean; readonly cause: string }>();

  constructor(tables: Tables, snapshot: Transaction, files: ContentFiles) {
    this.#tables = tables;
    this.#snapshot = snapshot;
    this.#files = files;
    this.#bodies = new BodyCheck(tables, files, snapshot);
  }

  async *run(): AsyncGenerator<Problem> {
    yield* this.#names();
    yield* this.#records();
    yield* this.#objects();
    yield* this.#counters();
    yield* this.#expiry();
    yield* this.#contents();
    yield* this.#unrecorded();
    yield* this.#badObjects();
    yield* this.#inline();
    yield* this.#blockSums();
    yield* this.#orphanFiles();
  }

  /** Reports damaged records. The other checks read only intact ones. */
  *#records(): Generator<Problem> {
    for (const table of this.#tables.withChecksums) yield* this.#damagedRecords(table);
  }

  *#damagedRecords(table: Table<unknown>): Generator<Problem> {
    for (const record of table.raw({ transaction: this.#snapshot })) {
      if (table.tryDecode(record) !== undefined) continue;
      const { key } = record;
      const object = table.name === 'objects' ? this.#keyName(key) : undefined;
      const label = object ? formatName(object) : key.toString('hex').slice(0, 80);
      const text = `record ${label} of table ${table.name} is damaged`;
      if (this.#isNeeded(table, key)) yield problem('damaged-record', text, { do: 'nothing' });
      else
        yield problem(
          'damaged-record',
          text,
          { do: 'remove-record', table: table.name, key },
          object,
        );
    }
  }

  /**
   * Whether other data cannot be found without the record. Most others follow from what
   * can be read.
   */
  #isNeeded(table: Table<unknown>, key: Buffer): boolean {
    const { meta, accounts, containers } = this.#tables;
    if (table.name !== meta.name)
      return table.name === accounts.name || table.name === containers.name;
    // a number or time that was used must not be reused
    return [metaKeys.next, metaKeys.clock].some((metaKey) => metaKey.equals(key));
  }

  *#names(): Generator<Problem> {
    for (const { key, value } of this.#all(this.#tables.accounts)) {
      const account = nameText(key.toString('latin1'));
      this.#totals.set(value[0], { account, parent: 0, containers: 0, objects: 0, bytes: 0 });
    }
    for (const { key, value } of this.#all(this.#tables.containers)) {
      const parent = this.#totals.get(idOf(key));
      const container = nameText(childName(key));
      const account = parent?.account ?? '?';
      const totals = { account, container, containers: 0, objects: 0, bytes: 0 };
      this.#totals.set(value[0], { ...totals, parent: idOf(key) });
      if (parent !== undefined) parent.containers++;
      else
        yield problem('orphan', `the container ${account}/${container} has no account`, {
          do: 'nothing',
        });
    }
  }

  *#objects(): Generator<Problem> {
    for (const { key, value } of this.#all(this.#tables.objects)) {
      const container = this.#totals.get(idOf(key));
      const name = this.#nameOf(key, value);
      if (container?.container === undefined)
        yield problem(
          'orphan',
          `the object ${formatName(name)} has no container`,
          { do: 'nothing' },
          name,
        );
      else this.#count(container, countedBytes(value));
      yield* this.#object(name, key, value);
    }
  }

  *#object(name: ObjectName, key: Buffer, object: StoredObject): Generator<Problem> {
    const [, , id, size, etag, , deleteAt] = object;
    const use = this.#uses.get(id);
    if (use === undefined) this.#uses.set(id, { references: 1, size, etag });
    else use.references++;
    const content = this.#peek(this.#tables.contents, idKey(id));
    if (content !== undefined && (content[1] !== size || content[2] !== etag)) {
      const text = `the object ${formatName(name)} does not match its content (${formatContentId(id)})`;
      yield problem('damaged-content', text, { do: 'remove-object', key }, name);
    }
    if (deleteAt === null) return;
    if (this.#peek(this.#tables.expiry, expiryKey(deleteAt, key)) === undefined)
      yield problem(
        'index',
        `the object ${formatName(name)} is not in the expiry index and will not expire`,
        { do: 'recount' },
        name,
      );
  }

  #count(container: Totals, bytes: number): void {
    for (const totals of [container, this.#totals.get(container.parent)]) {
      if (totals === undefined) continue;
      totals.objects++;
      totals.bytes += bytes;
    }
  }

  *#counters(): Generator<Problem> {
    for (const [id, totals] of this.#totals) {
      const actual = this.#peek(this.#tables.tallies, idKey(id))?.join(' ');
      const expected = [totals.parent, totals.containers, totals.objects, totals.bytes].join(' ');
      if (actual === expected) continue;
      const name = [
        totals.account,
        ...(totals.container === undefined ? [] : [totals.container]),
      ].join('/');
      const counts = `the counters of ${name} are ${actual ?? 'missing'} instead of ${expected}`;
      yield problem('counter', `${counts} (parent, containers, objects, bytes)`, { do: 'recount' });
    }
    for (const { key } of this.#all(this.#tables.tallies)) {
      if (!this.#totals.has(idOf(key)))
        yield problem('orphan', `counters without an account or container (${idOf(key)})`, {
          do: 'recount',
        });
    }
  }

  *#expiry(): Generator<Problem> {
    for (const { key } of this.#all(this.#tables.expiry)) {
      const { deleteAt, objectKey } = parseExpiryKey(key);
      const object = this.#peek(this.#tables.objects, objectKey);
      if (object !== undefined && expiryKey(object[6] ?? -1, objectKey).equals(key)) continue;
      const name = nameText(childName(objectKey));
      yield problem(
        'index',
        `the expiry index has an object that does not exist, at ${deleteAt}: ${name}`,
        {
          do: 'recount',
        },
      );
    }
  }

  async *#contents(): AsyncGenerator<Problem> {
    for (const { key, value } of this.#all(this.#tables.contents)) {
      const id = idOf(key);
      const problems = [...this.#references(id, value), ...(await this.#body(id, value))];
      if (problems.length === 0 && !this.#bad.has(id)) continue;
      // It may have been deleted since the snapshot.
      if (this.#stillExists(id)) yield* problems;
      else this.#bad.delete(id);
    }
  }

  *#references(id: number, [count]: StoredContent): Generator<Problem> {
    const references = this.#uses.get(id)?.references ?? 0;
    if (references === count && references > 0) return;
    const text = `content ${formatContentId(id)} counts ${count} objects instead of ${references}`;
    if (references === 0) yield problem('orphan', text, { do: 'remove-content', id });
    else yield problem('references', text, { do: 'recount' });
  }

  async #body(id: number, stored: StoredContent): Promise<Problem[]> {
    const name = formatContentId(id);
    const body = await this.#bodies.check(id, stored);
    switch (body.state) {
      case 'right':
        return [];
      case 'checksums': {
        const text = `content ${name} is intact, but its block checksums are not`;
        return [
          problem('checksums', text, { do: 'put-content', id, content: withoutChecksums(stored) }),
        ];
      }
      case 'missing':
        this.#bad.set(id, { isMissing: true, cause: 'its content is missing' });
        break;
      case 'damaged':
        this.#bad.set(id, { isMissing: false, cause: `its content is damaged: ${body.cause}` });
    }
    if (this.#uses.has(id)) return [];
    const isMissing = body.state === 'missing';
    const kind = isMissing ? 'missing-content' : 'damaged-content';
    const text = `content ${name} is ${isMissing ? 'missing' : 'damaged'}`;
    return [problem(kind, text, { do: 'remove-content', id })];
  }

  /**
   * Contents that objects refer to, but that have no record: a new one can be built from
   * their bytes.
   */
  async *#unrecorded(): AsyncGenerator<Problem> {
    for (const [id, { references, size, etag }] of this.#uses) {
      if (this.#peek(this.#tables.contents, idKey(id)) !== undefined) continue;
      if (!this.#isStillUsed(id)) continue;
      const content = await this.#reconstruct(id, references, size, etag);
      if (content === undefined) this.#bad.set(id, { isMissing: true, cause: 'it has no content' });
      else
        yield problem('references', `content ${formatContentId(id)} has no record`, {
          do: 'put-content',
          id,
          content,
        });
    }
  }

  async #reconstruct(
    id: number,
    references: number,
    size: number,
    etag: string,
  ): Promise<StoredContent | undefined> {
    for (const place of [Place.Inline, Place.File]) {
      const content: StoredContent = [references, size, etag, place, null];
      if ((await this.#bodies.check(id, content)).state === 'right') return content;
    }
    return undefined;
  }

  /** Names each object that cannot be read. */
  *#badObjects(): Generator<Problem> {
    if (this.#bad.size === 0) return;
    for (const { key, value } of this.#all(this.#tables.objects)) {
      const bad = this.#bad.get(value[2]);
      if (bad === undefined) continue;
      const name = this.#nameOf(key, value);
      const kind = bad.isMissing ? 'missing-content' : 'damaged-content';
      const text = `the object ${formatName(name)} cannot be read: ${bad.cause} (${formatContentId(value[2])})`;
      yield problem(kind, text, { do: 'remove-object', key }, name);
    }
  }

  *#inline(): Generator<Problem> {
    for (const key of this.#tables.inline.getKeys({ transaction: this.#snapshot })) {
      if (this.#peek(this.#tables.contents, key)?.[3] === Place.Inline) continue;
      const id = idOf(key);
      if (this.#uses.has(id)) continue;
      const text = `bytes without a content (${formatContentId(id)})`;
      yield problem('orphan', text, { do: 'remove-content', id });
    }
  }

  *#blockSums(): Generator<Problem> {
    for (const { key } of this.#all(this.#tables.sums)) {
      const { id } = parseSumsKey(key);
      if (this.#uses.has(id)) continue;
      const text = `checksums without a content (${formatContentId(id)})`;
      if (this.#peek(this.#tables.contents, idKey(id)) === undefined)
        yield problem('orphan', text, { do: 'remove-record', table: 'sums', key });
    }
  }

  async *#orphanFiles(): AsyncGenerator<Problem> {
    for await (const { name, id, isFile, isPart } of this.#files.list()) {
      if (
        id !== undefined &&
        (isPart ? this.#isArriving(id) : this.#isFileExpected(id) || this.#uses.has(id))
      )
        continue;
      const file = path.join(this.#tables.folder, name);
      if (!lstatSync(file, { throwIfNoEntry: false })) continue;
      const text = isFile
        ? `the file ${name} belongs to no content`
        : `${name} is not a regular file and belongs to no content`;
      yield problem('orphan', text, { do: 'move-file', name });
    }
  }

  #nameOf(key: Buffer, [time]: StoredObject): ObjectName {
    return { ...this.#keyName(key), version: formatTicks(time) };
  }

  /** Returns the name in an object's key, which may itself be damaged. */
  #keyName(key: Buffer): ObjectName {
    const { account, container } = (key.length >= 8 && this.#totals.get(idOf(key))) || {
      account: '?',
    };
    return { account, container: container ?? '?', object: nameText(childName(key)) };
  }

  /** Whether a partial file may exist. */
  #isArriving(id: number): boolean {
    this.#tables.root.resetReadTxn();
    return this.#tables.arriving.has(idKey(id));
  }

  /** Whether a file may exist now: of a content, or being written or removed. */
  #isFileExpected(id: number): boolean {
    this.#tables.root.resetReadTxn();
    const key = idKey(id);
    const { contents, arriving, gone } = this.#tables;
    const isFile = contents.has(key) && !this.#tables.inline.doesExist(key);
    return isFile || arriving.has(key) || gone.has(key);
  }

  #stillExists(id: number): boolean {
    this.#tables.root.resetReadTxn();
    return this.#tables.contents.has(idKey(id));
  }

  /**
   * Whether an object still refers to a content without a record; if not, it was deleted
   * since the snapshot.
   */
  #isStillUsed(id: number): boolean {
    this.#tables.root.resetReadTxn();
    for (const record of this.#tables.objects.raw()) {
      if (this.#tables.objects.tryDecode(record)?.[2] === id) return true;
    }
    return false;
  }

  *#all<V>(table: Table<V>): Generator<{ key: Buffer; value: V }> {
    for (const record of table.raw({ transaction: this.#snapshot })) {
      const value = table.tryDecode(record);
      if (value !== undefined) yield { key: record.key, value };
    }
  }

  /** Returns the record of a key, unless it is missing or damaged. */
  #peek<V>(table: Table<V>, key: Buffer): V | undefined {
    return table.peek(key, { transaction: this.#snapshot });
  }
}

/**
 * Returns a content's record without checksums, which the scrubber or a repair
 * recomputes.
 */
function withoutChecksums([references, size, etag, place]: StoredContent): StoredContent {
  return [references, size, etag, place, null];
}
