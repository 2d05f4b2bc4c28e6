import { Headers } from '../../../../src/http/headers';
import { NO_BODY, type Request } from '../../../../src/swift_api/message';
import { SwiftStore } from '../../../../src/versioning/store/swift_store';
import { unlimited } from '../../../support/stores/authority';

const REQUEST: Request = {
  method: 'PUT',
  path: '/v1/a/c/o',
  query: '',
  headers: Headers.none,
  body: NO_BODY,
  signal: new AbortController().signal,
  transactionId: 'tx',
  authority: unlimited(),
  receivedBytes: () => 0,
};
const SNAPSHOT = { headers: Headers.of({ 'Content-Type': 'text/plain' }), body: Buffer.from('x') };
const TO = { account: 'a', container: 'archive', object: 'o' };

/** Writes an object that was fetched to a store that answers with this status. */
function put(status: number, condition?: 'if-new', sent: Request[] = []): Promise<string> {
  const answer = { status, headers: Headers.none, body: Buffer.from('why') };
  const store = new SwiftStore((request) => {
    sent.push(request);
    return Promise.resolve(answer);
  }, REQUEST);
  return store.putSnapshot(SNAPSHOT, TO, condition);
}

it('a fetched object is written', async () => {
  expect(await put(201)).toBe('written');
});

it.each([400, 408, 422])('the store may copy it if it did not take the PUT: %d', async (status) => {
  expect(await put(status)).toBe('not-taken');
});

it.each([401, 403, 404, 413, 429])('a refusal is one of the copy as well: %d', async (status) => {
  await expect(put(status)).rejects.toMatchObject({ code: 'refused', status });
});

it.each([202, 500, 503, 507])('it may have been written, or is not kept: %d', async (status) => {
  await expect(put(status)).rejects.toMatchObject({ code: 'unavailable', status });
});

it('with a condition, something may be there', async () => {
  const sent: Request[] = [];
  expect(await put(412, 'if-new', sent)).toBe('exists');
  expect(await put(201, 'if-new', sent)).toBe('written');
  expect(await put(201, undefined, sent)).toBe('written');
  expect(sent.map(({ headers }) => headers.get('if-none-match'))).toEqual(['*', '*', undefined]);
  await expect(put(412)).rejects.toMatchObject({ code: 'refused', status: 412 });
});
