import { codeOf } from '../../../util/errors';
import type { ByteString } from '../../../http/bytes';
import type { Moment } from './group_commit';
import type { Contents } from './contents';
import { childKey, expiryKey, expiryOf, idKey, idOf, isName, keyBehind } from './keys';
import type { Namespaces } from './namespaces';
import {
  contentOf,
  countedBytes,
  formatTicks,
  objectRecord,
  storedObject,
  type StoredObject,
} from './records';
import type { Conflict, NewObject, ObjectRecord } from './storage';
import type { Tables } from './tables';

/** What an object must be for a change to happen. */
export type Condition = { readonly absent: true } | { readonly timestamp: string };

/** Where an object is: its container, and its key. */
interface Place {
  readonly container: number;
  readonly key: Buffer;
}

/** Changes of objects, each within a commit: the record, its index of expiry, its content's references and the counters together. */
export class Objects {
  readonly #tables: Tables;
  readonly #names: Namespaces;
  readonly #contents: Contents;
  readonly #now: () => number;
  /** Where the next search for what has expired begins. */
  #expireFrom = idKey(0);

  /** @param now milliseconds since 1970 */
  constructor(tables: Tables, names: Namespaces, contents: Contents, now: () => number) {
    this.#tables = tables;
    this.#names = names;
    this.#contents = contents;
    this.#now = now;
  }

  /** What is there and has not expired. */
  find(account: ByteString, container: ByteString, object: ByteString): StoredObject | undefined {
    const place = this.#place(account, container, object);
    return place === undefined ? undefined : this.#alive(this.#tables.objects.get(place.key));
  }

  put(
    names: readonly [ByteString, ByteString, ByteString],
    put: NewObject,
    condition: Condition | undefined,
    moment: Moment,
  ): ObjectRecord | Conflict {
    const place = this.#place(...names);
    if (place === undefined) return 'no-container';
    const before = this.#tables.objects.get(place.key);
    const conflict = this.#conflict(this.#alive(before), condition);
    if (conflict !== undefined) return conflict;
    // Taken before the old content is let go: they may be the same.
    if (!this.#contents.adopt(put.content, moment)) return 'no-content';
    const after = storedObject(moment.tick(), put);
    this.#replace(place, before, after);
    if (before !== undefined) this.#contents.release(before[2], moment);
    return objectRecord(after);
  }

  post(
    names: readonly [ByteString, ByteString, ByteString],
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition: Condition | undefined,
    moment: Moment,
  ): ObjectRecord | Conflict {
    const found = this.#existing(names, condition);
    if (typeof found === 'string') return found;
    const { place, before } = found;
    const { listed } = objectRecord(before);
    const after = storedObject(moment.tick(), {
      ...post,
      content: contentOf(before),
      ...(listed && { listed }),
    });
    this.#replace(place, before, after);
    return objectRecord(after);
  }

  delete(
    names: readonly [ByteString, ByteString, ByteString],
    condition: Condition | undefined,
    moment: Moment,
  ): ObjectRecord | Conflict {
    const found = this.#existing(names, condition);
    if (typeof found === 'string') return found;
    const { place, before } = found;
    this.#remove(place, before, moment);
    return objectRecord(before);
  }

  /**
   * Removes what has expired, at most so many; how many it removed. The next call goes on behind what
   * this one found damaged, and begins anew after the last.
   */
  expire(max: number, moment: Moment): number {
    const start = this.#expireFrom;
    const end = idKey(Math.floor(this.#now() / 1000) + 1);
    const due = [...this.#tables.expiry.getKeys({ start, end, limit: max })];
    const last = due.at(-1);
    this.#expireFrom = last && due.length === max ? keyBehind(last) : idKey(0);
    return due.filter((key) => this.#expireOne(key, moment)).length;
  }

  /** False if something is damaged: it waits for a repair, and keeps nothing else from expiring. */
  #expireOne(key: Buffer, moment: Moment): boolean {
    const { objectKey } = expiryOf(key);
    const place = { container: idOf(objectKey), key: objectKey };
    try {
      this.#tables.expiry.get(key);
      const stored = this.#tables.objects.get(objectKey);
      if (stored === undefined) this.#tables.expiry.removeSync(key);
      else if (this.#alive(stored) !== undefined) return false;
      else {
        this.#checkRemoval(place, stored);
        this.#remove(place, stored, moment);
      }
      return true;
    } catch (error) {
      if (codeOf(error) === 'corrupt') return false;
      throw error;
    }
  }

  /** @throws StorageError `corrupt` if a record that a removal changes is damaged */
  #checkRemoval({ container }: Place, [, , content]: StoredObject): void {
    this.#tables.contents.get(idKey(content));
    for (let id = container; id !== 0;) id = this.#tables.tallies.get(idKey(id))?.[0] ?? 0;
  }

  #place(account: ByteString, container: ByteString, object: ByteString): Place | undefined {
    const found = isName('object', object) ? this.#names.container(account, container) : undefined;
    return found && { container: found[0], key: childKey(found[0], object) };
  }

  #alive(stored: StoredObject | undefined): StoredObject | undefined {
    const deleteAt = stored?.[6] ?? null;
    return deleteAt !== null && deleteAt <= this.#now() / 1000 ? undefined : stored;
  }

  /** What is there to be changed, and where; or why it cannot be. */
  #existing(
    names: readonly [ByteString, ByteString, ByteString],
    condition: Condition | undefined,
  ): { place: Place; before: StoredObject } | Conflict {
    const place = this.#place(...names);
    if (place === undefined) return 'no-container';
    const before = this.#alive(this.#tables.objects.get(place.key));
    if (before === undefined) return 'missing';
    return this.#conflict(before, condition) ?? { place, before };
  }

  #conflict(
    before: StoredObject | undefined,
    condition: Condition | undefined,
  ): Conflict | undefined {
    if (condition === undefined) return undefined;
    if ('absent' in condition) return before === undefined ? undefined : 'exists';
    if (before === undefined) return 'missing';
    return formatTicks(before[0]) === condition.timestamp ? undefined : 'changed';
  }

  #replace(place: Place, before: StoredObject | undefined, after: StoredObject): void {
    this.#index(place, before, after);
    this.#tables.objects.putSync(place.key, after);
    const bytes = countedBytes(after) - (before === undefined ? 0 : countedBytes(before));
    this.#count(place.container, before === undefined ? 1 : 0, bytes);
  }

  #remove(place: Place, before: StoredObject, moment: Moment): void {
    this.#index(place, before, undefined);
    this.#tables.objects.removeSync(place.key);
    this.#count(place.container, -1, -countedBytes(before));
    this.#contents.release(before[2], moment);
  }

  #index(place: Place, before: StoredObject | undefined, after: StoredObject | undefined): void {
    const was = before?.[6] ?? null;
    const is = after?.[6] ?? null;
    if (was === is) return;
    if (was !== null) this.#tables.expiry.removeSync(expiryKey(was, place.key));
    if (is !== null) this.#tables.expiry.putSync(expiryKey(is, place.key), true);
  }

  /** Adds to the counters of the container and of its account. */
  #count(container: number, objects: number, bytes: number): void {
    if (objects === 0 && bytes === 0) return;
    for (let id = container; id !== 0;) {
      const [parent, containers, hadObjects, hadBytes] = this.#tables.tallies.get(idKey(id)) ?? [
        0, 0, 0, 0,
      ];
      this.#tables.tallies.putSync(idKey(id), [
        parent,
        containers,
        hadObjects + objects,
        hadBytes + bytes,
      ]);
      id = parent;
    }
  }
}
