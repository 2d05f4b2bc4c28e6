import fc from 'fast-check';
import type { Call, CallHead, Route } from '../../src/dialects/call';
import { Headers } from '../../src/http/headers';
import { NO_BODY } from '../../src/swift_api/message';
import type { Recorded } from './captures';

/** What can be added to a request, or put into it instead. */
export interface Vocabulary {
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  /** As they stand in a query, encoded. */
  readonly parameters: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A request, and how somebody else who has it changes it, its signature left as it is. */
export interface Changed {
  readonly signed: Recorded;
  readonly changed: Recorded;
}

/** How a request is taken: a text that is another for each meaning; undefined: it is refused. */
export type Reading = (recorded: Recorded) => Promise<string | undefined>;

/**
 * Tries whether requests with one signature have one reading: whoever has a signed request changes
 * it in any of the ways in which parts of it can be told from each other wrongly. Either is
 * refused, or both mean the same.
 *
 * @param seldom fail if fewer changed requests are accepted: the property would be empty
 * @param numRuns how many are tried
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

/** The operations of a dialect, of which each only says what it was asked. */
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

/** Requests and what can be made of them. */
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

/** The ways in which a query or a path can be written otherwise, and those of headers. */
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
  const found = all[at % all.length];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}

/** Changes one of the places in the target that a pattern finds. */
function inTarget(
  recorded: Recorded,
  pattern: RegExp,
  at: number,
  change: (text: string) => string,
): Recorded {
  const { target } = recorded;
  const found = [...target.matchAll(pattern)];
  if (found.length === 0) return recorded;
  const { index, 0: text } = pick(found, at);
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
