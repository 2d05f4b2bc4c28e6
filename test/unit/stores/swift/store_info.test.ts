import { Headers } from '../../../../src/http/headers';
import type { Handler } from '../../../../src/swift_api/message';
import { StoreInfoCache } from '../../../../src/stores/swift/store_info';
import { ROOT_REQUEST } from '../../../support/stores/bucket_store';

const SHOWN = Headers.of({
  'X-Object-Meta-A': 'a',
  'X-Object-Meta-Public-B': 'b',
  'X-Secret': 'c',
  Etag: 'd',
});

/**
 * Returns what readers by temporary URL see of these headers, and how often the store was
 * asked.
 */
async function shownBy(...answers: readonly (readonly [status: number, info: unknown])[]) {
  let asked = 0;
  const send: Handler = () => {
    const [status, info] = answers[Math.min(asked++, answers.length - 1)]!;
    return Promise.resolve({
      status,
      headers: Headers.none,
      body: Buffer.from(JSON.stringify(info)),
    });
  };
  const cache = new StoreInfoCache(send);
  const sights: string[][] = [];
  for (let times = 0; times < 2; times++) {
    const { shownBySignature } = await cache.get(ROOT_REQUEST);
    sights.push([...shownBySignature(SHOWN).entries()].map(([name]) => name));
  }
  return { sights, asked };
}

const DEFAULT = ['x-object-meta-public-b', 'x-secret', 'etag'];

it('what readers by temporary URL see is what the store says', async () => {
  const tempurl = { outgoing_remove_headers: ['x-secret'], outgoing_allow_headers: [] };
  const { sights, asked } = await shownBy([200, { tempurl }]);
  const expected = ['x-object-meta-a', 'x-object-meta-public-b', 'etag'];
  expect([sights, asked]).toEqual([[expected, expected], 1]);
});

it.each([
  ['says nothing about it', [200, {}]],
  ['has no /info', [404, 'none']],
  ['says what cannot be understood', [200, { tempurl: { outgoing_remove_headers: 1 } }]],
] as const)('it is the usual if the store %s', async (_, answer) => {
  expect((await shownBy(answer)).sights).toEqual([DEFAULT, DEFAULT]);
});

it('a store that fails is asked again', async () => {
  const tempurl = { outgoing_remove_headers: ['etag'], outgoing_allow_headers: [] };
  const { sights } = await shownBy([503, {}], [200, { tempurl }]);
  expect(sights).toEqual([DEFAULT, ['x-object-meta-a', 'x-object-meta-public-b', 'x-secret']]);
});
