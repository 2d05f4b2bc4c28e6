import { gzipSync } from 'node:zlib';
import { archiveOf, type Member } from '../../support/clients/archives';
import { Client, type Answer } from '../../support/clients/client';
import { run } from '../../support/clients/command';
import {
  bodies,
  current,
  everything,
  MODES,
  newContainer,
  newPair,
  put,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';

const TYPES = [
  'application/json',
  'application/xml',
  'text/xml',
  'text/plain',
  '*/*',
  'image/png',
  'nonsense',
];
const PLAIN = { 'Content-Type': 'text/plain' };

/** Returns a report without the names that differ between the sides. */
function summaryOf({ status, headers, body }: Answer, ...names: string[]) {
  const text = names.reduce(
    (all, name, at) => all.replaceAll(name, `NAME${at}`),
    body.toString('latin1'),
  );
  const lines =
    headers.get('content-type') === 'application/json'
      ? [JSON.parse(text) as object]
      : text.split('\n');
  return {
    status,
    type: headers.get('content-type'),
    length: headers.get('content-length'),
    lines,
  };
}

async function bzip2(bytes: Buffer): Promise<Buffer> {
  const script =
    'import base64,bz2,sys; print(base64.b64encode(bz2.compress(base64.b64decode(sys.argv[1]))).decode())';
  const { stdout } = await run('/usr/bin/python3', ['-c', script, bytes.toString('base64')]);
  return Buffer.from(stdout, 'base64');
}

describeWithSwift('bulk operations', ({ plain, versioned }) => {
  const proxy = suiteProxy(plain, { filters: 'bulk' });
  let sides: Client[];
  beforeAll(async () => {
    sides = [await login(plain, 'tester'), await proxy.login('tester')];
  });

  /** Does the same on Swift and through the proxy, and expects equal results. */
  async function same<T>(what: (client: Client) => Promise<T>): Promise<T> {
    const [swift, here] = await Promise.all(sides.map(what));
    expect(here).toEqual(swift);
    if (swift === undefined) throw new Error('no Swift');
    return swift;
  }

  const extracted = (body: Buffer, kind = 'tar', headers: Record<string, string> = {}) =>
    same(async (client) => {
      const container = await newContainer(client);
      const answer = await client.ask(
        'PUT',
        `/${container}?extract-archive=${kind}`,
        headers,
        body,
      );
      return { ...summaryOf(answer, container), kept: await everything(client, container) };
    });

  const MEMBERS: readonly Member[] = [
    { name: 'a', body: 'x'.repeat(1000) },
    { name: 'folder', type: 'directory' },
    { name: 'folder/ä', body: 'y'.repeat(20_000) },
    { name: 'empty' },
    { name: 'z'.repeat(1025), body: 'too long' },
  ];

  it.each(TYPES)('delete and tell of it as %s', async (type) => {
    await same(async (client) => {
      const container = await newContainer(client);
      for (const name of ['a', 'b']) await put(client, container, name, name);
      const names = `${container}/a\n/${container}/none\n${container}/%FF\n\n${container}`;
      const answer = await client.ask('POST', '?bulk-delete', { ...PLAIN, Accept: type }, names);
      return { ...summaryOf(answer, container), left: await client.names(container) };
    });
  });

  it.each<[string, string, Record<string, string>?]>([
    ['nothing', ''],
    ['blank lines', '\n\n'],
    ['the account', '/\n'],
    ['a name that is too long', 'a'.repeat(3000)],
    ['a name with NUL', 'a/%00\n'],
    ['too many', '\n'.repeat(10_001)],
    ['another type', 'a/b', { 'Content-Type': 'text/html' }],
  ])('delete %s', async (_, body, headers = {}) => {
    await same(async (client) =>
      summaryOf(
        await client.ask(
          'DELETE',
          '?bulk-delete',
          { ...PLAIN, Accept: 'application/json', ...headers },
          body,
        ),
      ),
    );
  });

  it('delete signs that XML knows, of whoever is known and may not', async () => {
    const others = [await login(plain, 'tester3'), await proxy.login('tester3')];
    const reports = await Promise.all(
      others.map(async ({ url, credentials }) => {
        const other = new Client(url, credentials, '/v1/AUTH_test');
        return summaryOf(
          await other.ask(
            'DELETE',
            '?bulk-delete',
            { ...PLAIN, Accept: 'text/xml' },
            'none/%26<&>\n',
          ),
        );
      }),
    );
    expect(reports[1]).toEqual(reports[0]);
    expect(JSON.stringify(reports[0]?.lines)).toContain(
      '<name>none/%26%3C%26%3E</name><status>403 Forbidden</status>',
    );
  });

  it('delete nothing for whoever is not known, and read no names of it', async () => {
    const headers = { ...PLAIN, Accept: 'application/json', 'X-Auth-Token': 'AUTH_tknone' };
    const { status, body } = await sides[1]!.ask('DELETE', '?bulk-delete', headers, 'a/b\n');
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({
      'Response Status': '401 Unauthorized',
      Errors: [],
    });
  });

  it.each(TYPES)('extract and tell of it as %s', async (type) => {
    await extracted(await archiveOf(MEMBERS), 'tar', { Accept: type });
  });

  it('extract archives of all kinds', async () => {
    const archive = await archiveOf(MEMBERS);
    for (const [kind, body] of [
      ['tar', archive],
      ['tar.gz', gzipSync(archive)],
      ['tar.bz2', await bzip2(archive)],
    ] as const) {
      const { kept } = await extracted(body, kind);
      expect(kept.map(({ name }) => name)).toEqual(['a', 'empty', 'folder/ä']);
    }
    await extracted(archive, 'zip');
  });

  it('extract archives that are broken', async () => {
    const archive = await archiveOf([MEMBERS[0]!, MEMBERS[2]!]);
    const gzipped = gzipSync(archive);
    const bzipped = await bzip2(archive);
    const damaged = (bytes: Buffer, at: number) =>
      Buffer.from(bytes).fill(bytes.readUInt8(at) ^ 0xff, at, at + 1);
    for (const [kind, body] of [
      ['tar', Buffer.alloc(0)],
      ['tar', Buffer.from('abc')],
      ['tar', Buffer.from('hello world '.repeat(100))],
      ['tar', Buffer.alloc(10_240)],
      ['tar', damaged(archive, 10)],
      ['tar', damaged(archive, 512 + 1024 + 10)],
      ['tar', archive.subarray(0, 512 + 600)],
      ['tar', archive.subarray(0, 512 + 1000)],
      ['tar', archive.subarray(0, 512 + 1024 + 100)],
      ['tar.gz', archive],
      ['tar.gz', Buffer.alloc(0)],
      ['tar.gz', damaged(gzipped, 2)],
      ['tar.gz', gzipped.subarray(0, 30)],
      ['tar.gz', damaged(gzipped, gzipped.length - 6)],
      ['tar.bz2', archive],
      ['tar.bz2', Buffer.alloc(0)],
      ['tar.bz2', damaged(bzipped, 30)],
      ['tar.bz2', bzipped.subarray(0, 60)],
    ] as const) {
      await extracted(body, kind, { Accept: 'application/json' });
    }
  });

  it('keep the attributes of files, and what the request says of all', async () => {
    const pax = {
      'SCHILY.xattr.user.meta.food': 'brød',
      'LIBARCHIVE.xattr.user.mime_type': 'a/b',
      atime: '1',
    };
    const archive = await archiveOf([
      { name: 'a.txt', body: 'x', pax },
      { name: 'b.txt', body: 'y' },
    ]);
    await same(async (client) => {
      const container = await newContainer(client);
      const headers = {
        'X-Object-Meta-All': 'yes',
        'X-Delete-At': '4000000000',
        'Content-Type': 'c/d',
      };
      await client.ask('PUT', `/${container}/f/?extract-archive=tar`, headers, archive);
      const responses = await Promise.all(
        ['a.txt', 'b.txt'].map((name) => client.ask('HEAD', `/${container}/f/${name}`)),
      );
      const names = [
        'content-type',
        'x-object-meta-food',
        'x-object-meta-all',
        'x-delete-at',
        'etag',
      ];
      return responses.map(({ status, headers }) => [
        status,
        ...names.map((name) => headers.get(name)),
      ]);
    });
  });

  it('extract into an account, and refuse what may not be done', async () => {
    await same(async (client) => {
      const id = `${Date.now()}-${client === sides[0] ? 0 : 1}`;
      const archive = await archiveOf([
        { name: 'nowhere', body: 'x' },
        { name: `new-${id}/o`, body: 'y' },
      ]);
      const headers = { Accept: 'application/json' };
      const answer = await client.ask('PUT', '?extract-archive=tar', headers, archive);
      const other = await client.send(
        'PUT',
        '/v1/AUTH_test2?extract-archive=tar',
        headers,
        archive,
      );
      const none = await client.send('PUT', '/v1?extract-archive=tar', headers, archive);
      const denied = await client.ask(
        'PUT',
        '?extract-archive=tar',
        { ...headers, 'X-Auth-Token': 'AUTH_tknone' },
        archive,
      );
      return [answer, other, none, denied].map((each) => summaryOf(each, id));
    });
  });

  describe.each(MODES)('in a versioned container (%s)', (mode) => {
    it('archive and restore as Swift with versions does', async () => {
      const ends = await Promise.all(
        [await login(versioned, 'tester'), sides[1]!].map(async (client) => {
          const { container, archive } = await newPair(client, mode);
          const archiveTar = await archiveOf([{ name: 'o', body: 'two' }]);
          await put(client, container, 'o', 'one');
          const extraction = await client.ask(
            'PUT',
            `/${container}?extract-archive=tar`,
            {},
            archiveTar,
          );
          const versions = await bodies(client, archive);
          const names = `${container}/o\n${container}/none\n`;
          const deletion = await client.ask(
            'POST',
            '?bulk-delete',
            { ...PLAIN, Accept: 'application/json' },
            names,
          );
          const left = (await everything(client, archive)).map(({ body, isMarker }) => [
            body,
            isMarker,
          ]);
          return {
            answers: [summaryOf(extraction, container), summaryOf(deletion, container)],
            versions,
            left,
            now: await current(client, container, 'o'),
          };
        }),
      );
      expect(ends[0]?.versions).toEqual(['one']);
      expect(ends[0]?.now).toBe(mode === 'stack' ? 'one' : 404);
      expect(ends[1]).toEqual(ends[0]);
    });
  });
});
