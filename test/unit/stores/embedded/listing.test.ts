import fc from 'fast-check';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import type { ListingQuery, Storage } from '../../../../src/stores/embedded/storage/storage';
import { namesOf, put } from '../../../support/stores/storage';
import { runs } from '../../../support/running/runs';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

/** Names of few distinct bytes, including the extremes, so that query values match. */
const someName = fc
  .array(fc.constantFrom('\0', '\x01', '/', '0', 'a', '\xfe', '\xff'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((chars) => chars.join(''));

const someQuery: fc.Arbitrary<ListingQuery> = fc.record(
  {
    prefix: fc.oneof(fc.constant(''), someName),
    delimiter: fc.constantFrom('', '/', 'a', '\xff', '//', 'a/', '\xff\xff'),
    marker: fc.oneof(fc.constant(''), someName),
    endMarker: fc.oneof(fc.constant(''), someName),
    limit: fc.oneof(fc.nat(5), fc.constant(1000)),
    reverse: fc.boolean(),
  },
  { requiredKeys: ['limit'] },
);

describe('listings', () => {
  let storage: Storage;
  beforeAll(async () => (storage = await openStorage(await newFolder())));
  afterAll(() => storage.close());

  it('show what Swift’s rules say, whatever is asked of whatever names', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(someName, { maxLength: 40 }),
        fc.array(someQuery, { minLength: 20 }),
        async (names, queries) => {
          const container = `c${count++}`;
          // Adjacent containers on both sides, whose names must not appear.
          for (const each of [container, container + 'x'])
            await storage.putContainer('a', each, {});
          const { content } = await put(storage, 'seed', '');
          const all = { content, contentType: '', attributes: {} };
          await storage.putObject('a', container + 'x', 'neighbour', all);
          await Promise.all(names.map((name) => storage.putObject('a', container, name, all)));
          for (const query of queries) {
            expect(namesOf(storage.listObjects('a', container, query))).toEqual(
              expected(names, query),
            );
          }
        },
      ),
      { numRuns: runs(150) },
    );
  });

  beforeAll(() => storage.putContainer('a', 'c', {}));
});

/**
 * Swift's `ContainerBroker.list_objects_iter` as a filter: returns names in the range and
 * with the prefix. A name with the delimiter after the prefix is folded up to it; a
 * folded name appears once, unless it is the (lower) marker.
 */
function expected(names: string[], query: ListingQuery): string[] {
  const { prefix = '', delimiter = '', limit, reverse = false } = query;
  const [low = '', high = ''] = reverse
    ? [query.endMarker, query.marker]
    : [query.marker, query.endMarker];
  const within = [...names]
    .sort()
    .filter(
      (name) =>
        name.startsWith(prefix) && (low === '' || name > low) && (high === '' || name < high),
    );
  if (reverse) within.reverse();
  const rows = within.map((name) => {
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    return end < 0 ? name : `[${name.slice(0, end + delimiter.length)}]`;
  });
  return [...new Set(rows)].filter((name) => name !== `[${low}]`).slice(0, limit);
}
