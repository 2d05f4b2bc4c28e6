import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { Transaction } from 'lmdb';
import { BodyCheck } from '../storage/body_check';
import type { ContentFiles } from '../storage/content_files';
import { problem, type Problem } from './finding';
import { childName, expiryKey, expiryOf, idKey, idOf } from '../storage/keys';
import { formatName, nameText, type ObjectName } from '../storage/object_name';
import {
  countedBytes,
  formatContentId,
  formatTicks,
  Place,
  type StoredContent,
  type StoredObject,
} from '../storage/records';
import { partOf } from '../storage/sums';
import type { Table } from '../storage/table';
import { metaKeys, type Tables } from '../storage/tables';

/** What the records add up to, for one account or container. */
interface Sum {
  readonly account: string;
  readonly container?: string;
  readonly parent: number;
  containers: number;
  objects: number;
  bytes: number;
}

/** What the objects say of a content. */
interface Use {
  references: number;
  readonly size: number;
  readonly etag: string;
}

/** One check of a whole folder, of the state that its snapshot shows. */
export class Check {
  readonly #tables: Tables;
  readonly #snapshot: Transaction;
  readonly #files: ContentFiles;
  readonly #bodies: BodyCheck;
  readonly #sums = new Map<number, Sum>();
  readonly #uses = new Map<number, Use>();
  /** Contents that no object can be read with, and why. */
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

  /** Records that are not what was written; all else reads only the others. */
  *#records(): Generator<Problem> {
    for (const table of this.#tables.checked) yield* this.#damagedRecords(table);
  }

  *#damagedRecords(table: Table<unknown>): Generator<Problem> {
    for (const record of table.raw({ transaction: this.#snapshot })) {
      if (table.decoded(record) !== undefined) continue;
      const { key } = record;
      const object = table.name === 'objects' ? this.#keyName(key) : undefined;
      const shown = object ? formatName(object) : key.toString('hex').slice(0, 80);
      const text = `the record ${shown} of the table ${table.name} is damaged`;
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

  /** Without some records something else cannot be found; most others follow from what can be read. */
  #isNeeded(table: Table<unknown>, key: Buffer): boolean {
    const { meta, accounts, containers } = this.#tables;
    if (table.name !== meta.name)
      return table.name === accounts.name || table.name === containers.name;
    // a number that was given out, or a time, must not be again
    return [metaKeys.next, metaKeys.clock].some((each) => each.equals(key));
  }

  *#names(): Generator<Problem> {
    for (const { key, value } of this.#all(this.#tables.accounts)) {
      const account = nameText(key.toString('latin1'));
      this.#sums.set(value[0], { account, parent: 0, containers: 0, objects: 0, bytes: 0 });
    }
    for (const { key, value } of this.#all(this.#tables.containers)) {
      const parent = this.#sums.get(idOf(key));
      const container = nameText(childName(key));
      const account = parent?.account ?? '?';
      const sum = { account, container, containers: 0, objects: 0, bytes: 0 };
      this.#sums.set(value[0], { ...sum, parent: idOf(key) });
      if (parent !== undefined) parent.containers++;
      else
        yield problem('orphan', `the container ${account}/${container} is in no account`, {
          do: 'nothing',
        });
    }
  }

  *#objects(): Generator<Problem> {
    for (const { key, value } of this.#all(this.#tables.objects)) {
      const container = this.#sums.get(idOf(key));
      const name = this.#nameOf(key, value);
      if (container?.container === undefined)
        yield problem(
          'orphan',
          `the object ${formatName(name)} is in no container`,
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
      const text = `the object ${formatName(name)} is not what its content is (${formatContentId(id)})`;
      yield problem('damaged-content', text, { do: 'remove-object', key }, name);
    }
    if (deleteAt === null) return;
    if (this.#peek(this.#tables.expiry, expiryKey(deleteAt, key)) === undefined)
      yield problem(
        'index',
        `the object ${formatName(name)} will not expire`,
        { do: 'recount' },
        name,
      );
  }

  #count(container: Sum, bytes: number): void {
    for (const sum of [container, this.#sums.get(container.parent)]) {
      if (sum === undefined) continue;
      sum.objects++;
      sum.bytes += bytes;
    }
  }

  *#counters(): Generator<Problem> {
    for (const [id, sum] of this.#sums) {
      const found = this.#peek(this.#tables.tallies, idKey(id))?.join(' ');
      const right = [sum.parent, sum.containers, sum.objects, sum.bytes].join(' ');
      if (found === right) continue;
      const name = [sum.account, ...(sum.container === undefined ? [] : [sum.container])].join('/');
      const counts = `${name} counts ${found ?? 'nothing'} and not ${right}`;
      yield problem('counter', `${counts} (parent, containers, objects, bytes)`, { do: 'recount' });
    }
    for (const { key } of this.#all(this.#tables.tallies)) {
      if (!this.#sums.has(idOf(key)))
        yield problem('orphan', `counters of nothing (${idOf(key)})`, { do: 'recount' });
    }
  }

  *#expiry(): Generator<Problem> {
    for (const { key } of this.#all(this.#tables.expiry)) {
      const { deleteAt, objectKey } = expiryOf(key);
      const object = this.#peek(this.#tables.objects, objectKey);
      if (object !== undefined && expiryKey(object[6] ?? -1, objectKey).equals(key)) continue;
      const name = nameText(childName(objectKey));
      yield problem('index', `something not there expires at ${deleteAt}: ${name}`, {
        do: 'recount',
      });
    }
  }

  async *#contents(): AsyncGenerator<Problem> {
    for (const { key, value } of this.#all(this.#tables.contents)) {
      const id = idOf(key);
      const found = [...this.#references(id, value), ...(await this.#body(id, value))];
      if (found.length === 0 && !this.#bad.has(id)) continue;
      // It may have gone since the snapshot.
      if (this.#stillThere(id)) yield* found;
      else this.#bad.delete(id);
    }
  }

  *#references(id: number, [counted]: StoredContent): Generator<Problem> {
    const references = this.#uses.get(id)?.references ?? 0;
    if (references === counted && references > 0) return;
    const text = `the content ${formatContentId(id)} counts ${counted} objects and not ${references}`;
    if (references === 0) yield problem('orphan', text, { do: 'remove-content', id });
    else yield problem('references', text, { do: 'recount' });
  }

  async #body(id: number, stored: StoredContent): Promise<Problem[]> {
    const name = formatContentId(id);
    const body = await this.#bodies.judge(id, stored);
    switch (body.state) {
      case 'right':
        return [];
      case 'checksums': {
        const text = `the content ${name} is right, but the checksums of its blocks are not`;
        return [problem('checksums', text, { do: 'put-content', id, content: unchecked(stored) })];
      }
      case 'missing':
        this.#bad.set(id, { isMissing: true, cause: 'its content is not there' });
        break;
      case 'damaged':
        this.#bad.set(id, { isMissing: false, cause: `its content is damaged: ${body.cause}` });
    }
    if (this.#uses.has(id)) return [];
    const isMissing = body.state === 'missing';
    const kind = isMissing ? 'missing-content' : 'damaged-content';
    const text = `the content ${name} is ${isMissing ? 'not there' : 'damaged'}`;
    return [problem(kind, text, { do: 'remove-content', id })];
  }

  /** Contents that objects have, but that have no record: it can be made anew from their bytes. */
  async *#unrecorded(): AsyncGenerator<Problem> {
    for (const [id, { references, size, etag }] of this.#uses) {
      if (this.#peek(this.#tables.contents, idKey(id)) !== undefined) continue;
      if (!this.#isStillUsed(id)) continue;
      const content = await this.#reconstruct(id, references, size, etag);
      if (content === undefined) this.#bad.set(id, { isMissing: true, cause: 'it has no content' });
      else
        yield problem('references', `the content ${formatContentId(id)} has no record`, {
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
      if ((await this.#bodies.judge(id, content)).state === 'right') return content;
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
      const text = `bytes of no content (${formatContentId(id)})`;
      yield problem('orphan', text, { do: 'remove-content', id });
    }
  }

  *#blockSums(): Generator<Problem> {
    for (const { key } of this.#all(this.#tables.sums)) {
      const { id } = partOf(key);
      if (this.#uses.has(id)) continue;
      const text = `checksums of no content (${formatContentId(id)})`;
      if (this.#peek(this.#tables.contents, idKey(id)) === undefined)
        yield problem('orphan', text, { do: 'remove-record', table: 'sums', key });
    }
  }

  async *#orphanFiles(): AsyncGenerator<Problem> {
    for await (const { name, id, isFile, isPart } of this.#files.all()) {
      if (id !== undefined && (isPart ? this.#arrives(id) : this.#known(id) || this.#uses.has(id)))
        continue;
      const at = path.join(this.#tables.folder, name);
      if (!lstatSync(at, { throwIfNoEntry: false })) continue;
      const text = isFile
        ? `the file ${name} is no content’s`
        : `${name} is no regular file, and no content’s`;
      yield problem('orphan', text, { do: 'move-file', name });
    }
  }

  #nameOf(key: Buffer, [time]: StoredObject): ObjectName {
    return { ...this.#keyName(key), version: formatTicks(time) };
  }

  /** What an object's key says of it; the key may be damaged itself. */
  #keyName(key: Buffer): ObjectName {
    const { account, container } = (key.length >= 8 && this.#sums.get(idOf(key))) || {
      account: '?',
    };
    return { account, container: container ?? '?', object: nameText(childName(key)) };
  }

  /** Whether a file may be there that is not whole yet. */
  #arrives(id: number): boolean {
    this.#tables.root.resetReadTxn();
    return this.#tables.arriving.has(idKey(id));
  }

  /** Whether a file may be there now: as a content's, or on its way in or out. */
  #known(id: number): boolean {
    this.#tables.root.resetReadTxn();
    const key = idKey(id);
    const { contents, arriving, gone } = this.#tables;
    const isFile = contents.has(key) && !this.#tables.inline.doesExist(key);
    return isFile || arriving.has(key) || gone.has(key);
  }

  #stillThere(id: number): boolean {
    this.#tables.root.resetReadTxn();
    return this.#tables.contents.has(idKey(id));
  }

  /** Whether an object has a content even now, which has no record: else it went since the snapshot. */
  #isStillUsed(id: number): boolean {
    this.#tables.root.resetReadTxn();
    for (const record of this.#tables.objects.raw()) {
      if (this.#tables.objects.decoded(record)?.[2] === id) return true;
    }
    return false;
  }

  *#all<V>(table: Table<V>): Generator<{ key: Buffer; value: V }> {
    for (const record of table.raw({ transaction: this.#snapshot })) {
      const value = table.decoded(record);
      if (value !== undefined) yield { key: record.key, value };
    }
  }

  /** The record of a key, if it is there and not damaged. */
  #peek<V>(table: Table<V>, key: Buffer): V | undefined {
    return table.peek(key, { transaction: this.#snapshot });
  }
}

/** A content's record without its checksums, which the scrubber or a repair computes again. */
function unchecked([references, size, etag, place]: StoredContent): StoredContent {
  return [references, size, etag, place, null];
}
