import type { ByteString } from '../../http/bytes';
import type { ListingEntry, ObjectInfo, ObjectRef, Store } from '../store/store';
import { CLOCKS_APART } from '../store/store_clock';
import {
  archiveName,
  archivePrefix,
  formatTimestamp,
  isTimestamp,
  isWholeSecond,
  nextTimestamp,
  timestampAfter,
} from './names';

/** What was found in the archive before a change. */
export interface Survey {
  /** All leftovers but the following, the newest first. */
  readonly leftovers: readonly ByteString[];
  /** Markers that are half made; if there is no object, those that are newer than all else. */
  readonly unfinished: readonly ByteString[];
  /** The newest of the entries that are no leftovers and do not sort before the current object's own. */
  readonly newest: ByteString | undefined;
}

/**
 * The archive's entries of one object, and which of them are leftovers of an operation that was interrupted. What was interrupted
 * is told by what its steps note in the store, each in the same request as the step itself:
 * - the object was archived and not overwritten: the entry has its timestamp;
 * - a marker was finished and the object not deleted, as 0.1.0 did it: the marker notes that object's timestamp;
 * - a marker was written half: its type says so, and if there is an object, its delete has not happened. If there is
 *   none it has, and the marker is to be finished;
 * - an entry was restored and not removed: the object notes the entry.
 * By a note that is not bound to its object no marker is removed, and an entry only if its content is the object's.
 */
export class Entries {
  private readonly prefix: ByteString;

  constructor(
    private readonly store: Store,
    private readonly object: ObjectRef,
    private readonly archive: ByteString,
  ) {
    this.prefix = archivePrefix(object.object);
  }

  at(name: ByteString): ObjectRef {
    return { ...this.object, container: this.archive, object: name };
  }

  /** The name of the entry with a timestamp. */
  named(timestamp: string): ByteString {
    return archiveName(this.object.object, timestamp);
  }

  /** Where no entry is: no object is of 1970. */
  nowhere(): ObjectRef {
    return this.at(this.named(formatTimestamp(0)));
  }

  /** The timestamp in the name of an entry. */
  timestampOf(name: ByteString): string {
    return name.slice(this.prefix.length);
  }

  /** All of them, the newest first, but for half made markers that are not ours: those expire by themselves. */
  list(): AsyncIterator<ListingEntry> & AsyncIterable<ListingEntry> {
    const { store, object, archive, prefix } = this;
    const isOurs = async (name: ByteString) =>
      (await store.stat(this.at(name)))?.notes.unfinished === true;
    return (async function* () {
      for await (const entry of store.listBackwards(object.account, archive, prefix))
        if (!entry.isHalfMade || (await isOurs(entry.name))) yield entry;
    })();
  }

  /**
   * The name of the entry for a state of the object: that with its timestamp. Where timestamps are of whole seconds, other states and
   * markers may be of the same second: then it is the next after all that is there.
   */
  async nameFor(state: ObjectInfo): Promise<ByteString> {
    if (!isWholeSecond(state.timestamp)) return this.named(state.timestamp);
    let name = this.named(state.timestamp);
    const newest = await this.list().next();
    if (!newest.done && newest.value.name > name) name = newest.value.name;
    for (;;) {
      const there = await this.store.stat(this.at(name));
      if (!there || isSame(there, state)) return name;
      name = this.named(nextTimestamp(this.timestampOf(name)));
    }
  }

  /** Whether an entry is a leftover. A timestamp of whole seconds does not tell: another state may have the same. */
  async isLeftover(entry: ListingEntry, current: ObjectInfo | undefined): Promise<boolean> {
    if (current === undefined) return false;
    if (entry.isHalfMade) return true;
    const own = this.named(current.timestamp);
    const isExact = !isWholeSecond(current.timestamp);
    if (entry.name === own && isExact) return true;
    const isNoted = this.noted(current).includes(entry.name);
    const mayDelete = entry.isMarker && entry.name > own && isExact;
    if (entry.name !== own && !isNoted && !mayDelete) return false;
    const info = await this.store.stat(this.at(entry.name));
    const isBound = isNoted && restoredIsBound(current);
    if (info === undefined) return isBound;
    if (!info.isMarker) return isSame(info, current);
    return isBound || (mayDelete && info.notes.deletes === current.timestamp);
  }

  /**
   * The name for the marker of a delete: its time, or, where a clock is behind, the next after the object's own entry and the newest one.
   * A newest one that is further ahead than clocks are apart was put there by somebody, and moves no marker.
   *
   * @param now the time of the delete by the store's clock, in milliseconds since 1970
   * @param own the entry for the object that is deleted, if there is one
   */
  nameForMarker(
    now: number,
    own: ByteString | undefined,
    newest: ByteString | undefined,
  ): ByteString {
    const time = timestampAfter(now, own && this.timestampOf(own));
    const found = newest === undefined ? '' : this.timestampOf(newest);
    const isAhead =
      found >= time && found < formatTimestamp(now + CLOCKS_APART) && isTimestamp(found);
    return this.named(isAhead ? nextTimestamp(found) : time);
  }

  /**
   * What is listed, down to the current object's own entry, and what was restored to the object.
   *
   * @param listed what `list` yields, from the second on
   * @param first what it yielded first
   */
  async survey(
    current: ObjectInfo | undefined,
    listed: AsyncIterator<ListingEntry> = this.list(),
    first?: IteratorResult<ListingEntry>,
  ): Promise<Survey> {
    const own = current && this.named(current.timestamp);
    const [leftovers, unfinished]: [ByteString[], ByteString[]] = [[], []];
    let newest: ByteString | undefined;
    for (let next = first ?? (await listed.next()); !next.done; next = await listed.next()) {
      const { name, isHalfMade } = next.value;
      if (own !== undefined && name < own) break;
      if (isHalfMade) unfinished.push(name);
      else if (await this.isLeftover(next.value, current)) leftovers.push(name);
      else newest ??= name;
      if (own === undefined && !isHalfMade) break;
    }
    if (own === undefined) newest = unfinished[0] ?? newest;
    const restored = current ? await this.restoredLeftovers(current) : [];
    const known = [...leftovers, ...unfinished];
    return {
      leftovers: [...leftovers, ...restored.filter((name) => !known.includes(name))],
      unfinished,
      newest,
    };
  }

  /** Entries that were restored to the current object and not removed. */
  async restoredLeftovers(current: ObjectInfo): Promise<ByteString[]> {
    const found: ByteString[] = [];
    for (const name of this.noted(current)) {
      const info = await this.store.stat(this.at(name));
      if (info && (info.isMarker ? restoredIsBound(current) : isSame(info, current)))
        found.push(name);
    }
    return found;
  }

  private noted({ notes }: ObjectInfo): ByteString[] {
    return (notes.restored ?? []).map((timestamp) => this.named(timestamp));
  }
}

function restoredIsBound({ notes }: ObjectInfo): boolean {
  return notes.unbound?.includes('restored') !== true;
}

function isSame(one: ObjectInfo, other: ObjectInfo): boolean {
  return one.etag === other.etag && one.isMarker === other.isMarker;
}
