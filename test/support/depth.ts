/** Whether this is a run of the depth: all of each deep suite, not only the gate's part of it. */
export const IS_DEEP = process.env['TEST_DEPTH'] === 'deep';

/** How much of a deep suite runs: what the gate has of it, or all. */
export function depth<T>({ gate, deep }: { readonly gate: T; readonly deep: T }): T {
  return IS_DEEP ? deep : gate;
}
