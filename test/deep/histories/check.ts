import {
  cannotTakeEffect,
  isPossible,
  type Content,
  type Entry,
  type History,
  type Operation,
} from './history';
import { ANYTHING, asFound } from './goal';
import { keyOf } from './model';
import { hints, lineOf, nameOf } from './report';
import { search } from './search';
import type { Leniency } from './tasks';

/** Why a history is impossible. */
export interface Problem {
  readonly history: History;
  /** What is wrong, one line each; the first names the violated property. */
  readonly lines: readonly string[];
}

/** The accepted deviations; see `Leniency`. */
const LENIENT: Leniency = { overlapping: true };

/**
 * Judges a history. Responses must be ones that Swift sends, no content may appear that
 * nobody sent, an archive entry must never change, and some order of the operations must
 * explain the responses and the final state. It follows that nothing acknowledged is lost
 * or duplicated, no read returns what was overwritten before it, and markers are where
 * they belong.
 *
 * @returns undefined if all is right
 */
export function judge(history: History, leniency = LENIENT): Problem | undefined {
  const plain = plainly(history);
  if (plain.length > 0) return { history, lines: plain };
  const verdict = search(history, leniency);
  if (verdict.order) return undefined;
  const reduced = withoutNeedless(history, leniency);
  return { history: reduced, lines: [...explain(reduced, leniency), ...hints(history)] };
}

/** Whether a history is right, without the reasons. */
export function isRight(history: History, leniency = LENIENT): boolean {
  return plainly(history).length === 0 && search(history, leniency).order !== undefined;
}

/** Returns what is wrong in any order. */
function plainly(history: History): string[] {
  return [...impossible(history), ...foreign(history), ...changed(history)];
}

function impossible({ operations, finally: { strays } }: History): string[] {
  return [
    ...operations
      .filter((operation) => !isPossible(operation))
      .map(
        ({ call, status }) =>
          `an answer that Swift does not give: ${nameOf(call)} got ${status ?? 'none'}`,
      ),
    ...strays.map((name) => `an entry in the archive that belongs to no object: ${name}`),
  ];
}

/** Returns bodies that were seen although nobody sent them completely. */
function foreign(history: History): string[] {
  const contents = new Set(
    history.operations.flatMap(({ call }) =>
      call.do === 'put' && !cannotTakeEffect(call) ? [call.content] : [],
    ),
  );
  return [...observations(history)]
    .filter(([content]) => !contents.has(content))
    .map(([content, where]) => `a body that nobody sent: ${content} ${where}`);
}

function* observations({
  operations,
  finally: { objects },
}: History): Generator<[Content, string]> {
  for (const { call, content } of operations)
    if (content !== undefined) yield [content, `in ${nameOf(call)}`];
  for (const [name, { current, archive }] of Object.entries(objects)) {
    if (current !== null) yield [current, `as ${name}`];
    for (const entry of archive)
      if (entry.content !== null) yield [entry.content, `as ${entry.name}`];
  }
}

/** Returns archive names under which different bodies were seen. */
function changed({ operations, finally: { objects } }: History): string[] {
  const read = operations.flatMap(({ call, content }): Entry[] =>
    call.do === 'restore' && content !== undefined ? [{ name: call.entry, content }] : [],
  );
  const all = [...read, ...Object.values(objects).flatMap(({ archive }) => archive)];
  const first = new Map<string, Content | null>();
  return all.flatMap(({ name, content }) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, content);
    return before === undefined || before === content
      ? []
      : [
          `an entry of the archive that changed: ${name} was ${before ?? 'a marker'} and then ${content ?? 'a marker'}`,
        ];
  });
}

/** The milliseconds to spend on finding what makes a history wrong. */
const PATIENCE = 20_000;

/** Removes the responses that are not needed to show that a history is wrong. */
function withoutNeedless(history: History, leniency: Leniency): History {
  const end = performance.now() + PATIENCE;
  return history.operations.reduce((rest, operation) => {
    if (performance.now() > end) return rest;
    if (['set', 'put', 'delete'].includes(operation.call.do) && operation.status !== 412)
      return rest;
    if (operation.status === 201 || operation.status === 202) return rest;
    const less = { ...rest, operations: rest.operations.filter((each) => each !== operation) };
    return search(less, leniency).order ? rest : less;
  }, history);
}

/** Returns the changes that would make the history right. */
function explain(history: History, leniency: Leniency): string[] {
  const { operations, finally: last } = history;
  const end = performance.now() + PATIENCE;
  const explained = (other: History) =>
    performance.now() < end && search(other, leniency).order !== undefined;
  const without = (operation: Operation) => ({
    ...history,
    operations: operations.filter((each) => each !== operation),
  });
  const reads = operations
    .filter(({ call }) => ['get', 'head', 'show'].includes(call.do))
    .filter((read) => explained(without(read)));
  const answers = operations
    .filter(
      (each) =>
        each.status !== undefined && ['delete', 'put', 'copy', 'restore'].includes(each.call.do),
    )
    .filter((each) =>
      explained({
        ...history,
        operations: operations.map((one) => (one === each ? unanswered(one) : one)),
      }),
    );
  const answered = search(history, leniency, ANYTHING);
  return [
    answered.order === undefined
      ? 'no order of the operations explains their answers'
      : 'no order of the operations that explains their answers leads to what was found at last',
    ...reads.map((read) => `it would be right without what was read by ${lineOf(read)}`),
    ...answers.map((each) => `it would be right had there been no answer to ${lineOf(each)}`),
    ...Object.keys(last.objects)
      .filter((name) => search(history, leniency, asFound(history, name)).order)
      .map((name) => `it would be right were ${name} not looked at`),
    `the longest order that explains its answers: ${answered.longest.map((each) => operations.indexOf(each) + 1).join(' ')}, then ${keyOf(answered.reached)}`,
  ];
}

function unanswered({ client, through, call, began, ended }: Operation): Operation {
  return { client, through, call, began, ended };
}
