/** First and last byte, inclusive. */
export type Range = readonly [first: number, last: number];

const MAX_RANGES = 50;
const MAX_OVERLAPS = 2;
const MAX_NONASCENDING = 8;

/**
 * Parses a Range header for content of `size` bytes (swob's `Range`). Undefined if there
 * is no header or it is malformed, which means the whole content. Empty if no range can
 * be satisfied, or if there are too many ranges or overlaps.
 */
export function parseRanges(header: string | undefined, size: number): Range[] | undefined {
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
    const match = /^(\d*)-(\d*)$/.exec(spec);
    const [from, to] = [match?.[1], match?.[2]].map((part) => (part ? Number(part) : undefined));
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

/** As in swob, a range does not overlap an identical one. */
function overlap([first1, last1]: Range, [first2, last2]: Range): boolean {
  const [end1, end2] = [last1 + 1, last2 + 1];
  return (
    (first1 < first2 && first2 < end1) ||
    (first1 < end2 && end2 < end1) ||
    (first2 < first1 && first1 < end2) ||
    (first2 < end1 && end1 < end2)
  );
}
