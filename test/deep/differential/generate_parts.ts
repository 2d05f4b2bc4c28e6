import fc from 'fast-check';
import type { User } from './steps';

/** Picks one of the values; failures shrink towards the first. */
export function pick<const T>(values: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** Picks one of the arbitraries, each as often as its weight says. */
export function weighted<T>(
  choices: readonly (readonly [number, fc.Arbitrary<T>])[],
): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight: weight * 2, arbitrary })));
}

/** Headers, each absent more often than not. */
export function withHeaders(
  values: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<Readonly<Record<string, string>>> {
  const fields = Object.fromEntries(
    Object.entries(values).map(([name, choices]) => [
      name,
      weighted<string | undefined>([
        [4, fc.constant(undefined)],
        [1, pick(choices)],
      ]),
    ]),
  );
  return fc
    .record(fields)
    .map(
      (record) =>
        Object.fromEntries(
          Object.entries(record).filter(([, value]) => value !== undefined),
        ) as Record<string, string>,
    );
}

/** Mostly the owner. */
export const users: fc.Arbitrary<User> = weighted<User>([
  [12, fc.constant('tester')],
  [2, fc.constant('tester2')],
  [0.5, fc.constant('tester3')],
  [0.5, fc.constant('anonymous')],
  [0.5, fc.constant('badtoken')],
]);

/** The containers that objects are written to: mostly versioned ones. */
export const container: fc.Arbitrary<string> = weighted([
  [6, fc.constant('s')],
  [6, fc.constant('h')],
  [3, fc.constant('b')],
  [2, fc.constant('p')],
  [2, fc.constant('o')],
  [1, pick(['x', 'y', 'z', 'm'])],
]);

/** One of the sequence's object names, mostly the first. */
export const name: fc.Arbitrary<string> = weighted([
  [7, fc.constant('{n0}')],
  [3, fc.constant('{n1}')],
  [1, fc.constant('{n2}')],
]);

/** A version in an archive, by its rank. */
export const archiveEntry: fc.Arbitrary<{ readonly at: string; readonly of: string }> = fc
  .record({
    at: weighted([
      [4, pick(['x', 'y'])],
      [1, fc.constant('q')],
    ]),
    of: weighted([
      [4, fc.constant(0)],
      [1, fc.constant(1)],
    ]),
    rank: fc.nat(3),
  })
  .map(({ at, of, rank }) => ({ at, of: `{e:${at}:${of}:${rank}}` }));
