import { partsGuard } from '../../../middleware/parts_guard';
import { PartsAcls } from '../../../middleware/parts_guard/acls';
import { namesParts } from '../../../middleware/parts_guard/manifests';
import { leadsToParts } from '../../../middleware/parts_guard/named';
import { statusResponse } from '../../../src/swift_api/responses';
import { Headers } from '../../../src/http/headers';
import type { Handler, Request } from '../../../src/swift_api/message';
import { subrequest } from '../../../src/swift_api/subrequest';
import { readConfig } from '../../../src/pipeline/load';
import { bucketOfParts, partsContainerOf } from '../../../src/swift_api/reserved';
import { rightTo } from '../../support/stores/authority';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

describe('the names of containers of parts', () => {
  it('are those of buckets, and lead back to them', () => {
    expect(bucketOfParts(partsContainerOf('bucket'))).toBe('bucket');
    for (const name of ['bucket', '+segments', 'bucket+segments+', ''])
      expect(bucketOfParts(name)).toBeUndefined();
  });

  it.each([
    ['b+segments', true],
    ['b+segments/part', true],
    ['//b+segments/part', true],
    ['b/c+segments', false],
    ['b/x+segments/part', false],
    ['', false],
  ])('are found in the path %p: %p', (path, leads) => expect(leadsToParts(path)).toBe(leads));

  it.each([
    ['[{"path": "b+segments/p"}]', true],
    ['[{"path": "\\u0062\\u002bsegments/p"}]', true],
    ['[{"path": "b/p"}, {"data": "YQ=="}]', false],
    ['[]', false],
    ['{}', undefined],
    ['\ufeff[{"path": "b+segments/p"}]', undefined],
  ])('are found in the manifest %p: %p', async (text, names) =>
    expect(await namesParts(Buffer.from(text))).toBe(names),
  );

  it('are not found in a manifest that only other readers understand', async () => {
    const manifest = Buffer.from('[{"path": "b+segments/p"}]', 'utf16le');
    expect(await namesParts(manifest)).toBeUndefined();
  });
});

describe('the guard of parts', () => {
  /** A store that refuses the client only what is in a container without ACLs. */
  const store = () => {
    const requests: Request[] = [];
    const handler: Handler = (request) => {
      requests.push(request);
      return Promise.resolve(statusResponse(/hindsight-none/.test(request.path) ? 403 : 200));
    };
    return { requests, handler };
  };
  const app = (refusal?: 403) => ({
    power: 'service' as const,
    protectsParts: true as const,
    mayWrite: () =>
      Promise.resolve(refusal ? statusResponse(refusal) : rightTo('write', '/v1/AUTH_a/b/k')),
    mayLock: () => Promise.reject(new Error('not asked')),
  });
  const ask = (method: string, path: string, headers = {}, query = '') =>
    subrequest(ROOT_REQUEST, {
      method,
      path: `/v1/AUTH_a/${path}`,
      query,
      headers: Headers.of(headers),
    });

  it('continues in the name of the service user only for a dialect, and for clients that may write the bucket', async () => {
    const path = 'b+segments/k/marker';
    const forParts = (bucket: string, right: 'write' | 'read' | 'none') => ({
      ...ask('PUT', path),
      dialect: { parts: { bucket, key: 'k', right } },
    });
    for (const [request, refusal, expected] of [
      [forParts('b', 'write'), undefined, 'service'],
      [forParts('b', 'write'), 403, undefined],
      // of another bucket, or for another purpose
      [forParts('c', 'write'), undefined, undefined],
      [forParts('b', 'read'), undefined, undefined],
      [forParts('b', 'none'), undefined, undefined],
      [{ ...ask('PUT', path), dialect: {} }, undefined, undefined],
      [ask('PUT', path), undefined, undefined],
    ] as const) {
      const { requests, handler } = store();
      const { status } = await partsGuard(app(refusal))(handler)(request);
      const markerRequest = requests.find((each) => each.path.endsWith('marker'));
      const by = markerRequest && (markerRequest.authority === 'client' ? 'client' : 'service');
      expect([by, status]).toEqual([expected, expected ? 200 : 403]);
    }
  });

  it('asks for a right once for all that one request of a client needs, and not for another', async () => {
    let times = 0;
    const { mayWrite } = app();
    const counting = { ...app(), mayWrite: () => (times++, mayWrite()) };
    const handler = partsGuard(counting)(store().handler);
    const dialect = { parts: { bucket: 'b', key: 'k', right: 'write' } } as const;
    const request = { ...ask('DELETE', 'b+segments/k/1', { 'X-Auth-Token': 'one' }), dialect };
    await Promise.all([handler(request), handler(request)]);
    expect(times).toBe(1);
    await handler({ ...request, headers: Headers.of({ 'X-Auth-Token': 'two' }) });
    await handler({ ...request, transactionId: 'another' });
    expect(times).toBe(3);
  });

  it.each([
    ['GET', 'b/k', {}, ''],
    ['PUT', 'b/k', { 'X-Copy-From': 'b/other' }, ''],
    ['PUT', 'b/k', { 'X-Symlink-Target': 'b/segments' }, ''],
    ['PUT', 'b+segments', {}, ''],
    ['OPTIONS', 'b+segments/part', {}, ''],
  ])('asks for nothing about %s %s %j', async (method, path, headers, query) => {
    const { requests, handler } = store();
    await partsGuard(app())(handler)(ask(method, path, headers, query));
    expect(requests.map((each) => each.path)).toEqual([`/v1/AUTH_a/${path}`]);
  });
});

describe('the ACLs of a container of parts', () => {
  /** Two containers; another proxy may change the bucket's ACL after any request. */
  const containers = (
    bucket: string,
    parts: string,
    meanwhile: readonly (string | undefined)[] = [],
  ) => {
    const read = new Map([
      ['b', bucket],
      ['b%2Bsegments', parts],
    ]);
    let at = 0;
    const next: Handler = (request) => {
      const name = request.path.split('/').at(-1) ?? '';
      if (request.method === 'POST') read.set(name, request.headers.get('x-container-read') ?? '');
      const headers = Headers.of({ 'X-Container-Read': read.get(name) || undefined });
      const changed = meanwhile[at++];
      if (changed !== undefined) read.set('b', changed);
      return Promise.resolve(statusResponse(204, headers));
    };
    return { read, next };
  };
  const align = (next: Handler) =>
    new PartsAcls(next, 'service').align(
      ROOT_REQUEST,
      { version: 'v1', account: 'AUTH_a', container: 'b' },
      rightTo('change', '/v1/AUTH_a/b'),
    );

  it.each([
    ['.r:*,.rlistings', '.r:*,.rlistings', '.r:*'],
    ['a:b, .rlistings,.r:x', '', 'a:b,.r:x'],
    ['', '.r:*,.rlistings', ''],
  ])('of a bucket with %p, %p before, are %p', async (bucket, before, after) => {
    const { read, next } = containers(bucket, before);
    expect(await align(next)).toBe(true);
    expect(read.get('b%2Bsegments')).toBe(after);
  });

  it('are those of what the bucket has in the end, whenever that is changed', async () => {
    for (const step of [0, 1, 2]) {
      const { read, next } = containers('.r:*', '', [...Array<undefined>(step), 'a:b']);
      await align(next);
      // a client that changes it comes later, and does the same
      await align(next);
      expect(read.get('b%2Bsegments')).toBe('a:b');
    }
  });
});

describe('a configuration', () => {
  const text = (pipeline: string, login: string) => `[pipeline:main]
pipeline = ${pipeline} swift
[app:swift]
upstream = http://127.0.0.1:18080
${login}`;
  const LOGIN = 'auth_url = http://127.0.0.1/auth\nauth_user = u\nauth_key = k';

  it.each([
    ['catch_errors gatekeeper s3api', '', 1],
    ['catch_errors gatekeeper qsapi', '', 1],
    ['catch_errors gatekeeper s3api', LOGIN, 0],
    ['catch_errors gatekeeper', '', 0],
  ])('with %s says what stays open: %p', (pipeline, login, many) => {
    const { remarks } = readConfig(text(pipeline, login), 'test.conf', {});
    expect(remarks.filter((each) => each.includes('BUCKET+segments'))).toHaveLength(many);
  });
});
