import fc from 'fast-check';
import { createBucket, setVersioning } from '../../../src/buckets/bucket';
import type { Caller } from '../../../src/buckets/caller';
import { listObjects, type ListingQuery } from '../../../src/buckets/listing';
import {
  listVersions,
  type ListedVersion,
  type VersionsQuery,
} from '../../../src/buckets/version_listing';
import { removeObject, writeObject } from '../../../src/buckets/writes';
import { toBytes } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import type { BucketStore } from '../../support/stores/bucket_store';
import { partOf } from '../../support/running/depth';

const KEYS = [
  'a',
  'a!',
  'a/',
  'a/b',
  'a/b/c',
  'a//',
  'a0',
  'ab1c',
  'ab1d',
  'b',
  'dir/x',
  'dir/y',
  'dir.1',
  'é/é',
  '\x01',
]
  .map(toBytes)
  .sort();
const PREFIXES = ['', 'a', 'a/', 'ab1', 'dir', 'nothing', toBytes('é')];
const DELIMITERS = ['', '/', 'b', '1', '/b', '.'];

const write = (caller: Caller, bucket: string, key: string, text: string) => {
  const body = Buffer.from(text);
  return writeObject(caller, { bucket, key }, { headers: Headers.none, body, length: body.length });
};

/** Returns what a delimiter folds a key into, or the key itself if it is not folded. */
function foldKey(key: string, prefix: string, delimiter: string): string {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? key : key.slice(0, at + delimiter.length);
}

const queries = fc.record({
  prefix: fc.constantFrom(...PREFIXES),
  delimiter: fc.constantFrom(...DELIMITERS),
  limit: fc.integer({ min: 1, max: 6 }),
});

async function allObjects(caller: Caller, query: ListingQuery): Promise<string[]> {
  const found: string[] = [];
  for (let startAfter = query.startAfter; ;) {
    const page = await listObjects(caller, 'listed', { ...query, startAfter });
    const names = [...page.objects.map(({ key }) => key), ...page.prefixes].sort();
    expect(names.length).toBeLessThanOrEqual(query.limit);
    found.push(...names);
    if (page.next === undefined) return found;
    expect(names).toHaveLength(query.limit);
    expect(page.next).toBe(names.at(-1));
    startAfter = page.next;
  }
}

async function allVersions(caller: Caller, query: VersionsQuery): Promise<ListedVersion[]> {
  const all: ListedVersion[] = [];
  let { keyMarker, versionMarker } = query;
  for (;;) {
    const page = await listVersions(caller, 'listed', { ...query, keyMarker, versionMarker });
    expect(page.entries.length).toBeLessThanOrEqual(query.limit);
    all.push(...page.entries);
    if (page.next === undefined) return all;
    expect(page.entries).toHaveLength(query.limit);
    keyMarker = page.next.key;
    versionMarker = page.next.versionId;
  }
}

const nameOf = (entry: ListedVersion) =>
  entry.kind === 'prefix' ? entry.prefix : `${entry.key} ${entry.versionId}`;

/** Listings of buckets over a store: pages of any size together list everything. */
export function listingsSuite(open: () => Promise<BucketStore>, runs: number): void {
  let store: BucketStore;
  let versions: ListedVersion[];

  beforeAll(async () => {
    store = await open();
    const { caller } = store;
    await createBucket(caller, 'listed');
    for (const key of KEYS) await write(caller, 'listed', key, 'null');
    await setVersioning(caller, 'listed', 'enabled');
    for (const key of ['a', 'a/b', 'ab1c', 'dir/x']) await write(caller, 'listed', key, 'second');
    for (const key of ['a/b', 'b', 'none']) await removeObject(caller, { bucket: 'listed', key });
    await write(caller, 'listed', 'b', 'again');
    const whole = {
      prefix: '',
      delimiter: '',
      keyMarker: '',
      versionMarker: undefined,
      limit: 1000,
    };
    versions = [...(await listVersions(caller, 'listed', whole)).entries];
  }, 60_000);
  afterAll(() => store.close());

  const current = () =>
    versions.flatMap((each) => (each.kind === 'version' && each.isLatest ? [each.key] : []));

  it('shows every version, newest first, one of each key the latest', () => {
    expect(versions).toHaveLength(KEYS.length + 4 + 3 + 1);
    const keys = versions.map((each) => (each.kind === 'prefix' ? '' : each.key));
    expect(keys).toEqual([...keys].sort());
    const latest = versions.filter((each) => each.kind !== 'prefix' && each.isLatest);
    expect(latest).toHaveLength(new Set(keys).size);
    expect(current()).toEqual(KEYS.filter((key) => key !== 'a/b'));
  });

  it('lists objects in pages that fold as the model does', async () => {
    const start = fc.constantFrom('', ...KEYS, 'dir/', 'zzz');
    await fc.assert(
      fc.asyncProperty(queries, start, async (query, startAfter) => {
        const { prefix, delimiter } = query;
        const expected = current()
          .filter((key) => key > startAfter && key.startsWith(prefix))
          .map((key) => foldKey(key, prefix, delimiter))
          .filter((name) => name !== startAfter);
        expect(await allObjects(store.caller, { ...query, startAfter })).toEqual([
          ...new Set(expected),
        ]);
      }),
      { numRuns: runs },
    );
  }, 120_000);

  it('lists versions in pages that fold as the model does', async () => {
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const { prefix, delimiter } = query;
        const expected = versions.flatMap((each) => {
          if (each.kind === 'prefix' || !each.key.startsWith(prefix)) return [];
          const isFolded = delimiter !== '' && each.key.includes(delimiter, prefix.length);
          return [isFolded ? foldKey(each.key, prefix, delimiter) : nameOf(each)];
        });
        const all = await allVersions(store.caller, {
          ...query,
          keyMarker: '',
          versionMarker: undefined,
        });
        const distinct = expected.filter((name, i) => name !== expected[i - 1]);
        expect(all.map(nameOf)).toEqual(distinct);
      }),
      { numRuns: runs },
    );
  }, 120_000);

  it('begins behind a key, or behind a version of it', async () => {
    const all = { prefix: '', delimiter: '', limit: 1000 };
    const tried = new Set(partOf(versions, { oneOf: 3 }));
    for (const [i, each] of versions.entries()) {
      if (each.kind === 'prefix' || !tried.has(each)) continue;
      const { key, versionId } = each;
      const behind = await listVersions(store.caller, 'listed', {
        ...all,
        keyMarker: key,
        versionMarker: versionId,
      });
      expect(behind.entries.map(nameOf)).toEqual(versions.slice(i + 1).map(nameOf));
      const beyond = await listVersions(store.caller, 'listed', {
        ...all,
        keyMarker: key,
        versionMarker: undefined,
      });
      const others = versions.filter((other) => other.kind !== 'prefix' && other.key > key);
      expect(beyond.entries.map(nameOf)).toEqual(others.map(nameOf));
    }
  }, 60_000);

  it('lists nothing if nothing is requested, or nothing exists', async () => {
    const none = { prefix: '', delimiter: '', limit: 0 };
    const objects = await listObjects(store.caller, 'listed', { ...none, startAfter: '' });
    expect(objects).toEqual({ objects: [], prefixes: [], next: undefined });
    const page = await listVersions(store.caller, 'listed', {
      ...none,
      keyMarker: '',
      versionMarker: undefined,
    });
    expect(page).toEqual({ entries: [], next: undefined });
    const missing = listObjects(store.caller, 'missing', { ...none, startAfter: '', limit: 1 });
    await expect(missing).rejects.toMatchObject({ code: 'no-such-bucket' });
  });
}
