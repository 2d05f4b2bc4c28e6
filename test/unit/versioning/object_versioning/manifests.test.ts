import { Readable } from 'node:stream';
import { checkManifest } from '../../../../src/versioning/object_versioning/manifests';
import { BodyMemory, BodyMemoryFull } from '../../../../src/http/body_memory';
import { Headers } from '../../../../src/http/headers';
import {
  NO_BODY,
  textResponse,
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

describe('the content of a copy that becomes a manifest', () => {
  const put = new ObjectCall(copy('multipart-manifest=put'), TARGET);
  const source =
    (body: Readable | Buffer): Handler =>
    () =>
      Promise.resolve({ status: 200, headers: Headers.of({ Etag: 'e' }), body });

  it('is not read if the client may not write the copy', async () => {
    const body = new Readable({ read: () => undefined });
    const mayWrite = () => Promise.resolve(textResponse(403, 'no'));
    expect(statusOf(await checkManifest(put, source(body), { mayWrite }))).toBe(403);
    expect([body.readableDidRead, body.destroyed]).toEqual([false, true]);
  });

  it('counts in the memory for bodies, within the limits of a manifest', async () => {
    const exchange = new BodyMemory(1024 * 1024).newExchange();
    const long = Readable.from([Buffer.alloc(300_000, ' ')]);
    const held = new ObjectCall({ ...put.request, memory: exchange }, TARGET);
    await expect(checkManifest(held, source(long), APP)).rejects.toThrow(BodyMemoryFull);
    expect(long.destroyed).toBe(true);
    const limits = () => Promise.resolve({ segments: 1, bytes: 9_000_000, deletes: 1 });
    const tooLong = Readable.from([Buffer.alloc(9_000_001, ' ')]);
    expect(statusOf(await checkManifest(put, source(tooLong), { ...APP, limits }))).toBe(413);
    expect(tooLong.destroyed).toBe(true);
  });

  it('is reported as the store’s failure if it breaks off', async () => {
    const body = new Readable({
      read() {
        this.destroy(new Error('reset'));
      },
    });
    await expect(checkManifest(put, source(body), APP)).rejects.toMatchObject({
      name: 'StoreError',
      message: 'the source of the copy broke off: reset',
    });
  });
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
