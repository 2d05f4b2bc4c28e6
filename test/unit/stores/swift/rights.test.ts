import { Headers } from '../../../../src/http/headers';
import { Rights } from '../../../../src/stores/swift/rights';
import { Right } from '../../../../src/swift_api/authority/grants';
import { NO_BODY, type Request } from '../../../../src/swift_api/message';

const TARGET = { version: 'v1', account: 'AUTH_a', container: 'c', object: 'o' };

/** What a client without a service user behind it may lock, by the store's status. */
async function lockedBy(method: string, status: number) {
  const sent: Request[] = [];
  const rights = new Rights(
    (request) => {
      sent.push(request);
      return Promise.resolve({ status, headers: Headers.none, body: NO_BODY });
    },
    undefined,
    0,
  );
  const request: Request = {
    method,
    path: '/v1/AUTH_a/c/o',
    query: '',
    headers: Headers.of({ 'X-Auth-Token': 't' }),
    body: NO_BODY,
    signal: new AbortController().signal,
    transactionId: 'tx',
    authority: 'client',
    receivedBytes: () => 0,
  };
  const result = await rights.mayLock(request, TARGET);
  expect(sent.map(({ method, authority }) => [method, authority])).toEqual(
    method === 'POST' ? [] : [['HEAD', 'client']],
  );
  return result;
}

describe('without a service user', () => {
  it.each([
    ['PUT', 200],
    ['DELETE', 204],
    ['PUT', 404],
    ['PUT', 503],
    ['POST', 403],
  ])('no right is established by a look at the object (%s, %d)', async (method, status) => {
    const result = await lockedBy(method, status);
    expect(typeof result === 'object' && Right.is(result)).toBe(false);
    expect(result).toBe('client');
  });

  it.each([401, 403])('a client that may not read the object is refused: %d', async (status) => {
    expect(await lockedBy('PUT', status)).toMatchObject({ status });
  });
});
