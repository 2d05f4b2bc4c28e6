import type { ByteString } from '../http/bytes';
import type { Log } from '../log';
import { StoreError } from '../stores/error';
import type { ListingEntry, ObjectInfo, ObjectRef, Store } from '../stores/store';
import { decideHistoryDelete, decideStackDelete, decideWrite, type Mode, type Step } from './decide';
import { archiveName, archivePrefix } from './names';

/** How the client's own request ended: the store did it, certainly did not, or may have. */
export type Outcome = 'done' | 'failed' | 'unknown';

/** The client's own request and its right, as the core sees them. */
export interface Operation {
  readonly kind: 'write' | 'delete';
  /**
   * Asked once it is known what is there and before anything is changed: `go`, the client may do this; `pass`, the store will
   * refuse it in any case, so it is let through with nothing archived; `stop`, it is not let through.
   */
  guard(current: ObjectInfo | undefined): Promise<'go' | 'pass' | 'stop'>;
  /** Lets the client's own request through to the store. Never rejects. */
  forward(): Promise<Outcome>;
}

/** What became of an operation: let through; stopped by its guard; or done by taking an entry out of the archive. */
export type Result = 'forwarded' | 'stopped' | 'popped' | 'popped-missing';

/**
 * Keeps versions: carries out on one object, whose lock the caller holds, what `decide` says. A crash between two steps
 * leaves at most a duplicate: an archive entry with the timestamp of the object that is still current, which the next
 * write makes good and the next delete removes.
 */
export class Versions {
  constructor(
    private readonly store: Store,
    private readonly archive: ByteString,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Does a write or a delete in a versioned container.
   *
   * @throws StoreError where what is there could not be archived or restored; the current object is untouched then
   */
  async perform(object: ObjectRef, mode: Mode, operation: Operation): Promise<Result> {
    if (operation.kind === 'delete' && mode === 'stack') return this.deleteFromStack(object, operation);
    const current = await this.store.stat(object);
    if (operation.kind === 'delete' || current) {
      const verdict = await operation.guard(current);
      if (verdict === 'stop') return 'stopped';
      if (verdict === 'pass') return this.pass(operation);
    }
    const steps =
      operation.kind === 'write'
        ? decideWrite(object.object, current)
        : decideHistoryDelete(object.object, current, this.now());
    return (await this.carryOut(object, steps, current, operation)) ?? 'forwarded';
  }

  private async deleteFromStack(object: ObjectRef, operation: Operation): Promise<Result> {
    const listing = this.store.listBackwards(object.account, this.archive, archivePrefix(object.object));
    const entries = listing[Symbol.asyncIterator]();
    const first = await entries.next();
    if (first.done) return this.pass(operation);

    const current = await this.store.stat(object);
    const verdict = await operation.guard(current);
    if (verdict === 'stop') return 'stopped';
    if (verdict === 'pass') return this.pass(operation);

    const leftover = current && archiveName(object.object, current.timestamp);
    let window: ListingEntry[] = [first.value];
    for (;;) {
      while (window.filter(({ name }) => name !== leftover).length < 2) {
        const next = await entries.next();
        if (next.done) break;
        window.push(next.value);
      }
      const result = await this.carryOut(
        object,
        decideStackDelete(object.object, current, window),
        current,
        operation,
      );
      if (result !== undefined) return result;
      window = window.slice(1 + window.findIndex(({ name }) => name !== leftover));
    }
  }

  private async pass(operation: Operation): Promise<Result> {
    await operation.forward();
    return 'forwarded';
  }

  /** Undefined where the entry to restore has gone: nothing was changed then, and the next one is to be tried. */
  private async carryOut(
    object: ObjectRef,
    steps: readonly Step[],
    current: ObjectInfo | undefined,
    operation: Operation,
  ): Promise<Result | undefined> {
    const added: ObjectRef[] = [];
    let removed = false;
    try {
      for (const step of steps) {
        if (step.do === 'forward') {
          if ((await operation.forward()) === 'failed') await this.undo(object, current, added);
          return 'forwarded';
        }
        if (step.do === 'answer') break;
        const entry = { ...object, container: this.archive, object: step.entry };
        switch (step.do) {
          case 'archive':
            if (await this.store.copy(object, entry)) added.push(entry);
            break;
          case 'mark':
            await this.store.putMarker(entry);
            added.push(entry);
            break;
          case 'restore':
            if (!(await this.store.copy(entry, object))) return undefined;
            break;
          case 'remove':
            removed = await this.store.remove(entry);
            break;
        }
      }
    } catch (error) {
      if (added.length > 0) await this.undo(object, current, added);
      throw error;
    }
    return removed ? 'popped' : 'popped-missing';
  }

  /**
   * Removes what was added to the archive for a request that then certainly failed, so long as the object is still what it
   * was. What cannot be removed stays as a duplicate that later requests recognise.
   */
  private async undo(
    object: ObjectRef,
    was: ObjectInfo | undefined,
    added: readonly ObjectRef[],
  ): Promise<void> {
    if (added.length === 0) return;
    try {
      const is = await this.store.stat(object);
      if (is?.timestamp !== was?.timestamp) return;
      for (const entry of [...added].reverse()) await this.store.remove(entry);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.log.warn(
        { err: error.message },
        'a duplicate stays in the archive until the object is next written or deleted',
      );
    }
  }
}
