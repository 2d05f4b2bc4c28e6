/** Variables that ask for all of one suite, or for one thing of it, wherever that stands. */
const ASKING = ['FAULTS', 'CRASH_MATRIX', 'CRASH_MATRIX_ONLY', 'CRASH_MATRIX_PART'];

/** Whether this is a run of the depth: all of each deep suite, not only the gate's part of it. */
export const IS_DEEP =
  process.env['TEST_DEPTH'] === 'deep' || ASKING.some((name) => process.env[name] !== undefined);

/** How much of a deep suite runs: what the gate has of it, or all. */
export function depth<T>({ gate, deep }: { readonly gate: T; readonly deep: T }): T {
  return IS_DEEP ? deep : gate;
}

/**
 * The part of a table that runs: all of it in the depth, in the gate one row in so many, beginning `from` one of them.
 */
export function partOf<const T>(
  rows: readonly T[],
  { oneOf, from = 0 }: { readonly oneOf: number; readonly from?: number },
): readonly T[] {
  return IS_DEEP ? rows : rows.filter((_, i) => i % oneOf === from % oneOf);
}

/** A test that only the depth has. */
export const itInDepth: (name: string, test: () => Promise<void>, timeout?: number) => void =
  IS_DEEP ? it : () => undefined;

/** Tests that only the depth has. */
export const describeInDepth: (name: string, suite: () => void) => void = IS_DEEP
  ? describe
  : () => undefined;

/**
 * What tests of a suite are declared by of which the gate has one in so many, beginning with the first; a table of
 * `each` counts as one. In the depth it is `it` itself.
 */
export function someOf(oneOf: number): jest.It {
  if (IS_DEEP) return it;
  let declared = 0;
  const isIn = () => declared++ % oneOf === 0;
  const chosen = (...test: Parameters<jest.It>): void => {
    if (isIn()) it(...test);
  };
  const each = (...table: [never]) => (isIn() ? it.each(...table) : () => undefined);
  return Object.assign(chosen, it, { each }) as jest.It;
}
