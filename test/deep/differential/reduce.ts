/**
 * Takes away from a failing list what it fails without: ever smaller runs of items, until time is up or every single one
 * is needed.
 *
 * @param fails the failure that a list shows, or undefined
 * @returns a list that fails, and how
 */
export async function reduce<T, F>(
  items: readonly T[],
  failure: F,
  fails: (items: readonly T[]) => Promise<F | undefined>,
  milliseconds: number,
): Promise<{ readonly items: readonly T[]; readonly failure: F }> {
  const end = Date.now() + milliseconds;
  let min = { items, failure };
  for (
    let size = Math.ceil(items.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let last = min.items.length; last > 0 && Date.now() < end; last -= size) {
      const first = Math.max(0, last - size);
      const fewer = [...min.items.slice(0, first), ...min.items.slice(last)];
      const failure = await fails(fewer);
      if (failure !== undefined) min = { items: fewer, failure };
    }
  }
  return min;
}
