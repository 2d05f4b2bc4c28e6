import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { ObjectInfo, ObjectRef, Store } from '../store/store';

/** The entries that an operation added to the archive, until its request is done. */
export class AddedEntries {
  private readonly added: ObjectRef[] = [];

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

  /** Archives the state before: as it was fetched, or the store copies it. */
  async archive(entry: ObjectRef): Promise<void> {
    try {
      const snapshot = this.previous?.snapshot;
      const isWritten = snapshot && (await this.store.putSnapshot(snapshot, entry)) === 'written';
      if (!isWritten) await this.store.copy(this.object, entry);
      this.added.push(entry);
    } catch (error) {
      if (mayBeDone(error)) this.added.push(entry);
      throw error;
    }
  }

  /**
   * Archives the state before as it was fetched, to an entry that does not exist; returns
   * false if it may exist, or if the store does not take it. Without a response the entry
   * stays, since it may have existed: a delete that made it may have left a marker, and
   * the next operation finds both.
   */
  async archiveNew(entry: ObjectRef): Promise<boolean> {
    const snapshot = this.previous?.snapshot;
    if (snapshot === undefined) return false;
    const isNew = (await this.store.putSnapshot(snapshot, entry, 'if-new')) === 'written';
    if (isNew) this.added.push(entry);
    return isNew;
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
