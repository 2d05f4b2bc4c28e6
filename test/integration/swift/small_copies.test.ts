import type { Client } from '../../support/clients/client';
import {
  archivePrefix,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { pause } from '../../support/running/eventually';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { FaultyStore } from '../../support/stores/faulty_store';

const OBJECT = 'object';
const ARCHIVE = archivePrefix(OBJECT);

/** Every header that a client can give an object, and that Swift's COPY keeps. */
const KEPT: Readonly<Record<string, string>> = {
  'Content-Type': 'text/x-notes; charset=koi8-r',
  'Content-Encoding': 'x-none',
  'Content-Disposition': 'attachment; filename="a, b; c.txt"',
  'Content-Language': 'de, en',
  'Cache-Control': 'no-cache, max-age=0',
  Expires: 'Thu, 01 Dec 2044 16:00:00 GMT',
  'X-Robots-Tag': 'noindex',
  'X-Delete-At': '4102444800',
  'X-Object-Meta-Plain': 'a, b;  c',
  'X-Object-Meta-Utf-8': Buffer.from('größer 猫').toString('latin1'),
  'X-Object-Meta-Escaped': '%C3%A9%2F',
};
/** What differs between two objects of the same content and metadata. */
const OWN = ['date', 'last-modified', 'x-timestamp', 'x-trans-id', 'x-openstack-request-id'];

async function headersOf(client: Client, path: string): Promise<[string, string][]> {
  const { headers } = await client.ask('HEAD', `${path}?multipart-manifest=get&symlink=get`);
  return [...headers.entries()]
    .filter(([name]) => !OWN.includes(name) && !name.startsWith('x-object-meta-hindsight'))
    .sort();
}

describeWithSwift('what is archived by GET and PUT', ({ plain }) => {
  let tap: FaultyStore;
  const seen: string[] = [];
  beforeAll(async () => {
    tap = await FaultyStore.start(plain);
    tap.inject('AUTH_', ({ method, path, headers }) => {
      const [, , , container = '', ...object] = path.split('/');
      const place = object.length > 0 ? container : 'container';
      seen.push(`${headers.has('x-copy-from') ? 'COPY' : method} ${place.replace(/-.*/, '')}`);
      return undefined;
    });
  });
  afterAll(() => tap.close());

  describe.each([
    ['the service user', {}],
    ["the client's token", { service: false }],
  ])('as %s', (_, options) => {
    const proxy = suiteProxy(() => tap.url, options);
    // what /info says decides, and no write waits for that
    beforeEach(async () => {
      const client = await proxy.login('tester');
      const { container } = await newPair(client, 'stack');
      const known = async () => {
        await put(client, container, OBJECT, 'x');
        seen.length = 0;
        await put(client, container, OBJECT, 'x');
        return seen.includes('PUT archive');
      };
      while (!(await known())) await pause(50);
    });
    const native = suiteProxy(plain, { ...options, app: 'small_copies = 0' });

    it.each(MODES.flatMap((mode) => [0, 1, 65_536, 65_537].map((size) => [mode, size] as const)))(
      'keeps every header and byte that a COPY keeps (%s, %i bytes)',
      async (mode, size) => {
        const [ours, copied] = [await proxy.login('tester'), await native.login('tester')];
        const { container, archive } = await newPair(ours, mode);
        const path = pathOf(container, OBJECT);
        const body = 'x'.repeat(size);
        const entries: [string, string][][] = [];
        for (const client of [ours, copied]) {
          await mustBe(201, client.ask('PUT', path, KEPT, body));
          const before = await headersOf(client, path);
          seen.length = 0;
          await put(client, container, OBJECT, 'next');
          const isFetched = client === ours && size <= 65_536;
          if (client === ours) {
            const archived = isFetched ? ['PUT archive'] : ['COPY archive'];
            expect(seen.filter((each) => /^(PUT|COPY)/.test(each))).toEqual([
              ...archived,
              `PUT ${mode}`,
            ]);
          }
          const [name = ''] = await client.names(archive, `prefix=${ARCHIVE}&reverse=on`);
          const entry = pathOf(archive, name);
          const headers = await headersOf(client, entry);
          expect(headers).toEqual(before);
          expect((await client.ask('GET', entry)).body.toString()).toBe(body);
          for (const key of Object.keys(KEPT))
            expect(headers.map(([each]) => each)).toContain(key.toLowerCase());
          entries.push(headers);
          await mustBe(204, client.ask('DELETE', entry));
          await mustBe(204, client.ask('DELETE', path));
          for (const rest of await client.names(archive))
            await mustBe(204, client.ask('DELETE', pathOf(archive, rest)));
        }
        expect(entries[0]).toEqual(entries[1]);
      },
    );

    it.each(MODES)(
      'is never a symlink or a manifest, which the store copies (%s)',
      async (mode) => {
        const client = await proxy.login('tester');
        const { container, archive } = await newPair(client, mode);
        const other = await newContainer(client, 'other');
        await put(client, other, 'segment/1', 'content');
        const { headers } = await client.ask('HEAD', pathOf(other, 'segment/1'));
        const manifest = JSON.stringify([
          { path: `/${other}/segment/1`, etag: headers.get('etag'), size_bytes: 7 },
        ]);
        const path = pathOf(container, OBJECT);
        const writes = [
          () => client.ask('PUT', path, { 'X-Symlink-Target': `${other}/segment/1` }),
          () => client.ask('PUT', path, { 'X-Object-Manifest': `${other}/segment/` }),
          () => client.ask('PUT', `${path}?multipart-manifest=put`, {}, manifest),
          () => client.ask('PUT', path, {}, 'last'),
        ];
        for (const write of writes) {
          seen.length = 0;
          await mustBe(201, write());
          const isFirst = write === writes[0];
          expect(seen.filter((each) => each.endsWith(' archive'))).toEqual(
            isFirst ? [] : ['HEAD archive', 'COPY archive'],
          );
        }
        const names = await client.names(archive);
        expect(names).toHaveLength(3);
        for (const name of names)
          expect((await client.ask('GET', pathOf(archive, name))).body.toString()).toBe('content');
      },
    );

    it('shows nothing of its content to a client that may only write', async () => {
      const [owner, writer] = [await proxy.login('tester'), await proxy.login('tester3')];
      const { container, archive } = await newPair(owner, 'stack', {
        'X-Container-Write': 'test:tester3',
      });
      await put(owner, container, OBJECT, `secret${'x'.repeat(1000)}`);
      const path = `${owner.account}${pathOf(container, OBJECT)}`;
      // Swift answers a GET of this type with a traceback that quotes the content
      const type = `multipart/byteranges; boundary=${'b'.repeat(500)}`;
      await writer.send('POST', path, { 'Content-Type': type });
      const { body } = await writer.send('PUT', path, {}, 'next');
      expect(body.toString()).not.toMatch(/secret|xxx|Traceback/);
      await owner.ask('POST', pathOf(container, OBJECT), { 'Content-Type': 'text/plain' });
      const bodies = await Promise.all(
        (await owner.names(archive)).map((name) => owner.ask('GET', pathOf(archive, name))),
      );
      const current = await owner.ask('GET', pathOf(container, OBJECT));
      const all = [...bodies, current].map((each) => each.body.toString().slice(0, 6));
      expect(all).toContain('secret');
    });

    it('a DELETE in history mode archives a small object so, too', async () => {
      const client = await proxy.login('tester');
      const { container, archive } = await newPair(client, 'history');
      await put(client, container, OBJECT, 'one');
      seen.length = 0;
      await mustBe(204, client.ask('DELETE', pathOf(container, OBJECT)));
      expect(seen).not.toContain('COPY archive');
      const [first = ''] = await client.names(archive);
      expect((await client.ask('GET', pathOf(archive, first))).body.toString()).toBe('one');
    });
  });
});
