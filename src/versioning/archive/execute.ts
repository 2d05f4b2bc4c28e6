import type { ByteString } from '../../http/bytes';
import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { Notes } from '../store/recovery_notes';
import type { ListingEntry, ObjectInfo, ObjectRef, Store } from '../store/store';
import {
  planHistoryDelete,
  planStackDelete,
  planUnfinished,
  planWrite,
  type Mode,
  type Step,
} from './plan';
import { Candidates } from './candidates';
import { Entries, type Survey } from './entries';

/** How the client's own request ended: the store did it, certainly did not, or may have. */
export type Outcome = 'done' | 'failed' | 'unknown';

/**
 * Whether an operation may go on: `go`, the client may do this; `pass`, the store will refuse it in any case, so it is let through with nothing
 * archived; `stop`, it is not let through.
 */
export type Verdict = 'go' | 'pass' | 'stop';

/** The client's own request and its right, as the core sees them. */
export interface Operation {
  /** It writes the object anew, deletes it, or changes its metadata (which makes no version). */
  readonly kind: 'write' | 'delete' | 'update';
  /** Asked once it is known what is there and before anything is changed. */
  guard(current: ObjectInfo | undefined): Promise<Verdict>;
  /**
   * Lets the client's own request through to the store. Never rejects.
   *
   * @param notes what the object is to carry that the request writes
   */
  forward(notes: Notes): Promise<Outcome>;
}

/** What became of an operation: let through; stopped by its guard; or done by taking an entry out of the archive. */
export type Result = 'forwarded' | 'stopped' | 'popped' | 'popped-missing';

/** What a client may not list with its own token. */
const UNSEEN: Survey = { leftovers: [], unfinished: [], newest: undefined };
const UNLISTED: IteratorResult<ListingEntry> = { done: true, value: undefined };

/** One operation on one object. */
interface Task {
  readonly object: ObjectRef;
  readonly entries: Entries;
  readonly operation: Operation;
}

/**
 * Keeps versions: carries out on one object, whose lock the caller holds, what `decide` says. A crash between two steps
 * leaves at most duplicates in the archive, which `Entries` tells from versions, and which the next operation on the object makes
 * good or removes: the object's state is then as if what was interrupted had happened, or had not.
 */
export class ArchiveExecutor {
  constructor(
    private readonly store: Store,
    private readonly archive: ByteString,
    private readonly log: Log,
  ) {}

  /**
   * Does a write, a delete or a change of metadata in a versioned container.
   *
   * @throws StoreError where what is there could not be archived or restored; the current object is untouched then, unless it is not
   *   `refused` and the version had been restored already
   */
  async execute(object: ObjectRef, mode: Mode, operation: Operation): Promise<Result> {
    const task: Task = {
      object,
      entries: new Entries(this.store, object, this.archive),
      operation,
    };
    if (operation.kind === 'write')
      return mode === 'history' ? this.writeOver(task) : this.write(task);
    if (operation.kind === 'update') return this.update(task);
    return mode === 'history' ? this.deleteKeepingHistory(task) : this.deleteFromStack(task);
  }

  private async write(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const current = await this.store.stat(object);
    if (current === undefined) return this.pass(operation);
    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.refused(verdict, operation);
    return this.archiveAndWrite(task, current, removals(await entries.restoredLeftovers(current)));
  }

  /** The same in history mode, in which a delete may have left a marker, also of a removed object. */
  private async writeOver(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const listed = entries.list();
    const [current, first] = await Promise.all([
      this.store.stat(object),
      unlessRefused(listed.next(), UNLISTED),
    ]);
    const { leftovers, unfinished } = await unlessRefused(
      entries.survey(current, listed, first),
      UNSEEN,
    );
    if (current === undefined && unfinished.length === 0) return this.pass(operation);
    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const steps = planUnfinished(current !== undefined, unfinished);
    if (current) return this.archiveAndWrite(task, current, [...steps, ...removals(leftovers)]);
    await this.carryOut(task, [...steps, ...planWrite(undefined)], current, {});
    return 'forwarded';
  }

  private async archiveAndWrite(
    task: Task,
    current: ObjectInfo,
    before: readonly Step[],
  ): Promise<Result> {
    const { entries } = task;
    const entry = await entries.nameFor(current);
    // it is overwritten by the very same
    const others = before.filter((step) => !('entry' in step) || step.entry !== entry);
    // for a DELETE in stack mode, which the container may be in by then
    const notes = { previous: entries.timestampOf(entry) };
    await this.carryOut(task, [...others, ...planWrite(entry)], current, notes);
    return 'forwarded';
  }

  /**
   * A change of metadata changes the timestamp by which a leftover is recognised, so it goes first. Of an
   * object that is gone the marker is finished, although there is nothing to change.
   */
  private async update(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const found = await unlessRefused(
      this.store.stat(object).then((current) => ({ current })),
      undefined,
    );
    if (found === undefined) return this.pass(operation);
    const { current } = found;
    const { leftovers, unfinished } = await unlessRefused(entries.survey(current), UNSEEN);
    const notes = previousIn(current);
    const undoing = [...planUnfinished(current !== undefined, unfinished), ...removals(leftovers)];
    if (undoing.length === 0) return this.pass(operation, notes);
    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const steps: Step[] = [...undoing, { do: 'forward' }];
    await this.carryOut(task, steps, current, notes);
    return 'forwarded';
  }

  private async deleteKeepingHistory(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const current = await this.store.stat(object);
    const [verdict, { leftovers, unfinished, newest }] = await Promise.all([
      operation.guard(current),
      unlessRefused(entries.survey(current), UNSEEN),
    ]);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const entry = current && (await entries.nameFor(current));
    const marker = entries.nameForMarker(this.store.now(), entry, newest);
    const steps = [
      ...planUnfinished(current !== undefined, unfinished),
      ...removals(leftovers.filter((name) => name !== entry)),
      ...planHistoryDelete(entry, marker),
    ];
    await this.carryOut(task, steps, current, {});
    return 'forwarded';
  }

  private async deleteFromStack(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const listed = entries.list();
    const [current, first] = await Promise.all([this.store.stat(object), listed.next()]);
    if (first.done && current?.notes.previous === undefined) return this.pass(operation);

    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.refused(verdict, operation);
    const candidates = new Candidates(this.store, entries, current, first, listed);
    for (;;) {
      let versions = await candidates.newest(1);
      // only what a marker hid needs a second one
      if (!current && versions[0]?.isMarker) versions = await candidates.newest(2);
      const decided = planStackDelete(current !== undefined, versions);
      const leftovers = candidates.takeLeftovers().map(({ name, isHalfMade }): Step => {
        return { do: isHalfMade ? 'retract' : 'remove', entry: name };
      });
      const steps = [...leftovers, ...decided];
      const result = await this.carryOut(task, steps, current, {});
      if (result !== undefined) return result;
      for (const step of decided) if (step.do === 'restore') candidates.drop(step.entries[0] ?? '');
    }
  }

  private async refused(verdict: 'pass' | 'stop', operation: Operation): Promise<Result> {
    return verdict === 'stop' ? 'stopped' : this.pass(operation);
  }

  private async pass(operation: Operation, notes: Notes = {}): Promise<Result> {
    await operation.forward(notes);
    return 'forwarded';
  }

  /** Undefined where the entry to restore has gone: nothing was changed then, and the next one is to be tried. */
  private async carryOut(
    { object, entries, operation }: Task,
    steps: readonly Step[],
    current: ObjectInfo | undefined,
    notes: Notes,
  ): Promise<Result | undefined> {
    const added: ObjectRef[] = [];
    let restored = false;
    let removed = false;
    try {
      for (const step of steps) {
        switch (step.do) {
          case 'archive':
            await this.store.copy(object, entries.at(step.entry)).catch((error: unknown) => {
              if (mayBeDone(error)) added.push(entries.at(step.entry));
              throw error;
            });
            added.push(entries.at(step.entry));
            break;
          case 'mark':
            added.push(entries.at(step.entry));
            await this.store.putMarker(entries.at(step.entry), { deletes: current?.timestamp });
            break;
          case 'finish':
            await this.finish(entries.at(step.entry), step.isEarlier);
            break;
          case 'retract':
            await this.store.retractMarker(entries.at(step.entry));
            break;
          case 'checkRemoval':
            await this.store.checkRemoval(entries.nowhere());
            break;
          case 'restore':
            restored = await this.restore(object, entries, step.entries);
            if (!restored) return undefined;
            break;
          case 'remove':
            removed = await this.store.remove(entries.at(step.entry));
            break;
          case 'forward': {
            const outcome = await operation.forward(notes);
            if (outcome === 'failed') await this.undo(object, current, added);
            // of what may not have happened the next operation finishes the marker, or takes it back
            if (outcome !== 'done') return 'forwarded';
            added.length = 0;
            break;
          }
          case 'answer':
            return removed ? 'popped' : 'popped-missing';
        }
      }
    } catch (error) {
      await this.undo(object, current, added);
      throw restored
        ? halfDone(error, 'the version was restored, but is in the archive still')
        : error;
    }
    return 'forwarded';
  }

  /** Of a delete that is to be acknowledged the marker has to be there. */
  private async finish(marker: ObjectRef, isEarlier = false): Promise<void> {
    const isThere = await this.store.finishMarker(marker).catch((error: unknown) => {
      throw isEarlier
        ? error
        : halfDone(error, 'the object was deleted, but its marker is half made still');
    });
    if (!isThere && !isEarlier)
      throw new StoreError('unavailable', 'the object was deleted, but its delete marker has gone');
  }

  /** False where the entry has gone. */
  private restore(
    object: ObjectRef,
    entries: Entries,
    [from = '', ...others]: readonly ByteString[],
  ) {
    const restored = [from, ...others].map((name) => entries.timestampOf(name));
    return this.store.copy(entries.at(from), object, { restored });
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

/** The note of the version before, bound if it was. */
function previousIn(current: ObjectInfo | undefined): Notes {
  const { previous, unbound } = current?.notes ?? {};
  return unbound?.includes('previous') ? { previous, unbound: ['previous'] } : { previous };
}

function mayBeDone(error: unknown): boolean {
  return !(error instanceof StoreError) || error.code === 'unavailable';
}

/** What keeps a change from being completed is no refusal any more: the next operation on the object completes it. */
function halfDone(error: unknown, what: string): unknown {
  if (!(error instanceof StoreError) || error.code !== 'refused') return error;
  return new StoreError('unavailable', `${what}: ${error.message}`, error.status, { cause: error });
}

function removals(names: readonly ByteString[]): Step[] {
  return names.map((entry) => ({ do: 'remove', entry }));
}

/** What a client may not read or list with its own token is left as it is: neither archiving nor a change of metadata needs it. */
async function unlessRefused<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'refused') return otherwise;
    throw error;
  }
}
