import type { ByteString } from '../../http/bytes';
import type { Log } from '../../util/log';
import { StoreError } from '../../util/store_error';
import type { RecoveryNotes } from '../store/recovery_notes';
import type { ObjectInfo, ObjectRef, Store } from '../store/store';
import {
  planHistoryDelete,
  planStackDelete,
  planUnfinished,
  planWrite,
  type Mode,
  type Step,
} from './plan';
import { Candidates } from './candidates';
import { AddedEntries } from './added_entries';
import { ArchiveEntries, type Survey } from './entries';
import { isWholeSecond } from './names';

/** The outcome of the client's request: the store did it, did not, or may have. */
export type Outcome = 'done' | 'failed' | 'unknown';

/**
 * Whether an operation may go on: `go`, the client may do this; `pass`, the store will
 * refuse it in any case, so it is forwarded and nothing is archived; `stop`, it is not
 * forwarded.
 */
export type Verdict = 'go' | 'pass' | 'stop';

/** The client's own request and its right, abstracted for the core. */
export interface Operation {
  /** Writes the object, deletes it, or changes its metadata (which makes no version). */
  readonly kind: 'write' | 'delete' | 'update';
  /** Called with the current object, before anything is changed. */
  guard(current: ObjectInfo | undefined): Promise<Verdict>;
  /**
   * Forwards the client's own request to the store. Never rejects.
   *
   * @param notes the notes for the object that the request writes
   */
  forward(notes: RecoveryNotes): Promise<Outcome>;
}

/**
 * The result of an operation: forwarded; stopped by its guard; or done by removing an
 * entry from the archive.
 */
export type Result = 'forwarded' | 'stopped' | 'popped' | 'popped-missing';

/** The survey if the client may not list the archive with its own token. */
const NO_SURVEY: Survey = { leftovers: [], unfinished: [], newest: undefined };

/** One operation on one object. */
interface Task {
  readonly object: ObjectRef;
  readonly entries: ArchiveEntries;
  readonly operation: Operation;
}

/**
 * Executes the steps of a plan on one object, whose lock the caller holds. A crash
 * between two steps leaves at most duplicates in the archive. `ArchiveEntries`
 * distinguishes these from versions, and the next operation on the object completes or
 * removes them, as if the interrupted operation had happened, or had not.
 */
export class ArchiveExecutor {
  constructor(
    private readonly store: Store,
    private readonly archive: ByteString,
    private readonly log: Log,
  ) {}

  /**
   * Executes a write, a delete or a change of metadata in a versioned container.
   *
   * @throws StoreError if an object could not be archived or restored. The current object
   *   is then unchanged, except if the error is not `refused` and the version was already
   *   restored
   */
  async execute(object: ObjectRef, mode: Mode, operation: Operation): Promise<Result> {
    const task: Task = {
      object,
      entries: new ArchiveEntries(this.store, object, this.archive),
      operation,
    };
    if (operation.kind === 'write') return this.write(task, mode);
    if (operation.kind === 'update') return this.update(task);
    return mode === 'history' ? this.deleteKeepingHistory(task) : this.deleteFromStack(task);
  }

  private async write(task: Task, mode: Mode): Promise<Result> {
    const { object, operation } = task;
    const current = await this.store.statWhole(object);
    if (current === undefined) return this.writeOverNothing(task, mode);
    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.endEarly(verdict, operation);
    const added = new AddedEntries(this.store, object, current, this.log);
    return (
      (await this.archiveNewAndWrite(task, mode, current, added)) ??
      this.archiveAndWrite(task, current, await this.repairs(task, mode, current), added)
    );
  }

  /** In history mode, a delete may have left a marker. */
  private async writeOverNothing(task: Task, mode: Mode): Promise<Result> {
    const { entries, operation } = task;
    if (mode === 'stack') return this.forwardOnly(operation);
    const { unfinished } = await unlessRefused(entries.survey(undefined), NO_SURVEY);
    if (unfinished.length === 0) return this.forwardOnly(operation);
    const verdict = await operation.guard(undefined);
    if (verdict !== 'go') return this.endEarly(verdict, operation);
    const steps = [...planUnfinished(false, unfinished), ...planWrite(undefined)];
    await this.executeSteps(task, steps, undefined, {});
    return 'forwarded';
  }

  /**
   * Writes without a listing. A delete archives its object before it writes its marker.
   * So if the object's entry is new, no interrupted delete of it has left a marker.
   *
   * @returns undefined, having overwritten nothing, if that is not sure
   */
  private async archiveNewAndWrite(
    task: Task,
    mode: Mode,
    current: ObjectInfo,
    added: AddedEntries,
  ): Promise<Result | undefined> {
    if (!canArchiveNew(current)) return undefined;
    const restored = task.entries.restoredLeftovers(current);
    const leftovers = await (mode === 'stack' ? restored : unlessRefused(restored, []));
    const entry = await task.entries.entryNameFor(current);
    const steps = [...removals(leftovers), ...planWrite(entry, 'archiveNew')];
    return this.executeSteps(task, steps, current, notesOf(task, entry), added);
  }

  /** Returns what removes what interrupted operations on an object have left. */
  private async repairs(task: Task, mode: Mode, current: ObjectInfo): Promise<Step[]> {
    const { entries } = task;
    // in stack mode there may be a marker only if the object's entry existed
    if (mode === 'stack' && !canArchiveNew(current))
      return removals(await entries.restoredLeftovers(current));
    const { leftovers, unfinished } = await unlessRefused(entries.survey(current), NO_SURVEY);
    return [...planUnfinished(true, unfinished), ...removals(leftovers)];
  }

  private async archiveAndWrite(
    task: Task,
    current: ObjectInfo,
    before: readonly Step[],
    added: AddedEntries,
  ): Promise<Result> {
    const entry = await task.entries.entryNameFor(current);
    // archiving overwrites this one with the same content
    const others = before.filter((step) => !('entry' in step) || step.entry !== entry);
    const steps = [...others, ...planWrite(entry)];
    await this.executeSteps(task, steps, current, notesOf(task, entry), added);
    return 'forwarded';
  }

  /**
   * Changes metadata. This changes the timestamp by which leftovers are recognised, so
   * they are removed first. If the object is gone its marker is finished, although there
   * is nothing to change.
   */
  private async update(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const stat = await unlessRefused(
      this.store.stat(object).then((current) => ({ current })),
      undefined,
    );
    if (stat === undefined) return this.forwardOnly(operation);
    const { current } = stat;
    const { leftovers, unfinished } = await unlessRefused(entries.survey(current), NO_SURVEY);
    const notes = previousIn(current);
    const repairs = [...planUnfinished(current !== undefined, unfinished), ...removals(leftovers)];
    if (repairs.length === 0) return this.forwardOnly(operation, notes);
    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.endEarly(verdict, operation);
    const steps: Step[] = [...repairs, { do: 'forward' }];
    await this.executeSteps(task, steps, current, notes);
    return 'forwarded';
  }

  private async deleteKeepingHistory(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const current = await this.store.statWhole(object);
    const [verdict, { leftovers, unfinished, newest }] = await Promise.all([
      operation.guard(current),
      unlessRefused(entries.survey(current), NO_SURVEY),
    ]);
    if (verdict !== 'go') return this.endEarly(verdict, operation);
    const entry = current && (await entries.entryNameFor(current));
    const marker = entries.markerName(this.store.now(), entry, newest);
    const steps = [
      ...planUnfinished(current !== undefined, unfinished),
      ...removals(leftovers.filter((name) => name !== entry)),
      ...planHistoryDelete(entry, marker),
    ];
    await this.executeSteps(task, steps, current, {});
    return 'forwarded';
  }

  private async deleteFromStack(task: Task): Promise<Result> {
    const { object, entries, operation } = task;
    const listed = entries.list();
    const [current, first] = await Promise.all([this.store.stat(object), listed.next()]);
    if (first.done && current?.notes.previous === undefined) return this.forwardOnly(operation);

    const verdict = await operation.guard(current);
    if (verdict !== 'go') return this.endEarly(verdict, operation);
    const candidates = new Candidates(this.store, entries, current, first, listed);
    for (;;) {
      let versions = await candidates.newest(1);
      // a second one is needed only if a marker hides it
      if (!current && versions[0]?.isMarker) versions = await candidates.newest(2);
      const plan = planStackDelete(current !== undefined, versions);
      const leftovers = candidates.takeLeftovers().map(({ name, isUnfinished }): Step => {
        return { do: isUnfinished ? 'retract' : 'remove', entry: name };
      });
      const steps = [...leftovers, ...plan];
      const result = await this.executeSteps(task, steps, current, {});
      if (result !== undefined) return result;
      for (const step of plan) if (step.do === 'restore') candidates.remove(step.entries[0] ?? '');
    }
  }

  private async endEarly(verdict: 'pass' | 'stop', operation: Operation): Promise<Result> {
    return verdict === 'stop' ? 'stopped' : this.forwardOnly(operation);
  }

  private async forwardOnly(operation: Operation, notes: RecoveryNotes = {}): Promise<Result> {
    await operation.forward(notes);
    return 'forwarded';
  }

  /**
   * Returns undefined, having overwritten nothing, if the entry to restore is gone, or if
   * the one to write as new may exist.
   */
  private async executeSteps(
    { object, entries, operation }: Task,
    steps: readonly Step[],
    current: ObjectInfo | undefined,
    notes: RecoveryNotes,
    added = new AddedEntries(this.store, object, current, this.log),
  ): Promise<Result | undefined> {
    let isRestored = false;
    let isRemoved = false;
    try {
      for (const step of steps) {
        switch (step.do) {
          case 'archive':
            await added.archive(entries.at(step.entry));
            break;
          case 'archiveNew':
            if (!(await added.archiveNew(entries.at(step.entry)))) return undefined;
            break;
          case 'mark':
            added.add(entries.at(step.entry));
            await this.store.putMarker(entries.at(step.entry), { deletes: current?.timestamp });
            break;
          case 'finish':
            await this.finish(entries.at(step.entry), step.isEarlier);
            break;
          case 'retract':
            await this.store.retractMarker(entries.at(step.entry));
            break;
          case 'checkRemoval':
            await this.store.checkRemoval(entries.absentEntry());
            break;
          case 'restore':
            isRestored = await this.restore(object, entries, step.entries);
            if (!isRestored) return undefined;
            break;
          case 'remove':
            isRemoved = await this.store.remove(entries.at(step.entry));
            break;
          case 'forward': {
            const outcome = await operation.forward(notes);
            if (outcome === 'failed') await added.undo();
            // if the outcome is unknown, the next operation finishes or removes the
            // marker
            if (outcome !== 'done') return 'forwarded';
            added.keep();
            break;
          }
          case 'answer':
            return isRemoved ? 'popped' : 'popped-missing';
        }
      }
    } catch (error) {
      await added.undo();
      throw isRestored
        ? asUnavailable(error, 'the version was restored, but is still in the archive')
        : error;
    }
    return 'forwarded';
  }

  /** Finishes a marker. It must exist if its delete is about to be acknowledged. */
  private async finish(marker: ObjectRef, isEarlier = false): Promise<void> {
    const isThere = await this.store.finishMarker(marker).catch((error: unknown) => {
      throw isEarlier
        ? error
        : asUnavailable(error, 'the object was deleted, but its delete marker is unfinished');
    });
    if (!isThere && !isEarlier)
      throw new StoreError('unavailable', 'the object was deleted, but its delete marker is gone');
  }

  /** Returns false if the entry is gone. */
  private restore(
    object: ObjectRef,
    entries: ArchiveEntries,
    [from = '', ...others]: readonly ByteString[],
  ) {
    const timestamps = [from, ...others].map((name) => entries.timestampOf(name));
    return this.store.copy(entries.at(from), object, { restored: timestamps });
  }
}

/** Returns the object's `previous` note, bound if it was bound. */
function previousIn(current: ObjectInfo | undefined): RecoveryNotes {
  const { previous, unbound } = current?.notes ?? {};
  return unbound?.includes('previous') ? { previous, unbound: ['previous'] } : { previous };
}

/**
 * Whether an object's state can be archived to an entry that must be new. With timestamps
 * of whole seconds, an interrupted delete archived to another name.
 */
function canArchiveNew({ snapshot, timestamp }: ObjectInfo): boolean {
  return snapshot !== undefined && !isWholeSecond(timestamp);
}

/** Returns what the new version notes of the entry for the one before. */
function notesOf({ entries }: Task, entry: ByteString): RecoveryNotes {
  // for a DELETE in stack mode, in case the container is later switched to it
  return { previous: entries.timestampOf(entry) };
}

/** Turns a refusal midway into `unavailable`: the next operation completes the change. */
function asUnavailable(error: unknown, state: string): unknown {
  if (!(error instanceof StoreError) || error.code !== 'refused') return error;
  return new StoreError('unavailable', `${state}: ${error.message}`, error.status, {
    cause: error,
  });
}

function removals(names: readonly ByteString[]): Step[] {
  return names.map((entry) => ({ do: 'remove', entry }));
}

/**
 * Returns `fallback` if the client's token may not read or list something that neither
 * archiving nor a change of metadata needs.
 */
async function unlessRefused<T>(promise: Promise<T>, fallback: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'refused') return fallback;
    throw error;
  }
}
