import type { ByteString } from '../../http/bytes';
import type { ListingEntry, ObjectInfo, Store } from '../store/store';
import type { Entries } from './entries';

/** What a DELETE in stack mode may take back: an object's entries but the leftovers, found as far as they are asked for. */
export class Candidates {
  private readonly versions: ListingEntry[] = [];
  private leftovers: ListingEntry[] = [];
  private isPreviousSought = false;

  constructor(
    private readonly store: Store,
    private readonly entries: Entries,
    private readonly current: ObjectInfo | undefined,
    /** The newest of the listed entries, and the others. */
    private first: IteratorResult<ListingEntry> | undefined,
    private readonly listed: AsyncIterator<ListingEntry>,
  ) {}

  /** The newest so many of them, or as many as there are. */
  async newest(count: number): Promise<readonly ListingEntry[]> {
    while (this.versions.length < count) {
      const next = this.first ?? (await this.listed.next());
      this.first = undefined;
      if (next.done) break;
      const isLeftover = await this.entries.isLeftover(next.value, this.current);
      if (isLeftover) this.leftovers.push(next.value);
      else this.versions.push(next.value);
    }
    await this.seekPrevious();
    return this.versions;
  }

  /** The leftovers that were found since this was last asked, the newest first. */
  takeLeftovers(): ListingEntry[] {
    const found = this.leftovers;
    this.leftovers = [];
    return found;
  }

  /** Leaves out an entry that turned out to be gone. */
  drop(name: ByteString): void {
    const at = this.versions.findIndex((each) => each.name === name);
    if (at >= 0) this.versions.splice(at, 1);
  }

  /** A listing may lag behind the entries themselves: the one that the object notes is looked for where it is not listed. */
  private async seekPrevious(): Promise<void> {
    const previous = this.current?.notes.previous;
    if (previous === undefined || this.isPreviousSought) return;
    this.isPreviousSought = true;
    const name = this.entries.named(previous);
    const newest = this.versions[0]?.name;
    if (
      (newest !== undefined && newest >= name) ||
      this.leftovers.some((each) => each.name === name)
    )
      return;
    const info = await this.store.stat(this.entries.at(name));
    if (info) this.versions.unshift({ name, isMarker: info.isMarker, isHalfMade: false });
  }
}
