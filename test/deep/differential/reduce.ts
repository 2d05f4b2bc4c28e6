/**
 * Reduces a failing list: removes ever smaller runs of items that the failure does not
 * need, until time is up or every item is needed.
 *
 * @param fails returns the failure of a list, or undefined
 * @returns a list that fails, and its failure
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
