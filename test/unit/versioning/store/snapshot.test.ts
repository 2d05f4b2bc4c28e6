import { Readable } from 'node:stream';
import { Headers } from '../../../../src/http/headers';
import { rangeOfWhole, readSnapshot } from '../../../../src/versioning/store/snapshot';

const ETAG = '0123456789abcdef0123456789abcdef';
const OWN = { 'Content-Type': 'text/plain', 'X-Object-Meta-A': 'a', 'X-Custom': 'kept' };

function response(headers: Record<string, string>, body = 'body', status = 206) {
  const length = { 'Content-Range': `bytes 0-${body.length - 1}/${body.length}` };
  return {
    status,
    headers: Headers.of({ ETag: ETAG, ...length, ...OWN, ...headers }),
    body: Buffer.from(body),
  };
}

it('a small object is its content and its own headers', async () => {
  const answered = { Date: 'd', 'X-Timestamp': '1.00000', 'X-Trans-Id': 't', 'Last-Modified': 'l' };
  const snapshot = await readSnapshot(response(answered), 4);
  expect(snapshot?.body.toString()).toBe('body');
  expect(snapshot && [...snapshot.headers.entries()].sort()).toEqual([
    ['content-type', 'text/plain'],
    ['etag', ETAG],
    ['x-custom', 'kept'],
    ['x-object-meta-a', 'a'],
  ]);
});

it('the ETag may be quoted, and an empty object comes as a whole', async () => {
  const quoted = await readSnapshot(response({ ETag: `"${ETAG}"` }), 4);
  expect(quoted?.headers.get('etag')).toBe(ETAG);
  const empty = await readSnapshot(response({ 'Content-Length': '0' }, '', 200), 4);
  expect(empty?.body).toHaveLength(0);
});

it.each([
  ['longer than asked for', response({ 'Content-Range': 'bytes 6-9/10' })],
  ['longer, and sent as a whole', response({ 'Content-Length': '5' }, 'whole', 200)],
  ['of unknown length', response({}, 'body', 200)],
  ['without a range', response({ 'Content-Range': 'none' })],
  ['a large object', response({ 'X-Static-Large-Object': 'True' })],
  ['a manifest', response({ 'X-Object-Manifest': 'c/o' })],
  ['of no known type', { ...response({}), headers: response({}).headers.without('content-type') }],
  ['a pointer to another, however that came there', response({ 'X-Copy-From': 'c/o' })],
  ['a symlink', response({ 'X-Symlink-Target': 'c/o' })],
  ['without the MD5 of its content', response({ ETag: `${ETAG}-2` })],
  ['not what its range says', response({ 'Content-Range': 'bytes 0-2/3' })],
])('an object is not fetched if it is %s', async (_, answer) => {
  expect(await readSnapshot(answer, 4)).toBeUndefined();
});

it('a body that is not needed is read to its end, or destroyed', async () => {
  const short = Readable.from([Buffer.from('body')]);
  await readSnapshot({ ...response({ 'X-Symlink-Target': 'c/o' }), body: short }, 4);
  expect(short.readableEnded).toBe(true);
  const long = Readable.from(Array(100).fill(Buffer.alloc(4096)));
  await readSnapshot({ ...response({ 'Content-Length': '409600' }, '', 200), body: long }, 4);
  expect(long.destroyed).toBe(true);
});

it('a body that breaks off is an error', async () => {
  const body = Readable.from(
    (function* () {
      yield Buffer.from('bo');
      throw new Error('reset');
    })(),
  );
  await expect(readSnapshot({ ...response({}), body }, 4)).rejects.toThrow('reset');
});

it('what is asked for is the end, which Swift sends of an empty object, too', () => {
  expect(rangeOfWhole(65_536)).toBe('bytes=-65536');
});
