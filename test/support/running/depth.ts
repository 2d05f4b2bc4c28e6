/** Variables that request all of one suite, or one part of it, in any run. */
const ASKING = ['FAULTS', 'CRASH_MATRIX', 'CRASH_MATRIX_ONLY', 'CRASH_MATRIX_PART'];

/**
 * Whether this is a deep run, with all of each deep suite and not only the gate's part of
 * it.
 */
export const IS_DEEP =
  process.env['TEST_DEPTH'] === 'deep' || ASKING.some((name) => process.env[name] !== undefined);

/** Chooses how much of a deep suite runs: the gate's part or all. */
export function depth<T>({ gate, deep }: { readonly gate: T; readonly deep: T }): T {
  return IS_DEEP ? deep : gate;
}

/**
 * The part of a table that runs: all of it in deep runs, in the gate every `oneOf`th row,
 * beginning at `from`.
 */
export function partOf<const T>(
  rows: readonly T[],
  { oneOf, from = 0 }: { readonly oneOf: number; readonly from?: number },
): readonly T[] {
  return IS_DEEP ? rows : rows.filter((_, i) => i % oneOf === from % oneOf);
}

/** A test for deep runs only. */
export const itInDepth: (name: string, test: () => Promise<void>, timeout?: number) => void =
  IS_DEEP ? it : () => undefined;

/** Tests for deep runs only. */
export const describeInDepth: (name: string, suite: () => void) => void = IS_DEEP
  ? describe
  : () => undefined;

/**
 * Declares tests of which the gate runs every `oneOf`th, beginning with the first; a
 * table of `each` counts as one. In deep runs it is `it` itself.
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
