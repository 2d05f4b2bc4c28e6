/** From the first byte to the last, both counted. */
export type Range = readonly [first: number, last: number];

const MAX_RANGES = 50;
const MAX_OVERLAPS = 2;
const MAX_NONASCENDING = 8;

/**
 * The ranges that a Range header names of so many bytes (swob's `Range`). Undefined where there is no header or it cannot be read,
 * and then the whole is meant; empty where none can be satisfied, or there are more than is decent.
 */
export function rangesOf(header: string | undefined, size: number): Range[] | undefined {
  const specs = parse(header);
  if (specs === undefined) return undefined;
  const ranges: Range[] = [];
  for (const [from, to] of specs) {
    if (from === undefined) {
      if (to !== undefined && to > 0) ranges.push([Math.max(size - to, 0), size - 1]);
    } else if (from < size) {
      ranges.push([from, Math.min(to ?? size - 1, size - 1)]);
    }
  }
  if (ranges.length > MAX_RANGES || isEgregious(ranges)) return [];
  return ranges;
}

function parse(
  header: string | undefined,
): [from: number | undefined, to: number | undefined][] | undefined {
  const compact = header?.replaceAll(' ', '') ?? '';
  if (!/^bytes=/i.test(compact)) return undefined;
  const specs: [number | undefined, number | undefined][] = [];
  for (const spec of compact.slice('bytes='.length).split(',')) {
    const found = /^(\d*)-(\d*)$/.exec(spec);
    const [from, to] = [found?.[1], found?.[2]].map((part) => (part ? Number(part) : undefined));
    if (from === undefined && to === undefined) return undefined;
    if (from !== undefined && to !== undefined && to < from) return undefined;
    specs.push([from, to]);
  }
  return specs;
}

function isEgregious(ranges: readonly Range[]): boolean {
  const isAscending = ranges.every(
    ([first], at) => at === 0 || (ranges[at - 1]?.[0] ?? 0) <= first,
  );
  if (!isAscending && ranges.length >= MAX_NONASCENDING) return true;
  let overlaps = 0;
  ranges.forEach((range, at) => {
    for (const other of ranges.slice(0, at)) if (overlap(other, range)) overlaps++;
  });
  return overlaps > MAX_OVERLAPS;
}

/** As swob compares: the very same range twice is no overlap. */
function overlap([first1, last1]: Range, [first2, last2]: Range): boolean {
  const [end1, end2] = [last1 + 1, last2 + 1];
  return (
    (first1 < first2 && first2 < end1) ||
    (first1 < end2 && end2 < end1) ||
    (first2 < first1 && first1 < end2) ||
    (first2 < end1 && end1 < end2)
  );
}
