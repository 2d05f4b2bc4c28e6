import { Headers } from '../../../../src/http/headers';
import type { Handler, Response } from '../../../../src/swift_api/message';
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

it.each([
  ['says nothing of S3', [200, {}], false],
  ['keeps no ACLs of S3', [200, { s3api: { s3_acl: false } }], false],
  ['keeps ACLs of S3', [200, { s3api: { s3_acl: true } }], true],
  ['has no /info', [404, 'none'], true],
  ['says what cannot be understood', [200, { s3api: 1 }], true],
] as const)('metadata may be hidden unless /info excludes it: it %s', async (_, answer, hides) => {
  const [status, info] = answer;
  const body = Buffer.from(JSON.stringify(info));
  const cache = new StoreInfoCache(() => Promise.resolve({ status, headers: Headers.none, body }));
  expect((await cache.get(ROOT_REQUEST)).hidesMetadata).toBe(hides);
});

it('what is not known is asked for without waiting, once, and not again at once if it fails', async () => {
  const answers: ((answer: Response) => void)[] = [];
  const cache = new StoreInfoCache(() => new Promise((resolve) => answers.push(resolve)));
  const answer = (status: number) =>
    answers.at(-1)?.({ status, headers: Headers.none, body: Buffer.from('{}') });
  expect([cache.peek(ROOT_REQUEST), cache.peek(ROOT_REQUEST)]).toEqual([undefined, undefined]);
  expect(answers).toHaveLength(1);
  answer(503);
  await new Promise(setImmediate);
  expect([cache.peek(ROOT_REQUEST), answers.length]).toEqual([undefined, 1]);
});

it('what the store said is known from then on', async () => {
  const body = Buffer.from('{}');
  const cache = new StoreInfoCache(() =>
    Promise.resolve({ status: 200, headers: Headers.none, body }),
  );
  expect(cache.peek(ROOT_REQUEST)).toBeUndefined();
  await new Promise(setImmediate);
  expect(cache.peek(ROOT_REQUEST)?.hidesMetadata).toBe(false);
});
