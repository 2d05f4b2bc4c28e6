import type { ByteString } from '../../../http/bytes';
import { afterPrefix, childKey, childName, idKey, MAX_NAME_LENGTH } from './keys';
import type { ListingQuery } from './storage';
import type { Table } from './table';

export type Entry<V> =
  { readonly name: ByteString; readonly value: V } | { readonly subdir: ByteString };

/**
 * The names from `from`, inclusive, to `to`, exclusive; to the end if `to` is undefined.
 */
interface Range {
  readonly from: ByteString;
  readonly to: ByteString | undefined;
}

/**
 * Lists a page of the names under a parent, by Swift's rules
 * (`ContainerBroker.list_objects_iter`): a name with the delimiter after the prefix is
 * listed once, as the part up to the delimiter, unless the marker is that part. The cost
 * depends only on the page, since it seeks past the names in a subdir.
 */
export function listEntries<V>(table: Table<V>, parent: number, query: ListingQuery): Entry<V>[] {
  const { prefix = '', delimiter = '', limit, reverse = false } = query;
  const [marker = '', endMarker = ''] = reverse
    ? [query.endMarker, query.marker]
    : [query.marker, query.endMarker];
  const entries: Entry<V>[] = [];
  for (let range = rangeOf(prefix, marker, endMarker); entries.length < limit;) {
    const subdir = scan(table, parent, range, reverse, (name, value) => {
      const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      if (end >= 0) return name.slice(0, end + delimiter.length);
      entries.push({ name, value });
      return entries.length < limit ? undefined : STOP;
    });
    if (subdir === undefined || subdir === STOP) break;
    if (subdir !== marker) entries.push({ subdir });
    const rest = rangeAfter(range, subdir, reverse);
    if (rest === undefined) break;
    range = rest;
  }
  return entries;
}

const STOP = Symbol('stop');

/**
 * @param marker only names after it
 * @param endMarker only names before it
 */
function rangeOf(prefix: ByteString, marker: ByteString, endMarker: ByteString): Range {
  const afterMarker = marker === '' ? '' : clip(marker) + '\0';
  const afterAll = prefix === '' ? undefined : afterPrefix(prefix);
  const before = endMarker === '' ? undefined : clip(endMarker);
  return {
    from: afterMarker > prefix ? afterMarker : clip(prefix),
    to: before === undefined || (afterAll !== undefined && afterAll < before) ? afterAll : before,
  };
}

/** Returns the rest of a range after all names that begin with a subdir. */
function rangeAfter(range: Range, subdir: ByteString, reverse: boolean): Range | undefined {
  if (reverse) return { from: range.from, to: subdir };
  const from = afterPrefix(subdir);
  return from === undefined ? undefined : { from, to: range.to };
}

/** Visits the names in a range until the visitor returns a value, and returns that. */
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

/**
 * Shortens a bound to fit in a key without changing how it sorts among names: clients may
 * send markers of any length.
 */
function clip(bound: ByteString): ByteString {
  return bound.slice(0, MAX_NAME_LENGTH.object + 1);
}
