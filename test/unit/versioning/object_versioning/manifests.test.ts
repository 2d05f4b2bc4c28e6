import { checkManifest } from '../../../../src/versioning/object_versioning/manifests';
import { Headers } from '../../../../src/http/headers';
import {
  NO_BODY,
  type Handler,
  type Request,
  type Response,
} from '../../../../src/swift_api/message';
import type { ObjectTarget } from '../../../../src/swift_api/target';
import { rightTo } from '../../../support/stores/authority';
import { ObjectCall } from '../../../../src/versioning/calls';

const TARGET: ObjectTarget = { version: 'v1', account: 'a', container: 'c', object: 'large' };
const APP = { mayWrite: () => Promise.resolve(rightTo('write', '/v1/a/c/o')) };
const HIDDEN = '[{"path": "/.hindsight-versions-c/v"}]';
const VISIBLE = '[{"path": "/c/part"}]';

function request(more: Partial<Request>): Request {
  return {
    method: 'PUT',
    path: '/v1/a/c/large',
    query: 'multipart-manifest=put',
    headers: Headers.none,
    body: NO_BODY,
    signal: new AbortController().signal,
    transactionId: 'tx',
    authority: 'client',
    receivedBytes: () => 0,
    ...more,
  };
}

/** A store with this source of a copy. */
function store(body: string, headers: Record<string, string> = {}, status = 200) {
  const requests: string[] = [];
  const handler: Handler = ({ method, path, query }) => {
    requests.push(`${method} ${path}?${query}`);
    return Promise.resolve({
      status,
      headers: Headers.of({ Etag: 'e', ...headers }),
      body: Buffer.from(body),
    });
  };
  return { handler, requests };
}

const copy = (query: string, more: Record<string, string> = {}) =>
  request({ query, headers: Headers.of({ 'X-Copy-From': 'c/source', ...more }) });

const statusOf = (outcome: Request | Response) =>
  'status' in outcome ? outcome.status : undefined;

it('a copy that becomes a manifest is made of what was judged, or not at all', async () => {
  const { handler, requests } = store(VISIBLE, {}, 206);
  const outcome = await checkManifest(
    new ObjectCall(copy('multipart-manifest=put', { Range: 'bytes=0-' }), TARGET),
    handler,
    APP,
  );
  expect('status' in outcome || outcome.headers.get('if-match')).toBe('e');
  expect(requests).toEqual(['GET /v1/a/c/source?']);
});

it('a page in a browser learns why a copy is refused: its origin goes with the read', async () => {
  const asked: Headers[] = [];
  const handler: Handler = ({ headers }) => {
    asked.push(headers);
    return Promise.resolve({ status: 404, headers: Headers.none, body: NO_BODY });
  };
  const fromPage = copy('multipart-manifest=put', { Origin: 'http://a.example' });
  await checkManifest(new ObjectCall(fromPage, TARGET), handler, APP);
  expect(asked.map((headers) => headers.get('origin'))).toEqual(['http://a.example']);
});

it('one whose source cannot be distinguished from later content is refused', async () => {
  const handler: Handler = () =>
    Promise.resolve({ status: 200, headers: Headers.none, body: Buffer.from(VISIBLE) });
  expect(
    statusOf(
      await checkManifest(new ObjectCall(copy('multipart-manifest=put'), TARGET), handler, APP),
    ),
  ).toBe(400);
});

it('a copy is refused as its source is', async () => {
  const { handler } = store('', {}, 403);
  expect(
    statusOf(
      await checkManifest(new ObjectCall(copy('multipart-manifest=put'), TARGET), handler, APP),
    ),
  ).toBe(403);
});

it.each([
  ['is one', { 'X-Static-Large-Object': 'yes' }, '[{"name": "/.hindsight-versions-c/v"}]', 400],
  ['names nothing hidden', { 'X-Static-Large-Object': 'True' }, '[{"name": "/c/part"}]', undefined],
  ['cannot be read', { 'X-Static-Large-Object': 'True' }, '\ufeff[]', 400],
  [
    'is of segments found by their names',
    { 'X-Object-Manifest': '%2Ehindsight-versions-c/v' },
    '',
    400,
  ],
  ['is no manifest', {}, HIDDEN, undefined],
])('a copy of a manifest that %s', async (_, headers, body, status) => {
  const { handler } = store(body, headers);
  expect(
    statusOf(
      await checkManifest(new ObjectCall(copy('multipart-manifest=get'), TARGET), handler, APP),
    ),
  ).toBe(status);
});

it('what a signed URL does not mean is no manifest', async () => {
  const { handler } = store('');
  const sourceRequest = request({
    query: 'multipart-manifest=put&temp_url_sig=x&temp_url_expires=1',
    body: Buffer.from(HIDDEN),
  });
  expect(await checkManifest(new ObjectCall(sourceRequest, TARGET), handler, APP)).toBe(
    sourceRequest,
  );
});
