import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { ObjectInfo, ObjectRef, Store } from '../store/store';
import { isWholeSecond } from './names';

/** The entries that an operation added to the archive, until its request is done. */
export class AddedEntries {
  private readonly added: ObjectRef[] = [];
  /** The result of `archiveNew`, which is tried for one entry only. */
  private tried: 'written' | 'exists' | 'not-taken' | undefined;

  /**
   * @param object the object of the operation
   * @param previous its state before the operation
   */
  constructor(
    private readonly store: Store,
    private readonly object: ObjectRef,
    private readonly previous: ObjectInfo | undefined,
    private readonly log: Log,
  ) {}

  /** Records an entry that is about to be written. */
  add(entry: ObjectRef): void {
    this.added.push(entry);
  }

  /**
   * Archives the state before: as it was fetched, or the store copies it. An entry that
   * may have existed is overwritten, and stays even if the request fails: an earlier
   * request, whose outcome is unknown, may have written it for a state that the store
   * shows only later.
   */
  async archive(entry: ObjectRef): Promise<void> {
    const snapshot = this.previous?.snapshot;
    const tried = this.tried ?? (this.isRecognised ? await this.putNew(entry) : undefined);
    if (tried === 'written') return;
    const mayExist = tried === 'exists' || (await this.mayExist(entry));
    try {
      const fetched = tried === 'not-taken' ? undefined : snapshot;
      const isWritten = fetched && (await this.store.putSnapshot(fetched, entry)) === 'written';
      if (!isWritten) await this.store.copy(this.object, entry);
      if (!mayExist) this.added.push(entry);
    } catch (error) {
      if (!mayExist && mayBeDone(error)) this.added.push(entry);
      throw error;
    }
  }

  /**
   * Whether an entry that stays by chance is recognised by its timestamp. If it has whole
   * seconds, it may be that of another state.
   */
  private get isRecognised(): boolean {
    return this.previous !== undefined && !isWholeSecond(this.previous.timestamp);
  }

  /**
   * Archives the state before as it was fetched, to an entry that does not exist; returns
   * false if it may exist, or if the store does not take it. Without a response the entry
   * stays, since it may have existed: a delete that made it may have left a marker, and
   * the next operation finds both.
   */
  async archiveNew(entry: ObjectRef): Promise<boolean> {
    this.tried = await this.putNew(entry);
    return this.tried === 'written';
  }

  private async putNew(entry: ObjectRef): Promise<'written' | 'exists' | 'not-taken'> {
    const snapshot = this.previous?.snapshot;
    if (snapshot === undefined) return 'not-taken';
    const result = await this.store.putSnapshot(snapshot, entry, 'if-new');
    if (result === 'written') this.added.push(entry);
    return result;
  }

  /** Also if the client's own token may not read the archive. */
  private async mayExist(entry: ObjectRef): Promise<boolean> {
    try {
      return (await this.store.stat(entry)) !== undefined;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'refused') return true;
      throw error;
    }
  }

  /** Keeps the entries: the request is done. */
  keep(): void {
    this.added.length = 0;
  }

  /**
   * Removes the entries of a request that certainly failed, if the object is unchanged.
   * An entry that cannot be removed stays as a duplicate that later requests recognise.
   */
  async undo(): Promise<void> {
    if (this.added.length === 0) return;
    try {
      const current = await this.store.stat(this.object);
      if (current?.timestamp !== this.previous?.timestamp) return;
      for (const entry of [...this.added].reverse()) await this.store.remove(entry);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.log.warn(
        { err: error.message },
        'a duplicate stays in the archive until the next write or delete of the object',
      );
    }
  }
}

function mayBeDone(error: unknown): boolean {
  return !(error instanceof StoreError) || error.code === 'unavailable';
}
