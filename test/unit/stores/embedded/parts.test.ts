import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statusResponse } from '../../../../src/swift_api/responses';
import { readAll } from '../../../../src/http/body';
import { Headers } from '../../../../src/http/headers';
import type { Authorise, Handler } from '../../../../src/swift_api/message';
import { subrequest } from '../../../../src/swift_api/subrequest';
import { createHandler } from '../../../../src/stores/embedded/api/handler';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../../src/stores/embedded/storage/storage';
import { ROOT_REQUEST } from '../../../support/stores/bucket_store';

/** Lets a guest do what ACLs allow. */
const byAcl: Authorise = ({ method, readAcl, writeAcl }) =>
  ((method === 'GET' || method === 'HEAD' ? readAcl : writeAcl) ?? '').includes('guest')
    ? undefined
    : statusResponse(403);
const owners: Authorise = () => undefined;

describe('a store of its own, asked for parts of uploads', () => {
  let folder: string;
  let storage: Storage;
  let handler: Handler;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-parts-'));
    storage = await openStorage(join(folder, 'data'));
    handler = createHandler(storage);
    const acl = { 'X-Container-Read': 'guest', 'X-Container-Write': 'guest' };
    // as 0.1.0 created them
    for (const name of ['bucket', 'bucket+segments', 'other']) await ask(owners, 'PUT', name, acl);
    await ask(owners, 'PUT', 'bucket+segments/part', {}, 'part');
    const manifest = JSON.stringify([{ path: '/bucket+segments/part' }]);
    await ask(owners, 'PUT', 'bucket/large?multipart-manifest=put', {}, manifest);
    await ask(owners, 'PUT', 'bucket+segments/manifest?multipart-manifest=put', {}, manifest);
  });
  afterAll(async () => {
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (
    authorise: Authorise,
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body = '',
  ) => {
    const [path = '', query = ''] = target.split('?');
    const parts = { method, path: `/v1/AUTH_test/${path}`, query, headers: Headers.of(headers) };
    const response = await handler(
      subrequest({ ...ROOT_REQUEST, authorise }, { ...parts, body: Buffer.from(body) }),
    );
    const text = await readAll(response.body, 100_000).then(
      (bytes) => bytes?.toString() ?? '',
      () => 'broken off',
    );
    return [response.status, text] as const;
  };

  it.each([
    ['GET', 'bucket+segments', {}],
    ['HEAD', 'bucket+segments', {}],
    ['GET', 'bucket+segments/part', {}],
    ['HEAD', 'bucket+segments/part', {}],
    ['COPY', 'bucket+segments/part', { Destination: 'other/copy' }],
    ['PUT', 'other/copy', { 'X-Copy-From': 'bucket+segments/part' }],
    ['COPY', 'other/any', { Destination: 'bucket+segments/part' }],
    ['PUT', 'bucket+segments/part', {}],
    ['POST', 'bucket+segments/part', {}],
    ['DELETE', 'bucket+segments/part', {}],
  ])('whose ACLs do not count: %s %s %j', async (method, path, headers) => {
    await ask(owners, 'PUT', 'other/any', {}, 'any');
    const [status] = await ask(byAcl, method, path, headers);
    expect(status).toBe(403);
    expect(await ask(owners, 'GET', 'bucket+segments/part')).toEqual([200, 'part']);
  });

  it('lets guests name them in no manifest, and delete them by none', async () => {
    const manifest = JSON.stringify([{ path: 'bucket+segments/part' }]);
    const [named, why] = await ask(
      byAcl,
      'PUT',
      'other/named?multipart-manifest=put',
      {},
      manifest,
    );
    expect([named, why]).toEqual([400, expect.stringContaining('403 Forbidden')]);
    const [copied] = await ask(byAcl, 'COPY', 'bucket/large?multipart-manifest=get', {
      Destination: 'other/copied',
    });
    expect(copied).toBe(400);
    await ask(owners, 'COPY', 'bucket/large?multipart-manifest=get', {
      Destination: 'bucket/again',
    });
    const [, report] = await ask(byAcl, 'DELETE', 'bucket/again?multipart-manifest=delete');
    expect(report).toContain('bucket%2Bsegments/part, 403 Forbidden');
    expect(await ask(owners, 'GET', 'bucket+segments/part')).toEqual([200, 'part']);
  });

  it('shows them through objects made of them, by the current ACL of the bucket', async () => {
    expect(await ask(byAcl, 'GET', 'bucket/large')).toEqual([200, 'part']);
    await ask(owners, 'POST', 'bucket', { 'X-Container-Read': '' });
    await ask(owners, 'COPY', 'bucket/large?multipart-manifest=get', { Destination: 'other/raw' });
    expect((await ask(byAcl, 'GET', 'other/raw'))[0]).toBe(409);
    await ask(owners, 'POST', 'bucket', { 'X-Container-Read': 'guest' });
    expect(await ask(byAcl, 'GET', 'other/raw')).toEqual([200, 'part']);
  });

  it('shows them neither as segments of dynamic objects nor behind links, also of manifests', async () => {
    await ask(byAcl, 'PUT', 'other/dynamic', { 'X-Object-Manifest': 'bucket+segments/p' });
    expect((await ask(byAcl, 'GET', 'other/dynamic'))[0]).toBe(403);
    await ask(byAcl, 'PUT', 'other/link', { 'X-Symlink-Target': 'bucket+segments/part' });
    expect((await ask(byAcl, 'GET', 'other/link'))[0]).toBe(403);
    // checked while the segment is a large object itself; it then becomes a link
    await ask(byAcl, 'PUT', 'other/own', {}, 'part');
    const manifest = JSON.stringify([{ path: 'other/own' }]);
    await ask(byAcl, 'PUT', 'other/segment?multipart-manifest=put', {}, manifest);
    const outer = JSON.stringify([{ path: 'other/segment' }]);
    expect((await ask(byAcl, 'PUT', 'other/outer?multipart-manifest=put', {}, outer))[0]).toBe(201);
    await ask(byAcl, 'PUT', 'other/segment', { 'X-Symlink-Target': 'bucket+segments/manifest' });
    expect((await ask(byAcl, 'GET', 'other/outer'))[0]).toBe(409);
    expect(await ask(owners, 'GET', 'other/outer')).toEqual([200, 'part']);
  });
});
