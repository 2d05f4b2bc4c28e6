import { Readable } from 'node:stream';
import { Headers } from '../../../src/http/headers';
import { SwiftClient, withoutCredentials } from '../../../src/swift_api/client';
import { headersAuthority } from '../../../src/swift_api/authority/closed_list';
import { NO_BODY, type Request, type Response } from '../../../src/swift_api/message';
import { statusResponse } from '../../../src/swift_api/responses';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

const CONTAINER = { version: 'v1', account: 'AUTH_a', container: 'c' };
const CREDENTIALS = {
  'X-Auth-Token': 't',
  'X-Storage-Token': 's',
  'X-Service-Token': 'u',
  Authorization: 'a',
};

/** A request of a client, with all that a client can send. */
const parent: Request = {
  ...ROOT_REQUEST,
  method: 'PUT',
  path: '/v1/AUTH_a/other/o',
  query: 'multipart-manifest=put',
  headers: Headers.of({ ...CREDENTIALS, Host: 'h', 'X-Copy-From': 'c/o', 'Content-Type': 'x/y' }),
  body: Buffer.from('body'),
  host: 'h',
  isSite: true,
  remoteAddress: '::1',
  dialect: {},
  isReseller: true,
  confirm: () => undefined,
  sendContinue: () => undefined,
  authorise: () => undefined,
};

const OWN = { 'X-Trans-Id-Extra': parent.transactionId };
const service = headersAuthority(CONTAINER);

test.each([
  ['as the client, with its credentials', parent, 'client', { ...OWN, ...CREDENTIALS }],
  ['as the service user, with none', parent, service, OWN],
  ['as the client without credentials', withoutCredentials(parent), 'client', OWN],
] as const)('a request %s', (_, onBehalf, authority, headers) => {
  const request = new SwiftClient(refuse, onBehalf, authority).request('HEAD', CONTAINER);
  expect({ ...request, headers: sorted(request.headers) }).toEqual({
    method: 'HEAD',
    path: '/v1/AUTH_a/c',
    query: '',
    headers: sorted(Headers.of(headers)),
    body: NO_BODY,
    signal: parent.signal,
    transactionId: parent.transactionId,
    authority,
    authorise: parent.authorise,
    receivedBytes: expect.any(Function) as unknown,
  });
  expect(request.receivedBytes()).toBe(0);
});

test('it has the authority of its parent by default', () => {
  const ofService = { ...parent, authority: service };
  expect(new SwiftClient(refuse, parent).authority).toBe('client');
  expect(new SwiftClient(refuse, ofService).authority).toBe(service);
});

test('headers of a request replace credentials, and its body has a length', () => {
  const client = new SwiftClient(refuse, parent);
  const headers = Headers.of({ x_auth_token: 'own' });
  const request = client.request('PUT', '/info', { query: { a: 'ü/' }, headers });
  expect(request.headers.get('x-auth-token')).toBe('own');
  expect(request.headers.get('content-length')).toBe('0');
  expect([request.path, request.query]).toEqual(['/info', 'a=%FC%2F']);
});

test('the response to HEAD has no body left', async () => {
  const body = Readable.from([Buffer.from('unexpected')]);
  const answer: Response = { ...statusResponse(200), body };
  const head = await new SwiftClient(() => Promise.resolve(answer), parent).head(CONTAINER);
  expect([head.status, head.body, body.readableEnded]).toEqual([200, NO_BODY, true]);
});

function refuse(): Promise<Response> {
  return Promise.reject(new Error('nothing is sent'));
}

function sorted(headers: Headers): [string, string][] {
  return [...headers.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}
