import { codeOf } from '../../../util/errors';
import type { ByteString } from '../../../http/bytes';
import type { Commit } from './group_commit';
import type { Contents } from './contents';
import { childKey, expiryKey, parseExpiryKey, idKey, idOf, isValidName, keyAfter } from './keys';
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

/** A condition on the object for a change to apply. */
export type Condition = { readonly absent: true } | { readonly timestamp: string };

/** An object's container and key. */
interface Location {
  readonly container: number;
  readonly key: Buffer;
}

/**
 * Changes objects within a commit: the record together with its expiry index, its
 * content's references and the counters.
 */
export class Objects {
  readonly #tables: Tables;
  readonly #names: Namespaces;
  readonly #contents: Contents;
  readonly #now: () => number;
  /** Where the next search for expired objects starts. */
  #expireFrom = idKey(0);

  /** @param now milliseconds since 1970 */
  constructor(tables: Tables, names: Namespaces, contents: Contents, now: () => number) {
    this.#tables = tables;
    this.#names = names;
    this.#contents = contents;
    this.#now = now;
  }

  /** Returns the object, unless it has expired. */
  find(account: ByteString, container: ByteString, object: ByteString): StoredObject | undefined {
    const location = this.#locate(account, container, object);
    return location && this.#unlessExpired(this.#tables.objects.get(location.key));
  }

  /** Returns an object of the container with this id, unless it has expired. */
  findIn(container: number, object: ByteString): StoredObject | undefined {
    if (!isValidName('object', object)) return undefined;
    return this.#unlessExpired(this.#tables.objects.get(childKey(container, object)));
  }

  put(
    names: readonly [ByteString, ByteString, ByteString],
    put: NewObject,
    condition: Condition | undefined,
    commit: Commit,
  ): ObjectRecord | Conflict {
    const location = this.#locate(...names);
    if (location === undefined) return 'no-container';
    const before = this.#tables.objects.get(location.key);
    const conflict = this.#conflict(this.#unlessExpired(before), condition);
    if (conflict !== undefined) return conflict;
    // Adopted before the old content is released: they may be the same.
    if (!this.#contents.addReference(put.content, commit)) return 'no-content';
    const after = storedObject(commit.nextTick(), put);
    this.#replace(location, before, after);
    if (before !== undefined) this.#contents.removeReference(before[2], commit);
    return objectRecord(after);
  }

  post(
    names: readonly [ByteString, ByteString, ByteString],
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition: Condition | undefined,
    commit: Commit,
  ): ObjectRecord | Conflict {
    const target = this.#findTarget(names, condition);
    if (typeof target === 'string') return target;
    const { location, before } = target;
    const { listed } = objectRecord(before);
    const after = storedObject(commit.nextTick(), {
      ...post,
      content: contentOf(before),
      ...(listed && { listed }),
    });
    this.#replace(location, before, after);
    return objectRecord(after);
  }

  delete(
    names: readonly [ByteString, ByteString, ByteString],
    condition: Condition | undefined,
    commit: Commit,
  ): ObjectRecord | Conflict {
    const target = this.#findTarget(names, condition);
    if (typeof target === 'string') return target;
    const { location, before } = target;
    this.#remove(location, before, commit);
    return objectRecord(before);
  }

  /**
   * Removes at most `max` expired objects and returns their number. The next call
   * continues after any damaged ones, and starts over after the last.
   */
  expire(max: number, commit: Commit): number {
    const start = this.#expireFrom;
    const end = idKey(Math.floor(this.#now() / 1000) + 1);
    const due = [...this.#tables.expiry.getKeys({ start, end, limit: max })];
    const last = due.at(-1);
    this.#expireFrom = last && due.length === max ? keyAfter(last) : idKey(0);
    return due.filter((key) => this.#expireOne(key, commit)).length;
  }

  /**
   * Returns false if something is damaged: it stays until a repair, without blocking the
   * others.
   */
  #expireOne(key: Buffer, commit: Commit): boolean {
    const { objectKey } = parseExpiryKey(key);
    const location = { container: idOf(objectKey), key: objectKey };
    try {
      this.#tables.expiry.get(key);
      const stored = this.#tables.objects.get(objectKey);
      if (stored === undefined) this.#tables.expiry.removeSync(key);
      else if (this.#unlessExpired(stored) !== undefined) return false;
      else {
        this.#checkRemoval(location, stored);
        this.#remove(location, stored, commit);
      }
      return true;
    } catch (error) {
      if (codeOf(error) === 'corrupt') return false;
      throw error;
    }
  }

  /** @throws StorageError `corrupt` if a record that a removal changes is damaged */
  #checkRemoval({ container }: Location, [, , content]: StoredObject): void {
    this.#tables.contents.get(idKey(content));
    for (let id = container; id !== 0;) id = this.#tables.tallies.get(idKey(id))?.[0] ?? 0;
  }

  #locate(account: ByteString, container: ByteString, object: ByteString): Location | undefined {
    const parent = isValidName('object', object)
      ? this.#names.container(account, container)
      : undefined;
    return parent && { container: parent[0], key: childKey(parent[0], object) };
  }

  #unlessExpired(stored: StoredObject | undefined): StoredObject | undefined {
    const deleteAt = stored?.[6] ?? null;
    return deleteAt !== null && deleteAt <= this.#now() / 1000 ? undefined : stored;
  }

  /**
   * Returns the object to change and its location, or the reason why it cannot be
   * changed.
   */
  #findTarget(
    names: readonly [ByteString, ByteString, ByteString],
    condition: Condition | undefined,
  ): { location: Location; before: StoredObject } | Conflict {
    const location = this.#locate(...names);
    if (location === undefined) return 'no-container';
    const before = this.#unlessExpired(this.#tables.objects.get(location.key));
    if (before === undefined) return 'missing';
    return this.#conflict(before, condition) ?? { location, before };
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

  #replace(location: Location, before: StoredObject | undefined, after: StoredObject): void {
    this.#index(location, before, after);
    this.#tables.objects.putSync(location.key, after);
    const bytes = countedBytes(after) - (before === undefined ? 0 : countedBytes(before));
    this.#count(location.container, before === undefined ? 1 : 0, bytes);
  }

  #remove(location: Location, before: StoredObject, commit: Commit): void {
    this.#index(location, before, undefined);
    this.#tables.objects.removeSync(location.key);
    this.#count(location.container, -1, -countedBytes(before));
    this.#contents.removeReference(before[2], commit);
  }

  #index(
    location: Location,
    before: StoredObject | undefined,
    after: StoredObject | undefined,
  ): void {
    const oldExpiry = before?.[6] ?? null;
    const newExpiry = after?.[6] ?? null;
    if (oldExpiry === newExpiry) return;
    if (oldExpiry !== null) this.#tables.expiry.removeSync(expiryKey(oldExpiry, location.key));
    if (newExpiry !== null) this.#tables.expiry.putSync(expiryKey(newExpiry, location.key), true);
  }

  /** Adds to the counters of the container and of its account. */
  #count(container: number, objects: number, bytes: number): void {
    if (objects === 0 && bytes === 0) return;
    for (let id = container; id !== 0;) {
      const [parent, containers, oldObjects, oldBytes] = this.#tables.tallies.get(idKey(id)) ?? [
        0, 0, 0, 0,
      ];
      this.#tables.tallies.putSync(idKey(id), [
        parent,
        containers,
        oldObjects + objects,
        oldBytes + bytes,
      ]);
      id = parent;
    }
  }
}
