import type { ByteString } from '../../../http/bytes';
import { afterPrefix, childKey, childName, idKey, longest } from './keys';
import type { ListingQuery } from './storage';
import type { Table } from './table';

export type Entry<V> =
  { readonly name: ByteString; readonly value: V } | { readonly subdir: ByteString };

/** From here, included, to there, not included; to the end where there is none. */
interface Range {
  readonly from: ByteString;
  readonly to: ByteString | undefined;
}

/**
 * A page of the names under a parent, by Swift's rules (`ContainerBroker.list_objects_iter`): a name with the delimiter after the prefix
 * shows as what precedes it, once, unless the marker is just that. Costs as much as what it returns: it seeks past what a subdir holds.
 */
export function list<V>(table: Table<V>, parent: number, query: ListingQuery): Entry<V>[] {
  const { prefix = '', delimiter = '', limit, reverse = false } = query;
  const [marker = '', endMarker = ''] = reverse
    ? [query.endMarker, query.marker]
    : [query.marker, query.endMarker];
  const found: Entry<V>[] = [];
  for (let range = bounds(prefix, marker, endMarker); found.length < limit;) {
    const subdir = scan(table, parent, range, reverse, (name, value) => {
      const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      if (end >= 0) return name.slice(0, end + delimiter.length);
      found.push({ name, value });
      return found.length < limit ? undefined : stop;
    });
    if (subdir === undefined || subdir === stop) break;
    if (subdir !== marker) found.push({ subdir });
    const rest = beyond(range, subdir, reverse);
    if (rest === undefined) break;
    range = rest;
  }
  return found;
}

const stop = Symbol('stop');

/** @param marker only names after it; @param endMarker only names before it */
function bounds(prefix: ByteString, marker: ByteString, endMarker: ByteString): Range {
  const afterMarker = marker === '' ? '' : clip(marker) + '\0';
  const afterAll = prefix === '' ? undefined : afterPrefix(prefix);
  const before = endMarker === '' ? undefined : clip(endMarker);
  return {
    from: afterMarker > prefix ? afterMarker : clip(prefix),
    to: before === undefined || (afterAll !== undefined && afterAll < before) ? afterAll : before,
  };
}

/** What is left of a range behind all names that begin with a subdir. */
function beyond(range: Range, subdir: ByteString, reverse: boolean): Range | undefined {
  if (reverse) return { from: range.from, to: subdir };
  const from = afterPrefix(subdir);
  return from === undefined ? undefined : { from, to: range.to };
}

/** Visits names in a range until the visitor returns something, which is returned. */
function scan<V, R>(
  table: Table<V>,
  parent: number,
  range: Range,
  reverse: boolean,
  visit: (name: ByteString, value: V) => R | undefined,
): R | undefined {
  const from = childKey(parent, range.from);
  const to = range.to === undefined ? idKey(parent + 1) : childKey(parent, clip(range.to));
  const entries = table.getRange(reverse ? { start: to, reverse } : { start: from, end: to });
  for (const { key, value } of entries) {
    if (reverse && key.compare(to) >= 0) continue;
    if (key.compare(from) < 0) break;
    const result = visit(childName(key), value);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** Sorts among names as the whole does, and is short enough for a key: clients may send markers of any length. */
function clip(bound: ByteString): ByteString {
  return bound.slice(0, longest.object + 1);
}
