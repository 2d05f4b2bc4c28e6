import type { Content } from '../history';
import type * as linearize from '../linearize';
import { mayMiss } from '../missed';
import { isOpen, objectOf, type Call, type History, type Operation } from './history';
import { added, at, identified, kept, withObject, type ObjectState, type State } from './model';

/** What an operation has learned: whether versions were enabled, and what it copies. */
export interface Knowledge {
  readonly enabled?: boolean;
  readonly content?: Content;
}

type Part = linearize.Part<State, Knowledge>;
type Parts = Pick<linearize.Task<State, Knowledge, Operation>, 'parts' | 'observing'>;
export type Task = linearize.Task<State, Knowledge, Operation>;

/**
 * Returns the operations that must, or may, have a place in the order. Requests for a
 * version by its id alone, and listings, are judged elsewhere.
 */
export function tasksOf(history: History): Task[] {
  return history.operations.flatMap((operation): Task[] => {
    const parts = partsOf(operation, history);
    if (!parts) return [];
    return [
      {
        operation,
        began: operation.began,
        ended: isOpen(operation) ? Infinity : operation.ended,
        ...parts,
      },
    ];
  });
}

function partsOf(operation: Operation, history: History): Parts | undefined {
  const { call, status } = operation;
  switch (call.do) {
    case 'read':
    case 'list':
      return undefined;
    case 'get':
    case 'head':
      return reading(operation, call.object, history);
    case 'post':
      return isOpen(operation) || mayBeMissed(operation, call.object, history)
        ? undefined
        : observation((state) => (at(state, call.object).current === null) === (status === 404));
    case 'show':
      return isOpen(operation)
        ? undefined
        : observation(({ enabled }) => enabled === operation.enabled);
    case 'set':
      return changing((state) => [{ ...state, enabled: call.enabled }]);
    case 'put':
      if (call.way === 'wrong ETag' || call.way === 'leaving') return undefined;
      if (status === 412) return observation((state) => at(state, call.object).current !== null);
      return writing(operation, call.object, call.content, call.way === 'unless there');
    case 'copy':
      return copying(operation, call, history);
    case 'delete':
      return deletion(operation, call.object);
    case 'restore':
      return restoring(operation, call.object, call.id);
    case 'drop':
      return dropping(operation, call.object, call.id);
  }
}

function observation(holds: (state: State) => boolean): Parts {
  return { parts: [(state, known) => (holds(state) ? [[state, known]] : [])], observing: 0 };
}

function changing(change: (state: State) => State[]): Parts {
  return {
    parts: [(state, known) => change(state).map((after) => [after, known] as const)],
    observing: -1,
  };
}

/** A link is read before its target: a target removed in between is missing. */
function reading(operation: Operation, name: string, history: History): Parts | undefined {
  if (isOpen(operation) || mayBeGone(operation, name, history)) return undefined;
  return observation((state) => {
    const { current } = at(state, name);
    if (current === null || operation.content === undefined)
      return current === null && operation.content === undefined;
    return current.content === operation.content && (current.id ?? operation.id) === operation.id;
  });
}

/** Whether a 404 may be due to the current object being removed or written meanwhile. */
function mayBeGone(operation: Operation, name: string, history: History): boolean {
  if (operation.status !== 404) return false;
  return mayBeDroppedMeanwhile(operation, name, history) || mayBeMissed(operation, name, history);
}

function mayBeMissed(operation: Operation, name: string, history: History): boolean {
  return mayMiss(history, operation, ({ call }) => isWrite(call) && objectOf(call) === name);
}

function isWrite(call: Call): boolean {
  if (call.do === 'put') return call.way !== 'wrong ETag' && call.way !== 'leaving';
  return ['copy', 'delete', 'post', 'restore', 'drop'].includes(call.do);
}

function mayBeDroppedMeanwhile(one: Operation, name: string, { operations }: History): boolean {
  return operations.some(
    (other) =>
      other.call.do === 'drop' &&
      objectOf(other.call) === name &&
      other.began < one.ended &&
      (isOpen(other) || one.began < other.ended),
  );
}

/**
 * A write may be accepted as versioned just before versions are suspended, not the
 * reverse.
 */
const lookUp: Part = (state, known) => [[state, { ...known, enabled: state.enabled }]];

/** Writes a version, or replaces the object, as far as the response shows which. */
function committing(
  operation: Operation,
  name: string,
  contentOf: (known: Knowledge) => Content,
  ifNone = false,
): Part {
  return (state, known) => {
    const object = at(state, name);
    if (ifNone && object.current !== null) return isOpen(operation) ? [[state, known]] : [];
    const after = writtenTo(operation, object, contentOf(known), state, known);
    const done = after.map((each) => [withObject(state, name, each), known] as const);
    return isOpen(operation) ? [...done, [state, known]] : done;
  };
}

function writtenTo(
  operation: Operation,
  object: ObjectState,
  content: Content,
  state: State,
  { enabled }: Knowledge,
): ObjectState[] {
  const isVersion = isOpen(operation) ? enabled === true : operation.id !== undefined;
  if (isVersion !== enabled) return [];
  if (isVersion) return added(kept(object), operation.id, content);
  return state.enabled ? [] : [{ ...object, current: { id: 'null', content } }];
}

function writing(operation: Operation, name: string, content: Content, ifNone: boolean): Parts {
  return { parts: [lookUp, committing(operation, name, () => content, ifNone)], observing: -1 };
}

function copying(
  operation: Operation,
  call: Extract<Call, { do: 'copy' }>,
  history: History,
): Parts | undefined {
  const { status, content } = operation;
  if (status === 404) {
    if (call.id !== undefined || mayBeGone(operation, call.from, history)) return undefined;
    return observation((state) => at(state, call.from).current === null);
  }
  const read: Part = (state, known) => {
    const there = at(state, call.from).current?.content;
    const copied = call.id === undefined ? there : (content ?? contentOfId(history, call.id));
    return copied === undefined || (content ?? copied) !== copied
      ? isOpen(operation)
        ? [[state, known]]
        : []
      : [[state, { ...known, content: copied }]];
  };
  const write = committing(operation, call.to, (known) => known.content ?? '');
  const commit: Part = (state, known) =>
    known.content === undefined ? [[state, known]] : write(state, known);
  return { parts: [lookUp, read, commit], observing: -1 };
}

/** Returns the content of an id, from any operation that learned it. */
function contentOfId({ operations }: History, id: string): Content | undefined {
  return operations.find((operation) => operation.id === id && operation.content !== undefined)
    ?.content;
}

function deletion(operation: Operation, name: string): Parts {
  const commit: Part = (state, known) => {
    const object = at(state, name);
    const isAnswer =
      isOpen(operation) || operation.status === (object.current === null ? 404 : 204);
    const isMarked = isOpen(operation) ? known.enabled === true : operation.id !== undefined;
    if (!isAnswer || isMarked !== known.enabled || (!isMarked && state.enabled))
      return isOpen(operation) ? [[state, known]] : [];
    const after = isMarked
      ? added(kept(object), operation.id, null)
      : [{ ...object, current: null }];
    const done = after.map((each) => [withObject(state, name, each), known] as const);
    return isOpen(operation) ? [...done, [state, known]] : done;
  };
  return { parts: [lookUp, commit], observing: -1 };
}

function restoring(operation: Operation, name: string, id: string): Parts {
  const ready = (state: State) =>
    identified(at(state, name), id).filter(([, { content }]) => content !== null);
  if (operation.status === 404)
    return observation(
      (state) => !at(state, name).versions.some((each) => each.id === id && each.content !== null),
    );
  return changing((state) => [
    ...ready(state).map(([object, { content }]) =>
      withObject(state, name, { ...kept(object), current: { id, content: content ?? '' } }),
    ),
    ...(isOpen(operation) ? [state] : []),
  ]);
}

function dropping(operation: Operation, name: string, id: string): Parts {
  if (operation.status === 404)
    return observation((state) => !at(state, name).versions.some((each) => each.id === id));
  return changing((state) => [
    ...identified(at(state, name), id).map(([object, version]) => {
      const { current, versions } = object;
      const rest = versions.filter((each) => each !== version);
      return withObject(state, name, {
        ...object,
        current: current?.id === id ? null : current,
        versions: rest,
      });
    }),
    ...(isOpen(operation) ? [state] : []),
  ]);
}
