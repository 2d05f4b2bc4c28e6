import { createHash } from 'node:crypto';
import { Client, type Answer } from '../../support/clients/client';
import {
  MARKER_TYPE,
  mustBe,
  newContainer,
  pathOf,
  put,
  uniqueName,
} from '../../support/clients/containers';

/** A store with object versioning. */
export interface IdsStore {
  /**
   * Whether every request uses the client's token, which then needs the right to read
   * where it may write.
   */
  readonly writersRead?: boolean;
  /** Whether accounts show the contents of containers only later. */
  readonly accountsLag?: boolean;
  login(user: 'tester' | 'tester2' | 'tester3'): Promise<Client>;
}

/** An entry of a listing. */
export type Listed = Readonly<Record<string, unknown>> & {
  readonly name?: string;
  readonly subdir?: string;
};

const ENABLED = { 'X-Versions-Enabled': 'true' };
const VERSIONS = '.hindsight-versions-';

/** Creates a container with object versioning for one test. */
export function newEnabled(client: Client, headers: Record<string, string> = {}): Promise<string> {
  return newContainer(client, 'with-ids', { ...ENABLED, ...headers });
}

/** Lists a container in JSON. */
export async function list(client: Client, container: string, query = ''): Promise<Listed[]> {
  const { body } = await mustBe(200, client.ask('GET', `/${container}?format=json&${query}`));
  return JSON.parse(body.toString()) as Listed[];
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const summaryOf = ({ name, subdir, version_id, is_latest }: Listed) =>
  subdir === undefined ? [name, is_latest === true, version_id === 'null'] : [subdir];

/** Behaviour of containers with X-Versions-Enabled, on any store. */
export function containersTable(store: () => IdsStore, it: jest.It = globalThis.it): void {
  let client: Client;
  beforeAll(async () => {
    client = await store().login('tester');
  });

  /** A user of the account without any rights. */
  const another = async () =>
    new Client(client.url, (await store().login('tester3')).credentials, client.account);

  describe('X-Versions-Enabled', () => {
    it('is listed by /info', async () => {
      const { body } = await client.send('GET', '/info');
      expect(JSON.parse(body.toString())).toMatchObject({ object_versioning: {} });
    });

    it.each(['PUT', 'POST'])(
      'is switched on, off and on again by %s, and shown',
      async (method) => {
        const container = await newContainer(client);
        const readHeader = async () => {
          const [head, get] = [
            await client.ask('HEAD', `/${container}`),
            await client.ask('GET', `/${container}`),
          ];
          expect(head.headers.get('x-versions-enabled')).toBe(
            get.headers.get('x-versions-enabled'),
          );
          return head.headers.get('x-versions-enabled');
        };
        expect(await readHeader()).toBeUndefined();
        for (const [value, expected] of [
          ['true', 'True'],
          ['False', 'False'],
          ['on', 'True'],
        ] as const) {
          const { status } = await client.ask(method, `/${container}`, {
            'X-Versions-Enabled': value,
          });
          expect(status).toBe(method === 'PUT' ? 202 : 204);
          expect(await readHeader()).toBe(expected);
        }
      },
    );

    it.each(['X-Versions-Location', 'X-History-Location'])(
      'and %s exclude each other',
      async (mode) => {
        const archive = await newContainer(client, 'archive');
        const other = await newContainer(client, 'other', { [mode]: archive });
        expect((await client.ask('POST', `/${other}`, ENABLED)).status).toBe(400);
        expect(
          (await client.ask('HEAD', `/${other}`)).headers.get('x-versions-enabled'),
        ).toBeUndefined();
        const container = await newEnabled(client);
        for (const value of ['true', 'false']) {
          await client.ask('POST', `/${container}`, { 'X-Versions-Enabled': value });
          expect((await client.ask('POST', `/${container}`, { [mode]: archive })).status).toBe(400);
          expect((await client.ask('HEAD', `/${container}`)).headers.get(mode)).toBeUndefined();
        }
        const both = await client.ask('PUT', `/${uniqueName('both')}`, {
          ...ENABLED,
          [mode]: archive,
        });
        expect(both.status).toBe(400);
      },
    );

    it('switched off before it was ever on leaves a container as any other', async () => {
      const container = uniqueName('never');
      const headers = { 'X-Versions-Enabled': 'false', 'X-Container-Read': '.r:*' };
      expect((await client.ask('PUT', `/${container}`, headers)).status).toBe(201);
      expect((await client.ask('HEAD', `/${container}`)).headers.get('x-versions-enabled')).toBe(
        'False',
      );
      await put(client, container, 'object', 'one');
      const object = `/${container}/object`;
      expect((await client.ask('HEAD', object)).headers.get('x-object-version-id')).toBeUndefined();
      expect((await client.ask('HEAD', `${object}?version-id=1`)).status).toBe(400);
      await mustBe(204, client.ask('POST', `/${container}`, ENABLED));
      expect((await client.ask('HEAD', object)).headers.get('x-object-version-id')).toBe('null');
      await mustBe(204, client.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'false' }));
      expect((await client.ask('HEAD', `${object}?version-id=1`)).status).toBe(404);
      const mode = { 'X-History-Location': await newContainer(client, 'archive') };
      expect((await client.ask('POST', `/${container}`, mode)).status).toBe(400);
    });

    it('of many concurrent requests ends with versions', async () => {
      const container = await newContainer(client);
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => client.ask('POST', `/${container}`, ENABLED)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(204));
      await put(client, container, 'object', 'one');
      await put(client, container, 'object', 'two');
      expect(await list(client, container, 'versions')).toHaveLength(2);
    });

    it('is refused to clients that may not change the container, and leaves nothing behind', async () => {
      const stranger = await another();
      const container = await newContainer(client);
      expect((await stranger.ask('POST', `/${container}`, ENABLED)).status).toBe(403);
      expect(
        (await client.ask('HEAD', `/${container}`)).headers.get('x-versions-enabled'),
      ).toBeUndefined();
      expect((await client.ask('POST', `/${uniqueName('nowhere')}`, ENABLED)).status).toBe(404);
    });
  });

  describe('the container that holds versions', () => {
    it('does not exist for clients, however they name it', async () => {
      const container = await newEnabled(client);
      await put(client, container, 'object', 'one');
      const hidden = `/${VERSIONS}${container}`;
      const at = `${hidden.slice(1)}/object`;
      const plain = await newContainer(client);
      const tries: [string, string, Record<string, string>?, string?][] = [
        ['GET', hidden],
        ['HEAD', hidden],
        ['POST', hidden],
        ['DELETE', hidden],
        ['PUT', hidden],
        ['GET', `${hidden}/object`],
        ['PUT', `${hidden}/object`, {}, 'forged'],
        ['DELETE', `${hidden}/object`],
        ['POST', `${hidden}/object`],
        ['PUT', `/%2Ehindsight%2Dversions-${container}/object`, {}, 'forged'],
        ['PUT', `/${plain}/object`, { 'X-Copy-From': at }],
        ['PUT', `/${plain}/object`, { 'X-Copy-From': `/%2E${at.slice(1)}` }],
        ['PUT', `/${plain}/object`, { 'X-Symlink-Target': at }],
        ['PUT', `/${plain}/object`, { 'X-Object-Manifest': at }],
        ['COPY', `/${container}/object`, { Destination: at }],
        ['POST', `/${plain}`, { 'X-Versions-Location': hidden.slice(1) }],
        ['POST', `/${plain}`, { 'X-History-Location': hidden.slice(1).replace('.', '%2E') }],
        [
          'PUT',
          `/${plain}/object?multipart-manifest=put`,
          {},
          JSON.stringify([{ path: `//${at}` }]),
        ],
      ];
      for (const [method, path, headers, body] of tries) {
        const { status } = await client.ask(method, path, headers, body);
        expect([method, path, headers, status >= 400 && status < 500]).toEqual([
          method,
          path,
          headers,
          true,
        ]);
      }
      expect(await list(client, plain)).toEqual([]);
      expect(await list(client, container, 'versions')).toHaveLength(1);
    });

    it('has types that no client can write', async () => {
      const container = await newEnabled(client);
      for (const type of [
        'application/x-deleted;hindsight_versions_deleted=1',
        'text/plain; Hindsight_newest=1',
      ]) {
        const { status } = await client.ask(
          'PUT',
          `/${container}/object`,
          { 'Content-Type': type },
          'one',
        );
        expect(status).toBe(400);
      }
      expect(await list(client, container, 'versions')).toEqual([]);
    });

    it("follows the container's ACLs, also when they change", async () => {
      const reader = await another();
      const { writersRead } = store();
      const container = await newEnabled(client, {
        'X-Container-Write': 'test:tester3',
        ...(writersRead ? { 'X-Container-Read': 'test:tester3' } : {}),
      });
      await mustBe(201, reader.ask('PUT', `/${container}/object`, {}, 'one'));
      if (!writersRead) expect((await reader.ask('GET', `/${container}/object`)).status).toBe(403);
      await mustBe(
        204,
        client.ask('POST', `/${container}`, { 'X-Container-Read': 'test:tester3' }),
      );
      expect((await mustBe(200, reader.ask('GET', `/${container}/object`))).body.toString()).toBe(
        'one',
      );
      await mustBe(204, client.ask('POST', `/${container}`, { 'X-Remove-Container-Read': 'x' }));
      expect((await reader.ask('GET', `/${container}/object`)).status).toBe(403);
    });
  });

  describe('a listing', () => {
    it('shows links as what they lead to, in every format', async () => {
      const container = await newEnabled(client);
      const type = { 'Content-Type': 'text/x-one; charset=x' };
      await mustBe(201, client.ask('PUT', pathOf(container, 'ö b'), type, 'one'));
      const [entry] = await list(client, container);
      const [version] = await list(client, container, 'versions');
      const path = `${client.account}/${container}/%C3%B6%20b?version-id=${String(version?.['version_id'])}`;
      expect(entry).toEqual({
        name: 'ö b',
        bytes: 3,
        hash: md5('one'),
        content_type: expect.stringMatching(/^text\/x-one/) as string,
        last_modified: expect.any(String) as string,
        symlink_path: path,
        version_symlink: true,
      });
      const xml = (await client.ask('GET', `/${container}?format=xml`)).body.toString();
      expect(xml).toContain(`<name>ö b</name><hash>${md5('one')}</hash><bytes>3</bytes>`);
      expect((await client.ask('GET', `/${container}`)).body.toString()).toBe('ö b\n');
    });

    it('counts the bytes of all versions, and the objects that there are', async () => {
      const container = await newEnabled(client);
      for (const body of ['1', '22', '333']) await put(client, container, 'object', body);
      for (const method of ['HEAD', 'GET']) {
        const { headers } = await client.ask(method, `/${container}`);
        expect(headers.get('x-container-bytes-used')).toBe('6');
        expect(headers.get('x-container-object-count')).toBe('1');
      }
    });

    it('of a container without versions shows all its objects as null versions', async () => {
      const container = await newContainer(client);
      await put(client, container, 'a', 'one');
      await put(client, container, 'b-c', 'two');
      expect((await list(client, container, 'versions&delimiter=-')).map(summaryOf)).toEqual([
        ['a', true, true],
        ['b-'],
      ]);
    });
  });

  describe('?versions', () => {
    /**
     * Makes `a` deleted, `b` and `b-c` with three versions, `d` overwritten while
     * switched off, and `e-f` from before versioning.
     */
    const fill = async () => {
      const container = await newContainer(client);
      await put(client, container, 'e-f', 'null');
      await mustBe(204, client.ask('POST', `/${container}`, ENABLED));
      await put(client, container, 'a', 'one');
      await mustBe(204, client.ask('DELETE', `/${container}/a`));
      for (const name of ['b', 'b-c'])
        for (const body of ['1', '2', '3']) await put(client, container, name, body);
      await put(client, container, 'd', 'one');
      await mustBe(204, client.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'false' }));
      await put(client, container, 'd', 'two');
      return container;
    };
    const ALL = [
      ['a', true, false],
      ['a', false, false],
      ['b', true, false],
      ['b', false, false],
      ['b', false, false],
      ['b-c', true, false],
      ['b-c', false, false],
      ['b-c', false, false],
      ['d', true, true],
      ['d', false, false],
      ['e-f', true, true],
    ];
    let container: string;
    beforeAll(async () => {
      container = await fill();
    });

    it('lists names in order, the newest version first', async () => {
      const listed = await list(client, container, 'versions');
      expect(listed.map(summaryOf)).toEqual(ALL);
      expect(listed[0]).toMatchObject({ bytes: 0, content_type: MARKER_TYPE, hash: md5('') });
      expect(listed[2]).toMatchObject({ bytes: 1, hash: md5('3') });
      const ids = listed.slice(2, 5).map((each) => String(each['version_id']));
      expect([...ids].sort().reverse()).toEqual(ids);
      expect((await list(client, container, 'versions&reverse=true')).map(summaryOf)).toEqual(
        [...ALL].reverse(),
      );
    });

    it.each([1, 2, 3, 4, 7])('has no gaps and nothing twice in pages of %i', async (limit) => {
      for (const bounds of [
        '',
        'reverse=on',
        'prefix=b',
        'delimiter=-',
        'delimiter=-&reverse=on',
        'end_marker=d',
        'end_marker=b&reverse=on',
      ]) {
        const whole = await list(client, container, `versions&${bounds}`);
        const collected: Listed[] = [];
        for (let query = ''; ;) {
          const page = await list(client, container, `versions&limit=${limit}&${bounds}&${query}`);
          collected.push(...page);
          const last = page.at(-1);
          if (last === undefined) break;
          const marker = encodeURIComponent(last.name ?? last.subdir ?? '');
          query = `marker=${marker}`;
          if (last.name !== undefined) query += `&version_marker=${String(last['version_id'])}`;
        }
        expect([bounds, collected]).toEqual([bounds, whole]);
      }
    });

    it('is bounded by names', async () => {
      const names = async (query: string) =>
        (await list(client, container, `versions&${query}`)).map(
          ({ name, subdir }) => name ?? subdir,
        );
      expect(await names('prefix=b-')).toEqual(['b-c', 'b-c', 'b-c']);
      expect(await names('marker=b-c')).toEqual(['d', 'd', 'e-f']);
      expect(await names('marker=b&reverse=on')).toEqual(['a', 'a']);
      expect(await names('end_marker=b')).toEqual(['a', 'a']);
      expect(await names('delimiter=-&prefix=b')).toEqual(['b', 'b', 'b', 'b-']);
      expect(await names('delimiter=-f')).toEqual([
        'a',
        'a',
        'b',
        'b',
        'b',
        'b-c',
        'b-c',
        'b-c',
        'd',
        'd',
        'e-f',
      ]);
      expect(await names('limit=0')).toEqual([]);
    });

    it.each([
      ['version_marker=1234567890.12345', 400],
      ['marker=a&version_marker=x', 400],
      ['delimiter=1', 400],
      ['limit=10001', 412],
      ['format=xml', 406],
      ['format=plain', 406],
    ])('?versions&%s: %i', async (query, status) => {
      expect((await client.ask('GET', `/${container}?versions&${query}`)).status).toBe(status);
    });

    it('is in JSON, also by default', async () => {
      const { headers, body } = await mustBe(200, client.ask('GET', `/${container}?versions`));
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(JSON.parse(body.toString())).toHaveLength(ALL.length);
      const getWith = (accept: string) =>
        client.ask('GET', `/${container}?versions`, { Accept: accept });
      expect((await getWith('*/*')).status).toBe(200);
      expect((await getWith('text/plain')).status).toBe(406);
    });

    it('is refused to clients that may not list the container', async () => {
      const stranger = await another();
      const { status, body } = await stranger.ask('GET', `/${container}?versions&format=json`);
      expect([status, body.includes('version_id')]).toEqual([403, false]);
    });

    it('of a container that is not there: 404', async () => {
      expect(
        (await client.ask('GET', `/${uniqueName('nowhere')}?versions&format=json`)).status,
      ).toBe(404);
    });
  });

  describe('the account', () => {
    const listed = async (query: string): Promise<Listed[]> => {
      const { body } = await mustBe(200, client.ask('GET', `?format=json&${query}`));
      return JSON.parse(body.toString()) as Listed[];
    };
    it('lists containers without versions containers, with full pages', async () => {
      const prefix = uniqueName('account');
      const names = Array.from({ length: 8 }, (_, i) => `${prefix}-${i}`);
      for (const name of names) await mustBe(201, client.ask('PUT', `/${name}`, ENABLED));
      await put(client, names[3] ?? '', 'object', 'one');
      await put(client, names[3] ?? '', 'object', 'three');
      const inPages = async (query: string) => {
        const collected: string[] = [];
        for (let marker = ''; ;) {
          const page = await listed(`limit=3&marker=${encodeURIComponent(marker)}&${query}`);
          const last = page.at(-1)?.name;
          if (last === undefined) return collected;
          collected.push(...page.map(({ name }) => name ?? ''));
          marker = last;
        }
      };
      // where versions containers, and others whose names begin with a point, would be
      // listed
      expect(
        (await inPages('end_marker=0')).filter((name) => name.startsWith('.hindsight-')),
      ).toEqual([]);
      expect(await inPages(`prefix=${prefix}`)).toEqual(names);
      expect(await listed('limit=3')).toHaveLength(3);
      const containers = await listed(`prefix=${prefix}`);
      expect(containers.map(({ name }) => name)).toEqual(names);
      const [count, bytes] = store().accountsLag ? [0, 0] : [1, 8];
      expect(containers.find(({ name }) => name === names[3])).toMatchObject({ count, bytes });
      expect((await listed(`prefix=${prefix}&reverse=on&limit=4`)).map(({ name }) => name)).toEqual(
        names.slice(4).reverse(),
      );
      expect(await listed('prefix=.hindsight-')).toEqual([]);
      expect((await listed('delimiter=-')).filter(({ subdir }) => subdir?.startsWith('.'))).toEqual(
        [],
      );
      const xml = (await client.ask('GET', `?format=xml&prefix=${names[3] ?? ''}`)).body.toString();
      expect(xml).toContain(
        `<name>${names[3] ?? ''}</name><count>${count}</count><bytes>${bytes}</bytes>`,
      );
      expect((await client.ask('GET', `?prefix=${prefix}`)).body.toString()).toBe(
        `${names.join('\n')}\n`,
      );
    });
  });

  describe('DELETE', () => {
    const removeContainer = async (container: string): Promise<Answer> =>
      client.ask('DELETE', `/${container}`);

    it('of a container is refused while it has versions, and deletes their container too', async () => {
      const container = await newEnabled(client);
      await put(client, container, 'object', 'one');
      await mustBe(204, client.ask('DELETE', `/${container}/object`));
      const answer = await removeContainer(container);
      expect([answer.status, answer.body.toString()]).toEqual([
        409,
        'Delete all versions before deleting container.',
      ]);
      for (const { name, version_id } of await list(client, container, 'versions'))
        await mustBe(
          204,
          client.ask('DELETE', `/${container}/${String(name)}?version-id=${String(version_id)}`),
        );
      expect((await removeContainer(container)).status).toBe(204);
      expect((await client.ask('HEAD', `/${container}`)).status).toBe(404);
      await mustBe(201, client.ask('PUT', `/${container}`));
      expect(
        (await client.ask('HEAD', `/${container}`)).headers.get('x-versions-enabled'),
      ).toBeUndefined();
    });

    it('that the store refuses leaves versions as they were', async () => {
      const container = await newContainer(client);
      await put(client, container, 'null', 'one');
      await mustBe(204, client.ask('POST', `/${container}`, ENABLED));
      expect((await removeContainer(container)).status).toBe(409);
      await put(client, container, 'null', 'two');
      expect(await list(client, container, 'versions')).toHaveLength(2);
    });

    it('while a PUT runs loses nothing that was acknowledged', async () => {
      for (let round = 0; round < 8; round++) {
        const container = await newEnabled(client);
        const [written, gone] = await Promise.all([
          client.ask('PUT', `/${container}/object`, {}, 'one'),
          removeContainer(container),
        ]);
        const isThere = (await client.ask('GET', `/${container}/object`)).body.toString() === 'one';
        expect([written.status, gone.status, isThere]).toEqual(
          written.status === 201 ? [201, 409, true] : [404, 204, false],
        );
      }
    });

    it('is refused to clients that may not delete the container', async () => {
      const stranger = await another();
      const container = await newEnabled(client);
      expect((await stranger.ask('DELETE', `/${container}`)).status).toBe(403);
      await put(client, container, 'object', 'one');
      expect(await list(client, container, 'versions')).toHaveLength(1);
    });
  });
}
