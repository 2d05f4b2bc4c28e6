import { archivePrefix } from '../../support/clients/containers';
import type * as linearize from './linearize';
import {
  cannotTakeEffect,
  isOpen,
  type Call,
  type Content,
  type History,
  type Operation,
  type Setting,
} from './history';
import { mayMiss } from './missed';
import { endOf, overlapsOf, writtenBy, type Overlap } from './overlaps';
import {
  archived,
  committed,
  marked,
  objectOf,
  popped,
  withObject,
  type ObjectState,
  type State,
} from './model';

/** What an operation in progress has learned. */
export interface Knowledge {
  readonly setting?: Setting;
  readonly content?: Content | null;
}

type Part = linearize.Part<State, Knowledge>;
type Task = linearize.Task<State, Knowledge, Operation>;
type Parts = Pick<Task, 'parts' | 'observing'>;

export interface Leniency {
  /**
   * Whether a write that overlaps a change of settings may act on any setting since it
   * began, and whether a write to a container whose versions are being enabled or
   * disabled may have writes without a lock between its parts. Otherwise everything
   * happens at one instant.
   */
  readonly overlapping: boolean;
}

/** Returns the operations that must, or may, have a place in the order. */
export function tasksOf(history: History, { overlapping }: Leniency): Task[] {
  const overlaps = overlapsOf(history);
  return history.operations.flatMap((operation): Task[] => {
    const exact = overlaps(operation);
    const overlap = overlapping ? exact : { ...exact, isEarly: false, isSplit: false };
    if (isUntold(operation, history)) return [];
    if (isRefused(operation, history) && operation.status !== 412 && !overlap.isSplit) return [];
    return [
      {
        operation,
        began: operation.began,
        ended: endOf(operation),
        ...partsOf(operation, overlap, history),
      },
    ];
  });
}

/** Whether an operation can have changed nothing, and proves nothing. */
function isUntold(operation: Operation, history: History): boolean {
  const { call, status } = operation;
  if (['get', 'head', 'post', 'show'].includes(call.do))
    return status === undefined || status === 503 || mayBeMissed(operation, history);
  return status === 409;
}

/** Whether it found nothing; over a Swift a running write may be the cause. */
function mayBeMissed(operation: Operation, history: History): boolean {
  const name = readBy(operation.call);
  return mayMiss(
    history,
    operation,
    ({ call }) => !cannotTakeEffect(call) && changedBy(call) === name,
  );
}

/** Returns the object that a request must read to respond. */
function readBy(call: Call): string | undefined {
  if (call.do === 'copy') return call.from;
  return call.do === 'get' || call.do === 'head' || call.do === 'post' ? call.object : undefined;
}

/** Returns the object of which a request replaces a file. */
function changedBy(call: Call): string | undefined {
  return call.do === 'post' ? call.object : writtenBy(call);
}

/** Whether a write was refused for a reason that proves nothing about the state. */
function isRefused(operation: Operation, history: History): boolean {
  const { call, status } = operation;
  // the version may be one that another refused write had archived for a moment
  if (cannotTakeEffect(call) || (call.do === 'restore' && status === 404)) return true;
  return call.do === 'copy' && mayBeMissed(operation, history);
}

function partsOf(operation: Operation, overlap: Overlap, history: History): Parts {
  const { call, status } = operation;
  // only writes without a lock can remove the object to archive, and restore it
  if (status === 412 && overlap.isSplit) return refused(writtenBy(call) ?? '');
  if (status === 412 && !(call.do === 'put' && call.way === 'unless there'))
    return observation(() => false);
  if (isRefused(operation, history)) return refused(writtenBy(call) ?? '');
  switch (call.do) {
    case 'get':
    case 'head':
      return observation(
        (state) => objectOf(state, call.object).current === (operation.content ?? null),
      );
    case 'post':
      return observation(
        (state) => (objectOf(state, call.object).current === null) === (status === 404),
      );
    case 'show':
      return observation((state) => state.setting === operation.setting);
    case 'set':
      return {
        parts: [(state, known) => [[{ ...state, setting: call.setting }, known]]],
        observing: -1,
      };
    case 'delete':
      return { parts: deletion(operation, call.object, overlap), observing: -1 };
    case 'copy':
      if (status === 404) return missing(call.from, call.to, overlap);
      return copy(operation, call.to, overlap, (state) => [objectOf(state, call.from).current]);
    case 'restore': {
      const of = sourceOf(call.entry, history) ?? call.object;
      return copy(operation, call.object, overlap, (state) => readable(objectOf(state, of)));
    }
    case 'put': {
      if (status === 412)
        return observation((state) => objectOf(state, call.object).current !== null);
      const parts = writing(operation, call.object, overlap, () => call.content);
      return {
        parts: call.way === 'unless there' ? unlessThere(parts, call.object, overlap) : parts,
        observing: -1,
      };
    }
  }
}

/** Returns the object whose versions have such names. */
function sourceOf(entry: string, { finally: { objects } }: History): string | undefined {
  return Object.keys(objects).find((name) => entry.startsWith(archivePrefix(name)));
}

/**
 * Returns what entries may contain: archived versions and, during an operation, the
 * current.
 */
function readable({ current, archive }: ObjectState): (Content | null)[] {
  return [...new Set([...archive, current])];
}

function observation(holds: (state: State) => boolean): Parts {
  return { parts: [(state, known) => (holds(state) ? [[state, known]] : [])], observing: 0 };
}

/** A copy of a missing source. */
function missing(from: string, to: string, { isSplit }: Overlap): Parts {
  const absent = observation((state) => objectOf(state, from).current === null);
  if (!isSplit) return absent;
  const { parts } = refused(to);
  return {
    parts: [...parts.slice(0, -1), ...absent.parts, ...parts.slice(-1)],
    observing: parts.length - 1,
  };
}

/**
 * A write that failed after archiving: its archive entry is removed, or stays if another
 * write without a lock intervened.
 */
function refused(name: string): Parts {
  const undo: Part = (state, known) => {
    const object = unlocked(objectOf(state, name), known.setting ?? 'off');
    const unchanged = [withObject(state, name, object), known] as const;
    if (known.setting === 'off' || (known.content ?? null) === null) return [unchanged];
    return [
      [withObject(state, name, { ...object, archive: object.archive.slice(0, -1) }), known],
      unchanged,
    ];
  };
  return { parts: [lookUp, look(name, archived), undo], observing: -1 };
}

/** A copy reads its source, and writes it later. */
function copy(
  operation: Operation,
  to: string,
  overlap: Overlap,
  sources: (state: State) => readonly (Content | null)[],
): Parts {
  const read: Part = (state, known) =>
    sources(state)
      .filter((content) =>
        content === null ? isOpen(operation) : (operation.content ?? content) === content,
      )
      .map((content) => [state, { ...known, content }] as const);
  const writes = writing(operation, to, overlap, ({ content }) => content ?? null);
  return {
    parts: [...writes.slice(0, -1), read, ...writes.slice(-1)],
    observing: operation.content === undefined ? -1 : writes.length - 1,
  };
}

/** A condition is checked under the lock if there are versions, else before the write. */
function unlessThere(writes: readonly Part[], object: string, { isSplit }: Overlap): Part[] {
  const isFree = (state: State) => objectOf(state, object).current === null;
  const isAtOnce = (state: State, known: Knowledge) =>
    !isSplit && (known.setting ?? state.setting) !== 'off';
  const check: Part = (state, known) =>
    isAtOnce(state, known) || isFree(state) ? [[state, known]] : [];
  const guarded = writes.slice(-1).map(
    (commit): Part =>
      (state, known) =>
        isAtOnce(state, known) && !isFree(state) ? [] : commit(state, known),
  );
  return [...writes.slice(0, -1), check, ...guarded];
}

const lookUp: Part = (state, known) => [[state, { ...known, setting: state.setting }]];

function writing(
  { status }: Operation,
  name: string,
  { isEarly, isSplit }: Overlap,
  contentOf: (known: Knowledge) => Content | null,
): Part[] {
  /** Swift answers 202 to a write that it drops because it was overtaken. */
  const mayBeDropped = status === 202;
  const commit: Part = (state, known) => {
    const setting = known.setting ?? state.setting;
    const content = contentOf(known);
    if (content === null || (mayBeDropped && setting !== 'off')) return [];
    const object = objectOf(state, name);
    const before = setting === 'off' || isSplit ? object : archived(object);
    const after = withObject(state, name, unlocked(committed(before, content), setting));
    const dropped = mayBeDropped ? [[state, known] as const] : [];
    return [[after, known], ...dropped];
  };
  if (isSplit) return [lookUp, locking(name, archived), orNot(status, name, commit)];
  return isEarly ? [lookUp, commit] : [commit];
}

/**
 * In a plain Swift container, the response to a DELETE depends on the object when the
 * DELETE reaches the disk, but its effect on when it began: beside other writes the
 * response proves nothing.
 */
function deletion(
  { status }: Operation,
  name: string,
  { isEarly, isSplit, isContended }: Overlap,
): Part[] {
  const isAnswer = (wasThere: boolean, setting: Setting) =>
    status === undefined ||
    status === 503 ||
    status === (wasThere ? 204 : 404) ||
    (isContended && (isSplit || setting === 'off'));
  const commit: Part = (state, known) => {
    const setting = known.setting ?? state.setting;
    const object = objectOf(state, name);
    const wasThere =
      isSplit && known.content !== undefined ? known.content !== null : object.current !== null;
    const restored = setting === 'stack' ? popped(object, wasThere) : undefined;
    const before = setting === 'history' && !isSplit ? marked(archived(object)) : object;
    const after = unlocked(restored ?? committed(before, null), setting);
    return isAnswer(restored !== undefined || object.current !== null, setting)
      ? [[withObject(state, name, after), known]]
      : [];
  };
  if (!isSplit) return isEarly ? [lookUp, commit] : [commit];
  const keep: Part = (state, known) =>
    look(name, known.setting === 'history' ? (object) => marked(archived(object)) : same)(
      state,
      known,
    );
  return [lookUp, keep, orNot(status, name, commit)];
}

/** Reads the current content, and changes the archive. */
function look(name: string, change: (object: ObjectState) => ObjectState): Part {
  return (state, known) => {
    const { current } = objectOf(state, name);
    return locking(name, change)(state, { ...known, content: current });
  };
}

const same = (object: ObjectState) => object;

/** What a write does before it commits, if there are versions: one write at a time. */
function locking(name: string, change: (object: ObjectState) => ObjectState): Part {
  return (state, known) => {
    if (known.setting === 'off') return [[state, known]];
    const object = objectOf(state, name);
    if (object.isLocked) return [];
    return [[withObject(state, name, { ...change(object), isLocked: true }), known]];
  };
}

function unlocked(object: ObjectState, setting: Setting): ObjectState {
  return setting === 'off' ? object : { current: object.current, archive: object.archive };
}

/** A write that was abandoned half done releases its lock. */
function orNot(status: number | undefined, name: string, commit: Part): Part {
  if (status !== undefined && status !== 503) return commit;
  return (state, known) => [
    ...commit(state, known),
    [withObject(state, name, unlocked(objectOf(state, name), known.setting ?? 'off')), known],
  ];
}
