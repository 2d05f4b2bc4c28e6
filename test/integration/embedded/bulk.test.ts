import { gzipSync } from 'node:zlib';
import { archiveOf } from '../../support/clients/archives';
import { Client } from '../../support/clients/client';
import {
  archivePrefix,
  bodies,
  current,
  newContainer,
  newPair,
  put,
} from '../../support/clients/containers';
import { suiteEmbedded } from '../../support/servers/embedded';
import { eventually } from '../../support/running/eventually';
import { RawRequest } from '../../support/clients/raw_request';

const JSON_TYPE = { Accept: 'application/json' };

/** Parses a report in JSON, after its leading white space. */
async function report(pending: ReturnType<Client['ask']>): Promise<Record<string, unknown>> {
  const { status, body } = await pending;
  expect(status).toBe(200);
  return JSON.parse(body.toString().trim()) as Record<string, unknown>;
}

const remove = (client: Client, names: readonly string[], headers: Record<string, string> = {}) =>
  report(
    client.ask(
      'POST',
      '?bulk-delete',
      { ...JSON_TYPE, 'Content-Type': 'text/plain', ...headers },
      names.join('\n'),
    ),
  );

const extract = (
  client: Client,
  path: string,
  archive: Buffer,
  kind = 'tar',
  headers: Record<string, string> = {},
) =>
  report(
    client.ask('PUT', `${path}?extract-archive=${kind}`, { ...JSON_TYPE, ...headers }, archive),
  );

describe('bulk operations on a store of its own', () => {
  const server = suiteEmbedded();
  let client: Client;
  beforeAll(async () => {
    client = await server.login('test:tester', 'testing');
  });

  it('are told of in /info', async () => {
    const { body } = await client.send('GET', '/info');
    expect(JSON.parse(body.toString())).toMatchObject({
      bulk_delete: { max_deletes_per_request: 10_000, max_failed_deletes: 1000 },
      bulk_upload: { max_containers_per_extraction: 10_000, max_failed_extractions: 1000 },
    });
  });

  it('delete objects, then containers, and tell what was not there and what failed', async () => {
    const [empty, full] = [await newContainer(client), await newContainer(client)];
    for (const name of ['a', 'ä b', 'left'])
      await put(client, name === 'left' ? full : empty, name, name);
    const names = [
      `/${empty}`,
      `${empty}/a`,
      `${empty}/${encodeURIComponent('ä b')}`,
      `${empty}/none`,
      '',
      full,
    ];
    expect(await remove(client, names)).toEqual({
      'Response Status': '400 Bad Request',
      'Response Body': '',
      'Number Deleted': 3,
      'Number Not Found': 1,
      Errors: [[full, '409 Conflict']],
    });
    expect((await client.ask('HEAD', `/${empty}`)).status).toBe(404);
  });

  it.each(['zip', 'constructor', '__proto__'])(
    'extract no archives of the kind %s',
    async (kind) => {
      const { status, body } = await client.ask('PUT', `?extract-archive=${kind}`, {}, 'x');
      expect([status, body.toString()]).toEqual([400, 'Unsupported archive format']);
    },
  );

  it('archive and restore in versioned containers just as single requests do', async () => {
    const { container, archive } = await newPair(client, 'stack');
    await put(client, container, 'o', 'one');
    const put2 = await extract(
      client,
      `/${container}`,
      await archiveOf([{ name: 'o', body: 'two' }]),
    );
    expect(put2).toMatchObject({ 'Response Status': '201 Created', 'Number Files Created': 1 });
    expect(await current(client, container, 'o')).toBe('two');
    expect(await bodies(client, archive, archivePrefix('o'))).toEqual(['one']);
    expect(await remove(client, [`${container}/o`])).toMatchObject({ 'Number Deleted': 1 });
    expect(await current(client, container, 'o')).toBe('one');
    expect(await client.names(archive)).toEqual([]);
  });

  it('do for a client what that may do, and nothing else', async () => {
    const container = await newContainer(client);
    await put(client, container, 'o', 'mine');
    const archive = await archiveOf([{ name: `${container}/o`, body: 'theirs' }]);
    const theirs = await server.login('test:tester3', 'testing3');
    expect(await remove(theirs, [`${container}/o`])).toMatchObject({
      Errors: [[`${container}/o`, '403 Forbidden']],
    });
    expect(await extract(theirs, '', archive)).toMatchObject({
      'Response Status': '400 Bad Request',
      Errors: [
        [`${client.account}/${container}`, '403 Forbidden'],
        [`${container}/o`, '403 Forbidden'],
      ],
    });
    const nobody = server.anonymous();
    expect(await extract(nobody, '', archive)).toMatchObject({
      'Response Status': '401 Unauthorized',
    });
    expect(await current(client, container, 'o')).toBe('mine');
    await client.ask('POST', `/${container}`, { 'X-Container-Write': 'test:tester3' });
    expect(await extract(theirs, '', archive)).toMatchObject({ 'Number Files Created': 1 });
    expect(await current(client, container, 'o')).toBe('theirs');
  });

  it('extract into an account, making containers, and below a folder', async () => {
    const [made, into] = [`made-${Date.now()}`, await newContainer(client)];
    const archive = await archiveOf([
      { name: 'in no container', body: 'x' },
      { name: `./${made}/a.txt`, body: 'a', pax: { 'SCHILY.xattr.user.meta.Colour': 'grün' } },
      { name: `${made}/folder`, type: 'directory' },
      { name: `${made}/empty`, pax: { 'LIBARCHIVE.xattr.user.mime_type': 'x/y' } },
    ]);
    const headers = {
      'X-Object-Meta-All': 'yes',
      'X-Delete-After': '1000',
      'Content-Type': 'application/x-tar',
    };
    expect(await extract(client, '', gzipSync(archive), '.TAR.gz', headers)).toMatchObject({
      'Number Files Created': 2,
      Errors: [],
    });
    expect(await client.names(made)).toEqual(['a.txt', 'empty']);
    const a = (await client.ask('HEAD', `/${made}/a.txt`)).headers;
    expect([a.get('content-type'), a.get('x-object-meta-all'), a.has('x-delete-at')]).toEqual([
      'text/plain',
      'yes',
      true,
    ]);
    expect(Buffer.from(a.get('x-object-meta-colour') ?? '', 'latin1').toString()).toBe('grün');
    expect((await client.ask('HEAD', `/${made}/empty`)).headers.get('content-type')).toBe('x/y');
    await extract(client, `/${into}/some/folder/`, archive);
    expect(await client.names(into)).toContain(`some/folder/${made}/a.txt`);
  });

  it('keep nothing of a file that breaks off, and what came before it', async () => {
    const container = await newContainer(client);
    const archive = await archiveOf([
      { name: 'whole', body: 'x'.repeat(1000) },
      { name: 'broken', body: 'y'.repeat(100_000) },
    ]);
    expect(await extract(client, `/${container}`, archive.subarray(0, 60_000))).toEqual({
      'Response Status': '400 Bad Request',
      'Response Body': 'Invalid Tar File: unexpected end of data',
      'Number Files Created': 1,
      Errors: [[`${container}/broken`, '500 Internal Error']],
    });
    expect(await client.names(container)).toEqual(['whole']);
  });

  it('store no attribute that no header can carry, and no sparse file', async () => {
    const container = await newContainer(client);
    const attribute = (key: string, value: string) => ({
      [`SCHILY.xattr.user.meta.${key}`]: value,
    });
    const archive = await archiveOf([
      { name: 'a', body: 'x', pax: attribute('Break', 'a\r\nX-Evil: b') },
      { name: 'b', body: 'x', pax: attribute('a b', 'c') },
      { name: 'c', body: 'x', pax: { 'GNU.sparse.major': '1' } },
    ]);
    expect(await extract(client, `/${container}`, archive)).toMatchObject({
      'Response Status': '502 Bad Gateway',
      Errors: [
        [`${container}/a`, '503 Service Unavailable'],
        [`${container}/b`, '400 Bad Request'],
        [`${container}/c`, '501 Not Implemented'],
      ],
    });
    expect(await client.names(container)).toEqual([]);
  });

  it("store no attribute that is one of the proxy's own notes: they would have versions taken for leftovers", async () => {
    const { container, archive } = await newPair(client, 'history');
    await put(client, container, 'o', 'one');
    await client.ask('DELETE', `/${container}/o`);
    const entries = await client.names(archive);
    const [, marker = ''] = entries.map((name) => name.slice(archivePrefix('o').length));
    const note = (name: string) => ({ [`SCHILY.xattr.user.meta.${name}`]: marker });
    for (const name of ['hindsight-restored', 'Hindsight_Restored']) {
      const forged = await archiveOf([{ name: 'o', body: 'two', pax: note(name) }]);
      expect(await extract(client, `/${container}`, forged)).toMatchObject({
        Errors: [[`${container}/o`, '400 Bad Request']],
      });
    }
    await put(client, container, 'o', 'three');
    expect(await client.names(archive)).toEqual(entries);
  });

  it('extract while the archive comes, and stop where the client leaves', async () => {
    const container = await newContainer(client);
    const archive = await archiveOf([
      { name: 'first', body: 'x' },
      { name: 'second', body: 'y'.repeat(100_000) },
    ]);
    const headers = { 'Content-Length': String(archive.length), Expect: '100-continue' };
    const request = await RawRequest.begin(
      client,
      'PUT',
      `/${container}?extract-archive=tar`,
      headers,
    );
    await request.answered('100 Continue');
    await request.write(archive.subarray(0, 50_000));
    await eventually('the first object', async () => (await client.names(container)).length > 0);
    expect(await client.names(container)).toEqual(['first']);
    request.reset();
    await request.closed();
    expect(await client.names(container)).toEqual(['first']);
  });

  it('ask no body of a client that waits, where the request is refused', async () => {
    const headers = { 'Content-Length': '5', Expect: '100-continue', Accept: 'image/png' };
    const request = await RawRequest.begin(client, 'POST', '?bulk-delete', headers);
    await request.answered('406 Not Acceptable');
    expect(request.answer).toMatch(/^HTTP\/1.1 200 OK/);
    request.leave();
  });
});

const BOUNDS = `[filter:bulk]
max_deletes_per_request = 4
max_failed_deletes = 2
max_containers_per_extraction = 1
max_failed_extractions = 1
delete_concurrency = 1
delete_container_retry_count = 1
yield_frequency = 0`;

describe('bulk operations with bounds', () => {
  const server = suiteEmbedded(BOUNDS);
  let client: Client;
  beforeAll(async () => {
    client = await server.login('test:tester', 'testing');
  });

  it('refuse too many names, and stop after too many failures', async () => {
    expect(await remove(client, ['a', 'b', 'c', 'd', 'e'])).toMatchObject({
      'Response Status': '413 Request Entity Too Large',
      'Response Body': 'Maximum Bulk Deletes: 4 per request',
    });
    const elsewhere = new Client(server.url, client.credentials, '/v1/AUTH_test2');
    expect(await remove(elsewhere, ['a/1', 'a/2', 'a/3', 'a/4'])).toMatchObject({
      'Response Status': '400 Bad Request',
      'Response Body': 'Max delete failures exceeded',
      Errors: [
        ['a/1', '403 Forbidden'],
        ['a/2', '403 Forbidden'],
      ],
    });
  });

  it('stop extracting after too many containers or failures', async () => {
    const id = Date.now();
    const members = ['a', 'b', 'c'].map((name) => ({ name: `${name}-${id}/o`, body: name }));
    expect(await extract(client, '', await archiveOf(members))).toMatchObject({
      'Response Status': '400 Bad Request',
      'Response Body': 'More than 1 containers to create from tar.',
      'Number Files Created': 1,
    });
    const elsewhere = new Client(server.url, client.credentials, '/v1/AUTH_test2');
    const { Errors: errors } = await extract(elsewhere, '', await archiveOf(members));
    expect(errors).toHaveLength(2);
  });

  it('show that they live, and tell the result behind that', async () => {
    const container = await newContainer(client);
    for (const name of ['a', 'b']) await put(client, container, name, name);
    const reportOf = async (type: string, names: string) =>
      (
        await client.ask(
          'DELETE',
          '?bulk-delete',
          { Accept: type, 'Content-Type': 'text/plain' },
          names,
        )
      ).body.toString();
    expect(await reportOf('text/plain', `${container}/a`)).toMatch(
      /^ +\r\n\r\nNumber Deleted: 1\nNumber Not Found: 0\n/,
    );
    expect(await reportOf('text/xml', `${container}/b`)).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n *\r\n\r\n<delete>\n<number_deleted>1<\/number_deleted>\n/,
    );
  });

  it('try a container that is not empty again', async () => {
    const container = await newContainer(client);
    await put(client, container, 'o', 'x');
    const removed = remove(client, [container]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.ask('DELETE', `/${container}/o`);
    expect(await removed).toMatchObject({ 'Number Deleted': 1, Errors: [] });
  });
});
