import type { Content } from '../history';
import { linearize } from '../linearize';
import { mayMiss } from '../missed';
import { isOpen, isPossible, objectOf, type Found, type History, type Operation } from './history';
import { at, emptyState, keyOf, type State, type Version } from './model';
import { tasksOf, type Knowledge } from './tasks';

/**
 * Judges a history of a container with ids. Everything acknowledged exists under its id,
 * with its own content, until it is removed by that id; and some order of the operations
 * explains the current versions and the final state. A write in progress may show its
 * version in listings, and by its id, before it becomes the current one.
 *
 * @returns what is wrong, one line each; empty if all is right
 */
export function judge(history: History): string[] {
  const plain = [
    ...impossible(history),
    ...twice(history),
    ...read(history),
    ...listed(history),
    ...lost(history),
  ];
  return plain.length > 0 ? plain : unexplained(history);
}

/** An operation that made a version or a marker, and learned its id. */
interface Creation {
  readonly id: string;
  readonly object: string;
  readonly operation: Operation;
  /** null is a delete marker. */
  readonly content: Content | null;
}

function creations({ operations }: History): Creation[] {
  return operations.flatMap((operation): Creation[] => {
    const { call, id, status } = operation;
    if (id === undefined || id === 'null') return [];
    if (call.do === 'put' && status === 201)
      return [{ id, object: call.object, operation, content: call.content }];
    if (call.do === 'copy' && status === 201)
      return [{ id, object: call.to, operation, content: operation.content ?? '' }];
    return call.do === 'delete' ? [{ id, object: call.object, operation, content: null }] : [];
  });
}

function impossible({ operations }: History): string[] {
  return operations
    .filter((operation) => !isPossible(operation))
    .map((operation) => `an answer that may not be: ${lineOf(operation)}`);
}

function twice(history: History): string[] {
  const all = creations(history).map(({ object, id }) => `${object} ${id}`);
  return all.filter((each, i) => all.indexOf(each) !== i).map((each) => `an id twice: ${each}`);
}

/** Determines whether an object's version may, or must, be gone at an operation. */
function dropsOf({ operations }: History, object: string | undefined, id: string) {
  const drops = operations.filter(
    ({ call, status }) =>
      call.do === 'drop' && call.object === object && call.id === id && status !== 404,
  );
  return {
    mayBeGone: (operation: Operation) => drops.some(({ began }) => began < operation.ended),
    mustBeGone: (operation: Operation) =>
      drops.some((drop) => !isOpen(drop) && drop.ended < operation.began),
    isDropped: drops.length > 0,
  };
}

/** Checks versions that were read by their ids. */
function read(history: History): string[] {
  const all = creations(history);
  return history.operations.flatMap((operation) => {
    const { call, status, content } = operation;
    if (call.do !== 'read' || isOpen(operation)) return [];
    const creation = all.find(({ id, object }) => id === call.id && object === call.object);
    const { mayBeGone, mustBeGone } = dropsOf(history, call.object, call.id);
    if (status === 200)
      return mustBeGone(operation) || (creation && creation.content !== content)
        ? [`a version that was not so, or was removed: ${lineOf(operation)}`]
        : [];
    const isThere =
      creation?.content != null &&
      creation.operation.ended < operation.began &&
      !mayBeGone(operation) &&
      !mayMiss(
        history,
        operation,
        (each) => each.call.do === 'post' && each.call.object === call.object,
      );
    return isThere ? [`a version that was not found: ${lineOf(operation)}`] : [];
  });
}

function listed(history: History): string[] {
  const all = creations(history);
  return history.operations.flatMap((operation) => {
    const { call, lines } = operation;
    if (call.do !== 'list' || !lines) return [];
    const of = all.filter(({ object }) => object === call.object);
    const there = new Set(lines.map(({ id }) => id));
    const missing = of.filter(
      ({ id, operation: { ended } }) =>
        ended < operation.began &&
        !there.has(id) &&
        !dropsOf(history, call.object, id).mayBeGone(operation),
    );
    const early = of.filter(
      ({ id, operation: { began } }) => began > operation.ended && there.has(id),
    );
    const gone = [...there].filter((id) => dropsOf(history, call.object, id).mustBeGone(operation));
    const wrong = [
      ...missing.map(({ id }) => `without ${id}`),
      ...early.map(({ id }) => `with ${id}, which was made later`),
      ...gone.map((id) => `with ${id}, which was removed before`),
      ...oddities(lines),
    ];
    return wrong.map((each) => `a listing ${each}: ${lineOf(operation)}`);
  });
}

/** Returns what is wrong with a listing of an object's versions. */
function oddities(lines: readonly { id: string; isLatest: boolean }[]): string[] {
  const ids = lines.map(({ id }) => id).filter((id, i) => i > 0 || id !== 'null');
  return [
    ...(ids.every((id, i) => id !== 'null' && (i === 0 || id < (ids[i - 1] ?? '')))
      ? []
      : ['out of order']),
    ...(lines.filter(({ isLatest }) => isLatest).length > 1
      ? ['with several that are the latest']
      : []),
  ];
}

/** Returns acknowledged versions that are finally missing or have another content. */
function lost(history: History): string[] {
  const last = history.finally.objects;
  const gone = creations(history).flatMap(({ id, object, content }) => {
    const there = last[object]?.contents[id];
    if (there === content || (there === undefined && dropsOf(history, object, id).isDropped))
      return [];
    return [
      `${object} ${id} was ${content ?? 'a marker'} and is ${there ?? (there === null ? 'a marker' : 'gone')}`,
    ];
  });
  const odd = Object.entries(last).flatMap(([name, { current, lines }]) => {
    const latest = lines.filter(({ isLatest }) => isLatest).map(({ id }) => id);
    const newest = lines[0]?.isMarker ? [lines[0].id] : [];
    const expected = current ? [current.id] : newest;
    const wrong = [...oddities(lines)];
    if (latest.join() !== expected.join())
      wrong.push(`whose latest is ${latest.join()} and not ${expected.join()}`);
    return wrong.map((each) => `at last a listing of ${name} ${each}`);
  });
  return [...gone, ...odd];
}

function unexplained(history: History): string[] {
  const verdict = linearize<State, Knowledge, Operation>({
    tasks: tasksOf(history),
    first: emptyState(history.initially, Object.keys(history.finally.objects)),
    nothing: {},
    keyOf,
    keyOfKnown: ({ enabled, content }) => `${enabled ?? ''}:${content ?? ''}`,
    isReached: (state) => isReached(history, state),
    isReachable: () => true,
  });
  if (verdict.order) return [];
  return [
    'no order of the operations explains their answers and what was found at last',
    `the longest order that explains answers: ${verdict.longest.map((each) => history.operations.indexOf(each) + 1).join(' ')}, then ${keyOf(verdict.reached)}`,
  ];
}

function isReached({ finally: { enabled, objects } }: History, state: State): boolean {
  return (
    state.enabled === enabled &&
    Object.entries(objects).every(([name, found]) => isFound(found, at(state, name)))
  );
}

/**
 * Whether each version exists under its id, or if that is unknown, has a distinct entry.
 */
function isFound({ current, contents }: Found, object: ReturnType<typeof at>): boolean {
  const isCurrent =
    current === null
      ? object.current === null
      : object.current?.content === current.content &&
        (object.current.id ?? current.id) === current.id;
  if (!isCurrent || Object.keys(contents).length !== object.versions.length) return false;
  const named = object.versions.filter(
    (version): version is Version & { id: string } => version.id !== undefined,
  );
  if (named.some(({ id, content }) => contents[id] !== content)) return false;
  const ids = new Set(named.map(({ id }) => id));
  const sorted = (all: readonly (Content | null)[]) =>
    all
      .map((each) => each ?? '!')
      .sort()
      .join();
  const others = Object.entries(contents).filter(([id]) => !ids.has(id));
  const untold = object.versions.filter(({ id }) => id === undefined);
  return (
    sorted(others.map(([, content]) => content)) === sorted(untold.map(({ content }) => content))
  );
}

/** Describes a request with its instants and its response. */
function lineOf({
  client,
  through,
  call,
  began,
  ended,
  status,
  id,
  content,
  lines,
  enabled,
}: Operation): string {
  const { do: what, ...of } = call;
  const request = [what, ...Object.values<unknown>(of)].join(' ');
  const list = lines
    ?.map((line) => `${line.id}${line.isMarker ? '!' : ''}${line.isLatest ? '*' : ''}`)
    .join(' ');
  const result = [id, content, list, enabled].filter((each) => each !== undefined).join(' ');
  return `client ${client} through ${through}, ${began.toFixed(2)} to ${ended.toFixed(2)} ms: ${request} -> ${status ?? 'no answer'} ${result}`;
}

/** Returns all that is needed to understand a wrong history. */
export function report(lines: readonly string[], history: History, file: string): string {
  const { seed, where, initially, operations, finally: last } = history;
  const state = Object.entries(last.objects).flatMap(([name, { current, contents }]) => [
    `  ${name}: ${current ? `${current.id} ${current.content}` : 'not there'}; versions:`,
    ...Object.entries(contents).map(
      ([id, content]) => `    ${id}: ${content ?? 'a delete marker'}`,
    ),
  ]);
  const about = (operation: Operation) =>
    `${operations.indexOf(operation) + 1}. ${lineOf(operation)}`;
  return [
    `A history of seed ${seed} ${where} is wrong.`,
    ...lines.map((line) => `  ${line}`),
    `Versions were at first switched ${initially ? 'on' : 'off'}. Operations${objectsIn(operations)}:`,
    ...operations.map((operation) => `  ${about(operation)}`),
    `Found at last, with versions switched ${last.enabled ? 'on' : 'off'}:`,
    ...state,
    `All of it: ${file}`,
  ].join('\n');
}

function objectsIn(operations: readonly Operation[]): string {
  return ` on ${[...new Set(operations.flatMap(({ call }) => objectOf(call) ?? []))].join(', ')}`;
}
