import type { ByteString } from '../../http/bytes';
import type { ListingEntry, ObjectInfo, ObjectRef, Store } from '../store/store';
import { MAX_CLOCK_DIFFERENCE } from '../store/store_clock';
import {
  archiveName,
  archivePrefix,
  formatTimestamp,
  isTimestamp,
  isWholeSecond,
  nextTimestamp,
  timestampAfter,
} from './names';

/** The state of an object's entries in the archive before a change. */
export interface Survey {
  /** All leftovers except unfinished markers, the newest first. */
  readonly leftovers: readonly ByteString[];
  /** Unfinished markers; if there is no object, only those newer than all else. */
  readonly unfinished: readonly ByteString[];
  /**
   * The newest entry that neither is a leftover nor sorts before the object's own entry.
   */
  readonly newest: ByteString | undefined;
}

/**
 * The archive's entries of one object, and which of them are leftovers of an interrupted
 * operation. Each step writes a note in its own request, by which an interruption is
 * recognised:
 * - the object was archived and not overwritten: the entry has its timestamp;
 * - a marker was finished and the object not deleted, as by 0.1.0: the marker notes the
 *   object's timestamp;
 * - a marker is unfinished, by its type: if there is an object, its delete has not
 *   happened; if there is none it has, and the marker is to be finished;
 * - an entry was restored and not removed: the object notes the entry.
 * A note that is not bound to its object removes no marker, and an entry only if its
 * content is the object's.
 */
export class ArchiveEntries {
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

  /** Returns the name of the entry with a timestamp. */
  entryName(timestamp: string): ByteString {
    return archiveName(this.object.object, timestamp);
  }

  /** Returns the path of an entry that does not exist: no object is from 1970. */
  absentEntry(): ObjectRef {
    return this.at(this.entryName(formatTimestamp(0)));
  }

  /** Returns the timestamp in the name of an entry. */
  timestampOf(name: ByteString): string {
    return name.slice(this.prefix.length);
  }

  /** Lists entries, newest first, without unfinished markers of others, which expire. */
  list(): AsyncIterator<ListingEntry> & AsyncIterable<ListingEntry> {
    const { store, object, archive, prefix } = this;
    const isOurs = async (name: ByteString) =>
      (await store.stat(this.at(name)))?.notes.unfinished === true;
    return (async function* () {
      for await (const entry of store.listBackwards(object.account, archive, prefix))
        if (!entry.isUnfinished || (await isOurs(entry.name))) yield entry;
    })();
  }

  /**
   * Returns the name of the entry for a state of the object: that with its timestamp. If
   * timestamps have whole seconds, other states and markers may have the same one: then
   * it is the next name after all existing ones.
   */
  async entryNameFor(state: ObjectInfo): Promise<ByteString> {
    if (!isWholeSecond(state.timestamp)) return this.entryName(state.timestamp);
    let name = this.entryName(state.timestamp);
    const newest = await this.list().next();
    if (!newest.done && newest.value.name > name) name = newest.value.name;
    for (;;) {
      const existing = await this.store.stat(this.at(name));
      if (!existing || isSame(existing, state)) return name;
      name = this.entryName(nextTimestamp(this.timestampOf(name)));
    }
  }

  /** Whether an entry is a leftover. Timestamps of whole seconds may be ambiguous. */
  async isLeftover(entry: ListingEntry, current: ObjectInfo | undefined): Promise<boolean> {
    if (current === undefined) return false;
    if (entry.isUnfinished) return true;
    const ownEntry = this.entryName(current.timestamp);
    const isExact = !isWholeSecond(current.timestamp);
    if (entry.name === ownEntry && isExact) return true;
    const isNoted = this.notedEntries(current).includes(entry.name);
    const mayDelete = entry.isMarker && entry.name > ownEntry && isExact;
    if (entry.name !== ownEntry && !isNoted && !mayDelete) return false;
    const info = await this.store.stat(this.at(entry.name));
    const isBound = isNoted && restoredIsBound(current);
    if (info === undefined) return isBound;
    if (!info.isMarker) return isSame(info, current);
    return isBound || (mayDelete && info.notes.deletes === current.timestamp);
  }

  /**
   * Returns the name for the marker of a delete: its time, or, if a clock is behind, the
   * next after the object's own entry and the newest one. Ignores a newest entry that is
   * further ahead than clocks can be apart: it was not written by the proxy.
   *
   * @param now the time of the delete by the store's clock, in milliseconds since 1970
   * @param ownEntry the entry for the object to be deleted, if there is one
   */
  markerName(
    now: number,
    ownEntry: ByteString | undefined,
    newest: ByteString | undefined,
  ): ByteString {
    const time = timestampAfter(now, ownEntry && this.timestampOf(ownEntry));
    const newestTime = newest === undefined ? '' : this.timestampOf(newest);
    const isAhead =
      newestTime >= time &&
      newestTime < formatTimestamp(now + MAX_CLOCK_DIFFERENCE) &&
      isTimestamp(newestTime);
    return this.entryName(isAhead ? nextTimestamp(newestTime) : time);
  }

  /**
   * Surveys the listed entries, down to the current object's own, and the entries that
   * were restored to the object.
   *
   * @param listing the result of `list`
   * @param first its first result, if that was already read
   */
  async survey(
    current: ObjectInfo | undefined,
    listing: AsyncIterator<ListingEntry> = this.list(),
    first?: IteratorResult<ListingEntry>,
  ): Promise<Survey> {
    const ownEntry = current && this.entryName(current.timestamp);
    const [leftovers, unfinished]: [ByteString[], ByteString[]] = [[], []];
    let newest: ByteString | undefined;
    for (let next = first ?? (await listing.next()); !next.done; next = await listing.next()) {
      const { name, isUnfinished } = next.value;
      if (ownEntry !== undefined && name < ownEntry) break;
      if (isUnfinished) unfinished.push(name);
      else if (await this.isLeftover(next.value, current)) leftovers.push(name);
      else newest ??= name;
      if (ownEntry === undefined && !isUnfinished) break;
    }
    if (ownEntry === undefined) newest = unfinished[0] ?? newest;
    const restored = current ? await this.restoredLeftovers(current) : [];
    const listed = [...leftovers, ...unfinished];
    return {
      leftovers: [...leftovers, ...restored.filter((name) => !listed.includes(name))],
      unfinished,
      newest,
    };
  }

  /** Returns entries that were restored to the current object and not removed. */
  async restoredLeftovers(current: ObjectInfo): Promise<ByteString[]> {
    const leftovers: ByteString[] = [];
    for (const name of this.notedEntries(current)) {
      const info = await this.store.stat(this.at(name));
      if (info && (info.isMarker ? restoredIsBound(current) : isSame(info, current)))
        leftovers.push(name);
    }
    return leftovers;
  }

  private notedEntries({ notes }: ObjectInfo): ByteString[] {
    return (notes.restored ?? []).map((timestamp) => this.entryName(timestamp));
  }
}

function restoredIsBound({ notes }: ObjectInfo): boolean {
  return notes.unbound?.includes('restored') !== true;
}

function isSame(one: ObjectInfo, other: ObjectInfo): boolean {
  return one.etag === other.etag && one.isMarker === other.isMarker;
}
