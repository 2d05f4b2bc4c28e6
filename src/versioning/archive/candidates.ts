import type { ByteString } from '../../http/bytes';
import type { ListingEntry, ObjectInfo, Store } from '../store/store';
import type { ArchiveEntries } from './entries';

/**
 * The versions that a DELETE in stack mode may restore: an object's entries without the
 * leftovers. Fetched as needed.
 */
export class Candidates {
  private readonly versions: ListingEntry[] = [];
  private leftovers: ListingEntry[] = [];
  private hasSoughtPrevious = false;

  constructor(
    private readonly store: Store,
    private readonly entries: ArchiveEntries,
    private readonly current: ObjectInfo | undefined,
    /** The newest entry of the listing, already read. */
    private first: IteratorResult<ListingEntry> | undefined,
    /** The entries after it. */
    private readonly rest: AsyncIterator<ListingEntry>,
  ) {}

  /** Returns at least the `count` newest ones, or all if there are fewer. */
  async newest(count: number): Promise<readonly ListingEntry[]> {
    while (this.versions.length < count) {
      const next = this.first ?? (await this.rest.next());
      this.first = undefined;
      if (next.done) break;
      const isLeftover = await this.entries.isLeftover(next.value, this.current);
      if (isLeftover) this.leftovers.push(next.value);
      else this.versions.push(next.value);
    }
    await this.seekPrevious();
    return this.versions;
  }

  /** Returns the leftovers found since the last call, the newest first. */
  takeLeftovers(): ListingEntry[] {
    const { leftovers } = this;
    this.leftovers = [];
    return leftovers;
  }

  /** Removes an entry that turned out to be gone. */
  remove(name: ByteString): void {
    const index = this.versions.findIndex((each) => each.name === name);
    if (index >= 0) this.versions.splice(index, 1);
  }

  /** Looks up the entry of the `previous` note if it is not listed: listings may lag. */
  private async seekPrevious(): Promise<void> {
    const previous = this.current?.notes.previous;
    if (previous === undefined || this.hasSoughtPrevious) return;
    this.hasSoughtPrevious = true;
    const name = this.entries.entryName(previous);
    const newest = this.versions[0]?.name;
    if (
      (newest !== undefined && newest >= name) ||
      this.leftovers.some((each) => each.name === name)
    )
      return;
    const info = await this.store.stat(this.entries.at(name));
    if (info) this.versions.unshift({ name, isMarker: info.isMarker, isUnfinished: false });
  }
}
