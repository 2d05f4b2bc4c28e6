import type { ByteString } from '../../http/bytes';
import { StoreError } from '../../util/store_error';
import { MAX_CLOCK_DIFFERENCE } from '../store/store_clock';
import type { ObjectInfo, ObjectRef, Store, TypedEntry } from '../store/store';
import { isWholeSecond } from '../archive/names';
import { stateOf, type State } from './state';
import {
  goneAmong,
  isProven,
  unfinishedIn,
  unfinishedName,
  unfinishedType,
  type Unfinished,
} from './unfinished_note';
import { parseVersionName, versionName, versionPrefix } from './version_names';

/**
 * An operation makes at most two versions; its note and a version below are listed as
 * well.
 */
const MAX_LISTED = 4;

/** What the store has of a versioned object before anything is done to it. */
export interface ObjectAndVersions {
  readonly info: ObjectInfo | undefined;
  /**
   * The newest of its versions, and the note before them; undefined if the client may not
   * list.
   */
  readonly listed: readonly TypedEntry[] | undefined;
}

/** An object on which no operation is unfinished. */
export interface SettledObject {
  readonly state: State;
  /** The newest version that is listed, if that is known. */
  readonly newest: string | undefined;
  readonly isNewestKnown: boolean;
}

/**
 * Settles interrupted operations on versioned objects, for the next operation that finds
 * them: takes back those that did not take effect, and completes those that did. Which it
 * was shows from the object, if it is a link (a version newer than the newest that was
 * ever current never took effect), and otherwise from the note that the operation wrote
 * before it began.
 */
export class InterruptedWrites {
  /** @param versions the container that holds the versions */
  constructor(
    private readonly store: Store,
    private readonly versions: ByteString,
  ) {}

  async inspect(object: ObjectRef): Promise<ObjectAndVersions> {
    const [info, listed] = await Promise.all([
      this.store.stat(object),
      this.list(object).catch(noneIfRefused),
    ]);
    return { info, listed };
  }

  /**
   * Takes back or completes interrupted operations. The caller holds the object's lock.
   */
  async settle(object: ObjectRef, { info, listed }: ObjectAndVersions): Promise<SettledObject> {
    const state = stateOf(object, this.versions, info);
    const dropped = new Set<string>();
    let isSure: boolean | undefined;
    if (listed === undefined) return { state, newest: undefined, isNewestKnown: false };
    for (let page = listed; ;) {
      const ids = page.flatMap(({ name }) => parseVersionName(name)?.id ?? []);
      const note = noteIn(object, page);
      const knownIds = await this.withFirst(object, ids, note);
      const isThere = (id: string) => knownIds.includes(id);
      const goneIds = goneAmong(ids, state, note, isThere).filter((id) => !dropped.has(id));
      if (goneIds.length > 0 || note) isSure ??= await this.isNewest(object, info);
      if (isSure === false) return { state, newest: ids[0], isNewestKnown: ids.length > 0 };
      const isCertain = !note || isProven(note, state, info?.notes.operation, isThere);
      for (const id of goneIds) {
        if (!isCertain && note.drops.includes(id)) continue;
        if (!note?.adds.includes(id) || (await this.isNewer(object, id)))
          await this.drop(object, id);
        dropped.add(id);
      }
      if (note) await this.end(object);
      const left = ids.filter((id) => !dropped.has(id));
      // a listing may lag: dropped versions may be in the next page, too
      const isNewestKnown = left.length > 0 || page.length < MAX_LISTED;
      if (isNewestKnown || goneIds.length === 0) return { state, newest: left[0], isNewestKnown };
      page = await this.list(object);
    }
  }

  /**
   * Returns the listed ids, and the first id of the note if that version exists further
   * down: a server of 0.1.0, which does not see notes, may have written others since.
   */
  private async withFirst(
    object: ObjectRef,
    ids: readonly string[],
    note: Unfinished | undefined,
  ): Promise<readonly string[]> {
    const [first] = note?.adds ?? [];
    if (note?.happens !== 'written' || first === undefined || ids.includes(first)) return ids;
    return (await this.store.stat(this.at(object, first))) === undefined ? ids : [...ids, first];
  }

  /**
   * Whether the state read of an object is the newest that its container's listing knows
   * of, so that nothing is dropped because a replica missed a write: listings have
   * replicas of their own.
   */
  private async isNewest(object: ObjectRef, info: ObjectInfo | undefined): Promise<boolean> {
    const { account, container, object: name } = object;
    const entries = await this.store.firstEntries(account, container, name, 1).catch(noneIfRefused);
    if (entries === undefined) return false;
    const [first] = entries;
    if (first?.name !== name) return true;
    if (info === undefined || first.time === undefined) return false;
    const tolerance = isWholeSecond(info.timestamp) ? 1 : 0.0001;
    return first.time <= Number(info.timestamp) + tolerance;
  }

  /** Writes the note of an unfinished operation. */
  async begin(object: ObjectRef, unfinished: Unfinished): Promise<void> {
    await this.store.putNote(this.noteOf(object), unfinishedType(unfinished));
  }

  /** Removes that note. */
  async end(object: ObjectRef): Promise<void> {
    await this.store.remove(this.noteOf(object));
  }

  /**
   * Whether a version was written after the note, and so is not that of another operation
   * that had the id before.
   */
  private async isNewer(object: ObjectRef, id: string): Promise<boolean> {
    const [version, note] = await Promise.all([
      this.store.stat(this.at(object, id)),
      this.store.stat(this.noteOf(object)),
    ]);
    if (version === undefined || note === undefined) return false;
    return Number(version.timestamp) + MAX_CLOCK_DIFFERENCE / 1000 >= Number(note.timestamp);
  }

  private async drop(object: ObjectRef, id: string): Promise<void> {
    await this.store.remove(this.at(object, id));
  }

  private list({ account, object }: ObjectRef): Promise<readonly TypedEntry[]> {
    return this.store.firstEntries(account, this.versions, versionPrefix(object), MAX_LISTED);
  }

  private at(object: ObjectRef, id: string): ObjectRef {
    return { ...object, container: this.versions, object: versionName(object.object, id) };
  }

  private noteOf(object: ObjectRef): ObjectRef {
    return { ...object, container: this.versions, object: unfinishedName(object.object) };
  }
}

function noneIfRefused(error: unknown): undefined {
  if (error instanceof StoreError && error.code === 'refused') return undefined;
  throw error;
}

function noteIn({ object }: ObjectRef, entries: readonly TypedEntry[]): Unfinished | undefined {
  const note = entries.find(({ name }) => name === unfinishedName(object));
  return note && unfinishedIn(note.contentType);
}
