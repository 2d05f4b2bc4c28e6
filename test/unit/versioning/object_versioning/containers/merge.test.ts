import fc from 'fast-check';
import {
  mergeVersions,
  type CurrentEntry,
  type Subdir,
  type VersionEntry,
} from '../../../../../src/versioning/object_versioning/containers/merge';
import {
  parsePageRequest,
  startOf,
  versionBounds,
  type PageRequest,
} from '../../../../../src/versioning/object_versioning/containers/version_pages';
import {
  decodeName,
  parseVersionName,
  versionName,
} from '../../../../../src/versioning/object_versioning/version_names';
import type { ListingRecord } from '../../../../../src/swift_api/listing';
import { runs } from '../../../../support/running/runs';

/** A container's versions of a name, newest first, and its current state. */
interface VersionedObject {
  readonly name: string;
  readonly versions: readonly { readonly id: string; readonly isMarker: boolean }[];
  /**
   * Nothing, an object that is no version, or a link to a version (its index; beyond the
   * last: to one that is not listed).
   */
  readonly current: 'none' | 'null' | number;
}

interface Query {
  readonly prefix: string;
  readonly delimiter: string;
  readonly endMarker: string;
  readonly reverse: boolean;
}

interface Place {
  readonly marker: string;
  readonly after?: string;
}

const id = (second: number) => `${String(1_700_000_000 + second)}.00000`;

/** Returns what a store lists (Swift's `ContainerBroker.list_objects_iter`). */
function storeLists<T extends { readonly key: string }>(
  all: readonly T[],
  { prefix = '', delimiter = '', marker = '', end_marker = '' }: Partial<Record<string, string>>,
  reverse: boolean,
  limit: number,
): (T | Subdir)[] {
  const [low, high] = reverse ? [end_marker, marker] : [marker, end_marker];
  const inRange = [...all]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .filter(({ key }) => key.startsWith(prefix) && key > low && (high === '' || key < high));
  if (reverse) inRange.reverse();
  const rows: (T | Subdir)[] = [];
  for (const item of inRange) {
    const at = delimiter === '' ? -1 : item.key.indexOf(delimiter, prefix.length);
    const subdir = at < 0 ? undefined : item.key.slice(0, at + delimiter.length);
    if (subdir === undefined) rows.push(item);
    else if (subdir !== marker && !rows.some((each) => 'subdir' in each && each.subdir === subdir))
      rows.push({ subdir });
  }
  return rows.slice(0, limit);
}

const linkOf = ({ versions, current }: VersionedObject) =>
  typeof current === 'number' ? (versions[current]?.id ?? id(999)) : undefined;

const newestOf = ({ versions }: VersionedObject, link: string) =>
  versions.map((each) => each.id).reduce((a, b) => (a > b ? a : b), link);

/** Returns the full listing without limits, each entry with its place in the order. */
function naive(
  objects: readonly VersionedObject[],
  { prefix, delimiter, endMarker, reverse }: Query,
  { marker, after }: Place,
): string[] {
  const names = [...objects].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = names.flatMap((each) => {
    const link = linkOf(each);
    const ids = [...each.versions.map(({ id }) => id)];
    if (link !== undefined && !ids.includes(link)) ids.push(link);
    const [newest] = each.versions;
    const isLatest = (id: string) =>
      each.current === 'none' ? id === newest?.id && newest.isMarker : id === link;
    const rows = ids
      .sort()
      .reverse()
      .map((id) => ({ name: each.name, id, isLatest: isLatest(id) }));
    return each.current === 'null'
      ? [{ name: each.name, id: 'null', isLatest: true }, ...rows]
      : rows;
  });
  if (reverse) rows.reverse();
  const rank = (id: string) => (id === 'null' ? '~' : id);
  const isBehind = ({ name, id }: { name: string; id: string }) => {
    if (name !== marker) return reverse ? marker === '' || name < marker : name > marker;
    if (after === undefined) return false;
    return reverse ? rank(id) > rank(after) : rank(id) < rank(after);
  };
  const lines: string[] = [];
  for (const row of rows) {
    if (!row.name.startsWith(prefix) || !isBehind(row)) continue;
    if (endMarker !== '' && (reverse ? row.name <= endMarker : row.name >= endMarker)) continue;
    const at = delimiter === '' ? -1 : row.name.indexOf(delimiter, prefix.length);
    const folded = at < 0 ? undefined : row.name.slice(0, at + delimiter.length);
    const line = folded ?? `${row.name} ${row.id} ${String(row.isLatest)}`;
    if (folded !== undefined && folded === marker) continue;
    if (lines.at(-1) !== line) lines.push(line);
  }
  return lines;
}

/** Returns the same from the code under test, with pages of `pageSize` entries. */
async function real(
  objects: readonly VersionedObject[],
  page: PageRequest,
  pageSize: number,
): Promise<ListingRecord[]> {
  const entries = objects.flatMap((each): (CurrentEntry & { key: string })[] => {
    const link = linkOf(each);
    if (each.current === 'none') return [];
    return [
      {
        key: each.name,
        name: each.name,
        entry: { name: each.name },
        // no version is newer than the newest that was ever current
        ...(link === undefined ? {} : { link, newest: newestOf(each, link) }),
      },
    ];
  });
  const versions = objects.flatMap(({ name, versions }) =>
    versions.map(({ id, isMarker }) => ({ key: versionName(name, id), isMarker })),
  );
  const { prefix, delimiter, endMarker, reverse, marker = '' } = page;
  const bounds = { prefix, delimiter, end_marker: endMarker };
  const name = startOf(page);
  const at = entries.find((each) => each.name === name);
  const currents = pages(
    (after) => storeLists(entries, { ...bounds, marker: after ?? marker }, reverse, pageSize),
    (item) => ('subdir' in item ? item.subdir : item.key),
  );
  const amongVersions = Object.fromEntries(
    Object.entries(versionBounds(page)).map(([key, value]) => [key, value ?? '']),
  );
  const kinds = pages(
    (after) =>
      storeLists(
        versions,
        after === undefined ? amongVersions : { ...amongVersions, marker: after },
        reverse,
        pageSize,
      ),
    (item) => ('subdir' in item ? item.subdir : item.key),
  );
  const merged = mergeVersions(currents, asVersions(kinds), {
    reverse,
    ...(name === undefined
      ? {}
      : { start: { name, id: page.after === 'null' ? undefined : page.after, current: at } }),
    top: (name) =>
      Promise.resolve({
        ids: objects.find((each) => each.name === name)?.versions.map(({ id }) => id) ?? [],
      }),
  });
  const shownEntries: ListingRecord[] = [];
  for await (const entry of merged) {
    shownEntries.push(entry);
    if (shownEntries.length === page.limit) break;
  }
  return shownEntries;
}

async function* pages<T>(
  ask: (after?: string) => T[],
  keyOf: (item: T) => string,
): AsyncGenerator<T> {
  let page = await Promise.resolve(ask());
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = ask(keyOf(last));
  }
}

async function* asVersions(
  items: AsyncIterable<{ key: string; isMarker: boolean } | Subdir>,
): AsyncGenerator<VersionEntry | Subdir> {
  for await (const item of items) {
    if ('subdir' in item) yield { subdir: decodeName(item.subdir) };
    else {
      const parsed = parseVersionName(item.key);
      if (!parsed) throw new Error('no version');
      yield {
        name: parsed.object,
        id: parsed.id,
        isMarker: item.isMarker,
        entry: { name: parsed.object },
      };
    }
  }
}

const line = ({ name, subdir, version_id, is_latest }: ListingRecord) =>
  subdir === undefined
    ? `${String(name)} ${String(version_id)} ${String(is_latest)}`
    : String(subdir);

const textOf = (chars: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...chars.split(',')), minLength, maxLength });
const names = textOf('a,b,-,&,\x01,\x02,~', 1, 4);
const parts = textOf('a,b,-,&,\x01,~', 0, 2);
const container = fc.uniqueArray(
  fc.record({
    name: names,
    versions: fc
      .uniqueArray(
        fc.record({ id: fc.integer({ min: 1, max: 20 }).map(id), isMarker: fc.boolean() }),
        {
          selector: (each) => each.id,
          maxLength: 4,
        },
      )
      .map((all) => all.sort((a, b) => (a.id < b.id ? 1 : -1))),
    current: fc.oneof(
      fc.constant('none' as const),
      fc.constant('null' as const),
      fc.integer({ min: 0, max: 4 }),
    ),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);
const query = fc.record({
  prefix: fc.oneof(fc.constant(''), parts),
  delimiter: fc.constantFrom('', '', '-', '-&', '&', 'ab'),
  endMarker: fc.oneof(fc.constant(''), fc.constant(''), parts),
  reverse: fc.boolean(),
});
const size = fc.integer({ min: 1, max: 5 });

const pageRequestOf = (bounds: Query, place: Place | undefined, limit: number): PageRequest => {
  const parameters = new Map([
    ['prefix', bounds.prefix],
    ['delimiter', bounds.delimiter],
    ['end_marker', bounds.endMarker],
    ['reverse', bounds.reverse ? 'true' : ''],
    ['limit', String(limit)],
    ...(place ? [['marker', place.marker] as const] : []),
    ...(place?.after === undefined ? [] : [['version_marker', place.after] as const]),
  ]);
  const page = parsePageRequest(parameters);
  if (typeof page === 'string') throw new Error(page);
  return page;
};

describe('a listing of versions', () => {
  it('is that of the naive model, from whatever place and however long the pages of the store are', async () => {
    const place = fc.option(
      fc.record(
        {
          marker: names,
          after: fc.oneof(fc.constant('null'), fc.integer({ min: 0, max: 21 }).map(id)),
        },
        { requiredKeys: ['marker'] },
      ),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(container, query, place, size, async (objects, bounds, at, pageSize) => {
        const actual = await real(objects, pageRequestOf(bounds, at, 10_000), pageSize);
        const { after, ...rest } = at ?? { marker: '' };
        const isFolded =
          bounds.delimiter !== '' &&
          (at?.marker ?? '').includes(bounds.delimiter, bounds.prefix.length);
        // there is no place amid the versions of a folded name
        fc.pre(!isFolded || after === undefined);
        expect(actual.map(line)).toEqual(
          naive(objects, bounds, after === undefined ? rest : { ...rest, after }),
        );
      }),
      { numRuns: runs(3000) },
    );
  });

  it('has no gaps and nothing twice when it is asked for page by page', async () => {
    await fc.assert(
      fc.asyncProperty(container, query, size, size, async (objects, bounds, limit, pageSize) => {
        const actual: string[] = [];
        for (let place: Place | undefined; ;) {
          const page = await real(objects, pageRequestOf(bounds, place, limit), pageSize);
          actual.push(...page.map(line));
          const last = page.at(-1);
          if (last === undefined) break;
          expect(page.length).toBeLessThanOrEqual(limit);
          const after = last['version_id'];
          place = {
            marker: String(last['name'] ?? last['subdir']),
            ...(after === undefined ? {} : { after: String(after) }),
          };
        }
        expect(actual).toEqual(naive(objects, bounds, { marker: '' }));
      }),
      { numRuns: runs(2000) },
    );
  });

  it.each([
    [{ version_marker: 'null' }, 'version_marker param requires marker'],
    [{ marker: 'a', version_marker: 'x' }, 'invalid version_marker param'],
    [{ marker: 'a', version_marker: '-1' }, 'invalid version_marker param'],
    [{ delimiter: 'a1' }, 'invalid delimiter param'],
    [{ delimiter: '.' }, 'invalid delimiter param'],
  ])('%j is refused: %s', (parameters, fault) => {
    expect(parsePageRequest(new Map(Object.entries(parameters)))).toBe(fault);
  });

  it('takes an id as short as Swift takes it', () => {
    const page = parsePageRequest(
      new Map([
        ['marker', 'a'],
        ['version_marker', '1700000000.5'],
      ]),
    );
    expect(page).toMatchObject({ after: '1700000000.50000' });
  });
});
