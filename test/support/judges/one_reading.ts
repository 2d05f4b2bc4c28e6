import fc from 'fast-check';
import type { Call, CallHead, Route } from '../../../src/dialects/call';
import { Headers } from '../../../src/http/headers';
import { NO_BODY } from '../../../src/swift_api/message';
import type { Recorded } from '../clients/captures';

/** What can be added to a request, or replace parts of it. */
export interface Vocabulary {
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  /** As they appear in a query, encoded. */
  readonly parameters: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A signed request, and what an attacker makes of it without changing its signature. */
export interface Changed {
  readonly signed: Recorded;
  readonly changed: Recorded;
}

/**
 * How a request is understood: a text that is different for each meaning; undefined if it
 * is refused.
 */
export type Reading = (recorded: Recorded) => Promise<string | undefined>;

/**
 * Checks that requests with one signature have one reading: an attacker changes a signed
 * request in any way in which its parts could be confused; then either it is refused, or
 * both requests mean the same.
 *
 * @param seldom fail if fewer changed requests are accepted, since the property would be
 *   vacuous
 * @param numRuns number of requests to try
 */
export async function haveOneReading(
  requests: fc.Arbitrary<Changed>,
  readingOf: Reading,
  { numRuns, seldom }: { readonly numRuns: number; readonly seldom: number },
): Promise<void> {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(requests, async ({ signed, changed }) => {
      const [one, other] = [await readingOf(signed), await readingOf(changed)];
      if (one === undefined || other === undefined) return;
      accepted++;
      expect(other).toBe(one);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThanOrEqual(seldom);
}

/** The operations of a dialect, each of which only records its calls. */
export function saying<Head extends CallHead>(
  routes: readonly Route<Head>[],
): {
  readonly routes: readonly Route<Head>[];
  readonly said: { name: string; call: Call<Head> }[];
} {
  const said: { name: string; call: Call<Head> }[] = [];
  const saying = routes.map((route) => ({
    ...route,
    run: (call: Call<Head>) => {
      said.push({ name: route.name, call });
      return Promise.resolve({ status: 200, headers: Headers.none, body: NO_BODY });
    },
  }));
  return { routes: saying, said };
}

/** Requests and changes to them. */
export function changesOf(
  requests: fc.Arbitrary<Recorded>,
  vocabulary: Vocabulary,
): fc.Arbitrary<Changed> {
  const step = fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(50), other: fc.nat(50) });
  return fc
    .tuple(requests, fc.array(step, { minLength: 1, maxLength: 3 }))
    .map(([signed, steps]) => ({
      signed,
      changed: steps.reduce(
        (recorded, { kind, at, other }) => CHANGES[kind](recorded, at, other, vocabulary),
        signed,
      ),
    }));
}

type Change = (recorded: Recorded, at: number, other: number, vocabulary: Vocabulary) => Recorded;

/** Other ways to write a query or a path, and changes of headers. */
const CHANGES = {
  method: (recorded, _, other, { methods }) => ({ ...recorded, method: pick(methods, other) }),
  host: (recorded, _, other, { hosts }) => ({
    ...recorded,
    fields: recorded.fields.map(([name, value]) =>
      name.toLowerCase() === 'host'
        ? ([name, pick(hosts, other)] as const)
        : ([name, value] as const),
    ),
  }),
  decode: (recorded, at) =>
    inTarget(recorded, /%(?!2[03]|0|3F|[89A-F])[0-9A-F]{2}/g, at, decodeURIComponent),
  unescape: (recorded) =>
    inQuery(recorded, (pairs) =>
      pairs.map((pair) => pair.replaceAll('%26', '&').replaceAll('%3D', '=')),
    ),
  encode: (recorded, at) =>
    inTarget(
      recorded,
      /[&=/a-z]/g,
      at,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  letter: (recorded, at) =>
    inTarget(recorded, /[a-z]/gi, at, (char) =>
      char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase(),
    ),
  repeat: (recorded, at) => inQuery(recorded, (pairs) => [...pairs, pick(pairs, at)]),
  omit: (recorded, at) =>
    inQuery(recorded, (pairs) => pairs.filter((_, i) => i !== at % pairs.length)),
  turn: (recorded) => inQuery(recorded, (pairs) => pairs.toReversed()),
  add: (recorded, _, other, { parameters }) =>
    inQuery(recorded, (pairs) => [...pairs, pick(parameters, other)]),
  space: (recorded, at) =>
    inField(recorded, at, (name, value) => [[name, value.replace(' ', '  ')]]),
  spell: (recorded, at) => inField(recorded, at, (name, value) => [[respelled(name), value]]),
  twin: (recorded, at) =>
    inField(recorded, at, (name, value) => [
      [name, value],
      [respelled(name), 'other'],
    ]),
  split: (recorded, at) =>
    inField(recorded, at, (name, value) => value.split(',').map((each) => [name, each])),
  leave: (recorded, at) => inField(recorded, at, () => []),
  header: (recorded, _, other, { headers }) => ({
    ...recorded,
    fields: [...recorded.fields, pick(headers, other)],
  }),
} satisfies Record<string, Change>;

const KINDS = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

function pick<T>(all: readonly T[], at: number): T {
  const item = all[at % all.length];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** Changes one of the matches of a pattern in the target. */
function inTarget(
  recorded: Recorded,
  pattern: RegExp,
  at: number,
  change: (text: string) => string,
): Recorded {
  const { target } = recorded;
  const matches = [...target.matchAll(pattern)];
  if (matches.length === 0) return recorded;
  const { index, 0: text } = pick(matches, at);
  // the slash that begins a target is no part of a name
  if (index === 0) return recorded;
  return {
    ...recorded,
    target: target.slice(0, index) + change(text) + target.slice(index + text.length),
  };
}

function inQuery(
  recorded: Recorded,
  change: (pairs: readonly string[]) => readonly string[],
): Recorded {
  const [path = '', query = ''] = recorded.target.split(/\?(.*)/s);
  if (query === '') return recorded;
  const changed = change(query.split('&')).join('&');
  return { ...recorded, target: changed === '' ? path : `${path}?${changed}` };
}

function inField(
  recorded: Recorded,
  at: number,
  change: (name: string, value: string) => (readonly [name: string, value: string])[],
): Recorded {
  const { fields } = recorded;
  if (fields.length === 0) return recorded;
  const [name, value] = pick(fields, at);
  return { ...recorded, fields: fields.toSpliced(at % fields.length, 1, ...change(name, value)) };
}

function respelled(name: string): string {
  return name.includes('_') ? name.replace('_', '-') : name.replace(/-(?=[^-]*$)/, '_');
}
