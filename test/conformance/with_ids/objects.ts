import { createHash } from 'node:crypto';
import { toBytes } from '../../../src/http/bytes';
import { Client, type Answer } from '../../support/clients/client';
import { MARKER_TYPE, mustBe, newContainer, pathOf, put } from '../../support/clients/containers';
import { temporary } from '../../support/clients/temp_urls';
import { list, newEnabled, type IdsStore } from './containers';

const NULL = 'null';
const OLD = '0000000001.00000';
const DISABLED = { 'X-Versions-Enabled': 'false' };
const ENABLED = { 'X-Versions-Enabled': 'true' };
const WRITERS = 32;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const idOf = ({ headers }: Answer) => headers.get('x-object-version-id');

/** A store with object versioning. */
export interface ObjectsStore extends IdsStore {
  /** The owner's client at the store behind, if there is one. */
  readonly direct?: () => Promise<Client>;
}

/** Behaviour of objects in containers with X-Versions-Enabled, on any store. */
export function objectsTable(store: () => ObjectsStore, it: jest.It = globalThis.it): void {
  let client: Client;
  let container: string;
  beforeAll(async () => {
    client = await store().login('tester');
  });
  beforeEach(async () => {
    container = await newEnabled(client);
  });

  const at = (name = 'o', id?: string) =>
    pathOf(container, name) + (id === undefined ? '' : `?version-id=${id}`);
  const write = async (body: string, name = 'o', headers: Record<string, string> = {}) =>
    idOf(await mustBe(201, client.ask('PUT', at(name), headers, body))) ?? '';
  const read = async (id?: string, name = 'o') => {
    const { status, body } = await client.ask('GET', at(name, id));
    return status === 200 ? body.toString() : status;
  };
  const remove = async (id?: string, name = 'o') => client.ask('DELETE', at(name, id));
  /**
   * The versions of a name, newest first: the body, or `deleted` for a marker, with a
   * star for the current one.
   */
  const versions = async (name = 'o') => {
    const listed = await list(client, container, `versions&prefix=${encodeURIComponent(name)}`);
    return Promise.all(
      listed.map(async ({ version_id, is_latest, content_type }) => {
        const id = String(version_id);
        const what = content_type === MARKER_TYPE ? 'deleted' : String(await read(id, name));
        return is_latest === true ? `${what}*` : what;
      }),
    );
  };
  const post = (headers: Record<string, string>) =>
    mustBe(204, client.ask('POST', `/${container}`, headers));
  const stranger = async () =>
    new Client(client.url, (await store().login('tester3')).credentials, client.account);

  describe('writing', () => {
    it('makes a version each time, and returns its id', async () => {
      const [first, second] = [await write('one'), await write('two')];
      expect([first < second, await read(), await read(first), await read(second)]).toEqual([
        true,
        'two',
        'one',
        'two',
      ]);
      const got = await client.ask('GET', at());
      expect(idOf(got)).toBe(second);
      expect(got.headers.get('content-location')).toBe(`${client.account}${at('o', second)}`);
      expect(got.headers.get('etag')).toBe(md5('two'));
      const old = await client.ask('HEAD', at('o', first));
      expect([old.status, idOf(old), old.headers.get('etag')]).toEqual([200, first, md5('one')]);
      expect(await versions()).toEqual(['two*', 'one']);
    });

    it.each([
      '%25ff',
      'a%2Fb',
      'a//b/../.',
      'with space+plus',
      'a?b#c;d\\e',
      'quo"te\'s <&>',
      'ünï/☃/💩',
      'tab\tand\x01\x01\x01 control\x01',
      'n'.repeat(1006),
    ])('accepts the name %j', async (name) => {
      const first = await write('one', name);
      await write('two', name);
      expect([await read(undefined, name), await read(first, name)]).toEqual(['two', 'one']);
      expect((await client.ask('GET', at(name))).headers.get('content-location')).toMatch(
        /\?version-id=/,
      );
      expect((await remove(undefined, name)).status).toBe(204);
      expect(await read(undefined, name)).toBe(404);
      expect(await read(first, name)).toBe('one');
    });

    it('refuses a name that leaves no room for an id, with nothing changed', async () => {
      const name = 'n'.repeat(1007);
      await post(DISABLED);
      await mustBe(201, client.ask('PUT', at(name), {}, 'one'));
      await post(ENABLED);
      expect((await client.ask('PUT', at(name), {}, 'two')).status).toBeGreaterThanOrEqual(400);
      expect((await remove(undefined, name)).status).toBeGreaterThanOrEqual(400);
      expect(await read(undefined, name)).toBe('one');
    });

    it('keeps metadata with the version, and the time of expiry with what is current', async () => {
      const soon = String(Math.floor(Date.now() / 1000) + 1000);
      const type = 'text/x; charset=utf-8';
      const id = await write('one', 'o', {
        'Content-Type': type,
        'X-Object-Meta-A': toBytes('ü'),
        'X-Delete-At': soon,
      });
      const { headers } = await client.ask('GET', at('o', id));
      expect([
        headers.get('content-type')?.replace(' ', ''),
        headers.get('x-object-meta-a'),
        headers.get('x-delete-at'),
      ]).toEqual(['text/x;charset=utf-8', toBytes('ü'), undefined]);
      const link = await client.ask('HEAD', `${at()}?symlink=get`);
      expect(link.headers.get('x-delete-at')).toBe(soon);
      expect(link.headers.get('x-symlink-target')).toBe(`${container}/o?version-id=${id}`);
    });

    it('makes nothing if it is refused', async () => {
      await write('one');
      const refused = [
        client.ask('PUT', at(), { Etag: md5('other') }, 'two'),
        client.ask('PUT', at(), { 'If-None-Match': '*' }, 'two'),
        client.ask('PUT', at(), { 'X-Delete-At': '1' }, 'two'),
        client.ask('PUT', at(), { 'X-Copy-From': `/${container}/none` }),
        client.ask('DELETE', at(), { 'X-If-Delete-At': '1' }),
      ];
      const statuses = (await Promise.all(refused)).map(({ status }) => status);
      expect(statuses).toEqual([422, 412, 400, 404, 412]);
      expect(await versions()).toEqual(['one*']);
    });

    it('is done only if nothing is there, with If-None-Match', async () => {
      const once = { 'If-None-Match': '*' };
      expect(idOf(await mustBe(201, client.ask('PUT', at(), once, 'one')))).toBeDefined();
      await mustBe(412, client.ask('PUT', at(), once, 'two'));
      await remove();
      await mustBe(201, client.ask('PUT', at(), once, 'three'));
      expect(await versions()).toEqual(['three*', 'deleted', 'one']);
    });

    it('loses none of many concurrent writes', async () => {
      const bodies = Array.from({ length: WRITERS }, (_, i) => `body ${i}`);
      const ids = await Promise.all(bodies.map((body) => write(body)));
      expect(new Set(ids).size).toBe(WRITERS);
      expect(await Promise.all(ids.map((id) => read(id)))).toEqual(bodies);
      const listed = await versions();
      expect(listed.map((body) => body.replace('*', '')).sort()).toEqual([...bodies].sort());
      expect(listed[0]).toMatch(/\*$/);
    });

    it('goes on if the versions container is gone', async () => {
      await write('one');
      await remove(await versionId());
      const owner = store().direct;
      if (!owner) return;
      await mustBe(204, (await owner()).ask('DELETE', `/.hindsight-versions-${container}`));
      const id = await write('two');
      expect([await read(), await read(id)]).toEqual(['two', 'two']);
    });
  });

  const versionId = async (name = 'o') => idOf(await client.ask('HEAD', at(name))) ?? '';

  describe('changing metadata', () => {
    it('makes no version', async () => {
      const id = await write('one', 'o', { 'X-Object-Meta-A': 'a' });
      await mustBe(
        202,
        client.ask('POST', at(), { 'X-Object-Meta-B': 'b', 'Content-Type': 'text/new' }),
      );
      const { headers } = await client.ask('GET', at());
      expect([
        idOf({ headers } as Answer),
        headers.get('x-object-meta-a'),
        headers.get('x-object-meta-b'),
      ]).toEqual([id, undefined, 'b']);
      expect(headers.get('content-type')).toBe('text/new');
      expect((await client.ask('HEAD', at('o', id))).headers.get('x-object-meta-b')).toBe('b');
      expect(await versions()).toEqual(['one*']);
    });

    it('of a version by its id is refused', async () => {
      const id = await write('one');
      expect((await client.ask('POST', at('o', id), { 'X-Object-Meta-B': 'b' })).status).toBe(400);
    });
  });

  describe('deleting', () => {
    it('writes a marker, also if nothing is there', async () => {
      const id = await write('one');
      const [first, second] = [await remove(), await remove()];
      expect([first.status, second.status]).toEqual([204, 404]);
      expect(await versions()).toEqual(
        ['deleted*', 'deleted', 'one'].map((each, i) => (i === 0 ? each : each)),
      );
      const marker = idOf(first) ?? '';
      expect(id < marker && marker < (idOf(second) ?? '')).toBe(true);
      const response = await client.ask('GET', at('o', marker));
      expect([response.status, idOf(response), response.headers.get('content-type')]).toEqual([
        404,
        marker,
        MARKER_TYPE,
      ]);
      expect([await read(), await read(id)]).toEqual([404, 'one']);
    });

    it('of an older version leaves the others', async () => {
      const [first, second] = [await write('one'), await write('two')];
      const answer = await remove(first);
      expect([
        answer.status,
        idOf(answer),
        answer.headers.get('x-object-current-version-id'),
      ]).toEqual([204, first, second]);
      expect([await read(), await read(first)]).toEqual(['two', 404]);
      expect(await versions()).toEqual(['two*']);
    });

    it('of the current version removes the current object', async () => {
      const [first, second] = [await write('one'), await write('two')];
      const answer = await remove(second);
      expect([
        answer.status,
        idOf(answer),
        answer.headers.get('x-object-current-version-id'),
      ]).toEqual([204, second, NULL]);
      expect([await read(), await read(first)]).toEqual([404, 'one']);
      expect((await remove(second)).status).toBe(404);
    });

    it('is of the requested version, however the parameter is encoded', async () => {
      const [old] = [await write('one'), await write('two')];
      for (const name of ['version%2Did', '%76ersion-id']) {
        const path = `${pathOf(container, 'o')}?${name}=${old}`;
        expect((await client.ask('GET', path)).body.toString()).toBe('one');
        expect((await client.ask('POST', path)).status).toBe(400);
        expect((await client.ask('PUT', path, {}, 'x')).status).toBe(400);
      }
      await mustBe(204, client.ask('DELETE', `${pathOf(container, 'o')}?version%2Did=${old}`));
      expect(await versions()).toEqual(['two*']);
    });

    it('of an id with an offset is of no version: each has one name', async () => {
      const id = await write('one');
      for (const suffix of ['_0', '_', '_1', '_00000000000000ff'])
        for (const method of ['GET', 'HEAD', 'DELETE', 'PUT', 'COPY']) {
          const headers = method === 'COPY' ? { Destination: `${container}/copy` } : {};
          const { status } = await client.ask(method, at('o', id + suffix), headers);
          expect([method, suffix, status]).toEqual([method, suffix, 404]);
        }
      for (const suffix of ['_0_0', '_g', '_00000000000000000']) {
        expect((await client.ask('GET', at('o', id + suffix))).status).toBe(400);
        const listing = `/${container}?versions&marker=o&version_marker=${id}${suffix}`;
        expect((await client.ask('GET', listing)).status).toBe(400);
      }
      expect([await versions(), await read(id)]).toEqual([['one*'], 'one']);
    });

    it('is ignored as a parameter that lists versions', async () => {
      const [id] = [await write('one'), await write('two')];
      expect((await client.ask('GET', `${at()}?versions`)).body.toString()).toBe('two');
      expect((await client.ask('GET', `${at('o', id)}&versions`)).body.toString()).toBe('one');
      await mustBe(201, client.ask('PUT', `${at()}?versions`, {}, 'three'));
      await mustBe(202, client.ask('POST', `${at()}?versions`, { 'X-Object-Meta-A': '1' }));
      expect(await versions()).toEqual(['three*', 'two', 'one']);
      await mustBe(204, client.ask('DELETE', `${at()}?versions`));
      expect(await versions()).toEqual(['deleted*', 'three', 'two', 'one']);
    });

    it('of a marker removes only that', async () => {
      await write('one');
      const marker = idOf(await remove()) ?? '';
      expect((await remove(marker)).status).toBe(204);
      expect([await versions(), await read()]).toEqual([['one'], 404]);
    });

    it('of what is current, as null, writes no marker', async () => {
      await write('one');
      expect((await remove(NULL)).status).toBe(204);
      expect([await versions(), await read()]).toEqual([['one'], 404]);
    });
  });

  describe('what has no id', () => {
    it('is kept if it is overwritten or deleted, and has the id null before', async () => {
      const early = await newContainer(client);
      await put(client, early, 'written', 'one');
      await put(client, early, 'deleted', 'two');
      await mustBe(204, client.ask('POST', `/${early}`, ENABLED));
      container = early;
      expect(idOf(await client.ask('GET', at('written')))).toBe(NULL);
      expect([await read(NULL, 'written'), await versions('written')]).toEqual(['one', ['one*']]);
      await write('new', 'written');
      expect((await remove(undefined, 'deleted')).status).toBe(204);
      expect(await versions('written')).toEqual(['new*', 'one']);
      expect(await versions('deleted')).toEqual(['deleted*', 'two']);
      expect(await read(NULL, 'written')).toBe(404);
    });

    it('is what is written while versions are switched off', async () => {
      await write('one');
      await post(DISABLED);
      expect(idOf(await mustBe(201, client.ask('PUT', at(), {}, 'two')))).toBeUndefined();
      await mustBe(201, client.ask('PUT', at(), {}, 'three'));
      expect(await versions()).toEqual(['three*', 'one']);
      await post(ENABLED);
      await write('four');
      expect(await versions()).toEqual(['four*', 'three', 'one']);
      await post(DISABLED);
      expect((await remove()).status).toBe(204);
      expect(await versions()).toEqual(['four', 'three', 'one']);
    });
  });

  describe('an id', () => {
    it('makes a version the current one again', async () => {
      const [first, second] = [await write('one'), await write('two')];
      const answer = await mustBe(201, client.ask('PUT', at('o', first)));
      expect([idOf(answer), answer.headers.get('etag')]).toEqual([first, md5('one')]);
      expect([await read(), await versions()]).toEqual(['one', ['two', 'one*']]);
      const [entry] = await list(client, container);
      expect(entry).toMatchObject({ name: 'o', bytes: 3, hash: md5('one') });
      expect(String(entry?.['content_type'])).not.toContain('hindsight');
      await mustBe(202, client.ask('POST', at(), { 'Content-Type': 'text/posted' }));
      expect((await client.ask('HEAD', `${at()}?symlink=get`)).headers.get('content-type')).toBe(
        'text/posted',
      );
      const third = await write('three');
      expect(third > second).toBe(true);
      expect(await versions()).toEqual(['three*', 'two', 'one']);
    });

    it('of a version that was deleted brings it back', async () => {
      const id = await write('one');
      await remove();
      await mustBe(201, client.ask('PUT', at('o', id)));
      expect([await read(), await versions()]).toEqual(['one', ['deleted', 'one*']]);
      await write('two');
      expect(await versions()).toEqual(['two*', 'deleted', 'one']);
    });

    it('is refused if it is invalid, or with a body', async () => {
      const id = await write('one');
      await remove();
      const plain = await newContainer(client);
      const statuses = await Promise.all(
        [
          client.ask('PUT', at('o', id), {}, 'body'),
          client.ask('PUT', at('o', 'later')),
          client.ask('PUT', at('o', OLD)),
          client.ask('GET', at('o', 'later')),
          client.ask('GET', at('o', OLD)),
          client.ask('DELETE', at('o', OLD)),
          client.ask('GET', `/${plain}/o?version-id=${OLD}`),
          client.ask('DELETE', `/${plain}/o?version-id=${OLD}`),
        ].map(async (each) => (await each).status),
      );
      expect(statuses).toEqual([400, 400, 404, 400, 404, 404, 400, 400]);
      expect(await versions()).toEqual(['deleted*', 'one']);
    });
  });

  describe('a copy', () => {
    it.each([
      ['COPY', (id: string, to: string) => client.ask('COPY', at('o', id), { Destination: to })],
      [
        'X-Copy-From',
        (id: string, to: string) =>
          client.ask('PUT', `/${to}?version-id=${id}`, { 'X-Copy-From': `${container}/o` }),
      ],
    ])('of a version by %s is one of that version', async (_, copy) => {
      const first = await write('one', 'o', { 'X-Object-Meta-A': 'a' });
      await write('two');
      const copied = await mustBe(201, copy(first, `${container}/o`));
      expect([
        copied.headers.get('x-copied-from'),
        copied.headers.get('x-copied-from-version-id'),
      ]).toEqual([`${container}/o`, first]);
      expect(await versions()).toEqual(['one*', 'two', 'one']);
      expect((await client.ask('GET', at())).headers.get('x-object-meta-a')).toBe('a');
      const plain = await newContainer(client);
      await mustBe(201, copy(first, `${plain}/o`));
      expect((await client.ask('GET', `/${plain}/o`)).body.toString()).toBe('one');
    });

    it('of a marker, or of a missing version, is refused', async () => {
      await write('one');
      const marker = idOf(await remove()) ?? '';
      for (const id of [marker, OLD, NULL]) {
        const copy = client.ask('COPY', at('o', id), { Destination: `${container}/copy` });
        expect((await copy).status).toBe(404);
      }
      expect(await read(undefined, 'copy')).toBe(404);
    });

    it('of what is there itself is no link to a version', async () => {
      const id = await write('one');
      const plain = await newContainer(client);
      await mustBe(
        201,
        client.ask('COPY', `${at()}?symlink=get`, { Destination: `${plain}/copy` }),
      );
      await remove(id);
      expect((await client.ask('GET', `/${plain}/copy`)).body.toString()).toBe('one');
    });

    it('of a dynamic large object of segments with ids is one of its manifest, or none', async () => {
      await write('one', 'parts/1');
      await write('', 'dynamic', { 'X-Object-Manifest': `${container}/parts/` });
      const to = { Destination: `${container}/copy` };
      expect((await client.ask('COPY', at('dynamic'), to)).status).toBe(501);
      expect(await read(undefined, 'copy')).toBe(404);
      await mustBe(201, client.ask('COPY', `${at('dynamic')}?multipart-manifest=get`, to));
      expect(await read(undefined, 'copy')).toBe('one');
    });

    it('of what expires expires, and its version does not', async () => {
      const soon = String(Math.floor(Date.now() / 1000) + 1000);
      const source = await newContainer(client);
      const headers = {
        'X-Delete-At': soon,
        'X-Object-Meta-A': 'a',
        'Content-Type': 'text/x',
        'Content-Encoding': 'gzip',
      };
      await mustBe(201, client.ask('PUT', `/${source}/o`, headers, 'one'));
      const id = idOf(
        await mustBe(201, client.ask('COPY', `/${source}/o`, { Destination: `${container}/o` })),
      );
      expect((await client.ask('HEAD', `${at()}?symlink=get`)).headers.get('x-delete-at')).toBe(
        soon,
      );
      const version = (await client.ask('HEAD', at('o', id))).headers;
      expect([
        version.get('x-delete-at'),
        version.get('x-object-meta-a'),
        version.get('content-type'),
        version.get('content-encoding'),
      ]).toEqual([undefined, 'a', 'text/x', 'gzip']);
    });

    it('of a large object that expires keeps its content type', async () => {
      const source = await newContainer(client);
      await mustBe(201, client.ask('PUT', `/${source}/segment`, {}, 'one'));
      const manifest = JSON.stringify([{ path: `/${source}/segment` }]);
      const headers = { 'X-Delete-After': '1000', 'Content-Type': 'video/x' };
      await mustBe(
        201,
        client.ask('PUT', `/${source}/o?multipart-manifest=put`, headers, manifest),
      );
      const to = { Destination: `${container}/o` };
      const id = idOf(
        await mustBe(201, client.ask('COPY', `/${source}/o?multipart-manifest=get`, to)),
      );
      const version = (await mustBe(200, client.ask('GET', at('o', id)))).headers;
      expect([version.get('content-type'), version.get('x-delete-at')]).toEqual([
        'video/x',
        undefined,
      ]);
      expect(await list(client, container)).toMatchObject([{ content_type: 'video/x' }]);
    });
  });

  describe('reading', () => {
    it('takes ranges and conditions as for any object', async () => {
      await write('0123456789');
      const ask = async (headers: Record<string, string>) => {
        const { status, body } = await client.ask('GET', at(), headers);
        return [status, status < 300 ? body.toString() : ''];
      };
      expect(await ask({ Range: 'bytes=2-4' })).toEqual([206, '234']);
      expect(await ask({ Range: 'bytes=20-' })).toEqual([416, '']);
      expect(await ask({ 'If-Match': md5('0123456789') })).toEqual([200, '0123456789']);
      expect(await ask({ 'If-Match': md5('other') })).toEqual([412, '']);
      expect(await ask({ 'If-None-Match': md5('0123456789') })).toEqual([304, '']);
    });

    it('follows symlinks that are versions, to versions', async () => {
      await write('target', 'target');
      const id = await write('', 'link', { 'X-Symlink-Target': `${container}/target` });
      const plain = await newContainer(client);
      await mustBe(
        201,
        client.ask('PUT', `/${plain}/link`, { 'X-Symlink-Target': `${container}/link` }),
      );
      for (const path of [at('link'), at('link', id), `/${plain}/link`]) {
        expect((await client.ask('GET', path)).body.toString()).toBe('target');
        expect((await client.ask('HEAD', path)).headers.get('content-length')).toBe('6');
      }
      await write('new target', 'target');
      await write('no link', 'link');
      expect([await read(undefined, 'link'), await read(id, 'link')]).toEqual([
        'no link',
        'new target',
      ]);
    });

    it('answers 404 if a chain of symlinks leads nowhere', async () => {
      await write('', 'link', { 'X-Symlink-Target': `${container}/nowhere` });
      await write('', 'other', { 'X-Symlink-Target': `${container}/link` });
      expect([await read(undefined, 'link'), await read(undefined, 'other')]).toEqual([404, 404]);
      expect((await client.ask('HEAD', at('other'))).status).toBe(404);
    });

    it('copies the end of a chain of symlinks, which the store does not follow', async () => {
      await write('end', 'target', { 'X-Object-Meta-Colour': 'red' });
      await write('', 'first', { 'X-Symlink-Target': `${container}/target` });
      const id = await write('', 'second', { 'X-Symlink-Target': `${container}/first` });
      const copies = {
        current: await client.ask('COPY', at('second'), { Destination: `${container}/current` }),
        version: await client.ask('COPY', at('second', id), {
          Destination: `${container}/version`,
        }),
        put: await client.ask('PUT', at('put'), { 'X-Copy-From': `${container}/second` }),
      };
      for (const [name, { status, headers }] of Object.entries(copies)) {
        expect([status, headers.get('x-copied-from')]).toEqual([201, `${container}/second`]);
        const copy = await client.ask('GET', at(name));
        expect([copy.body.toString(), copy.headers.get('x-object-meta-colour')]).toEqual([
          'end',
          'red',
        ]);
      }
      expect(copies.version.headers.get('x-copied-from-version-id')).toBe(id);
      const itself = await client.ask('COPY', `${at('second')}?symlink=get`, {
        Destination: `${container}/link`,
      });
      expect([itself.status, await read(undefined, 'link')]).toEqual([201, 'end']);
    });

    it('follows static symlinks as long as they hold', async () => {
      await write('target', 'target');
      const headers = {
        'X-Symlink-Target': `${container}/target`,
        'X-Symlink-Target-Etag': md5('target'),
      };
      const id = await write('', 'link', headers);
      expect(await read(undefined, 'link')).toBe('target');
      await write('new', 'target');
      expect(await read(undefined, 'link')).toBe(409);
      await write('no link', 'link');
      await mustBe(201, client.ask('PUT', at('link', id)));
      expect(await read(undefined, 'link')).toBe(409);
    });

    it('reads ranges of a dynamic large object behind two symlinks', async () => {
      await write('one', 'parts/1');
      await write('two', 'parts/2');
      await write('', 'dynamic', { 'X-Object-Manifest': `${container}/parts/` });
      await write('', 'first', { 'X-Symlink-Target': `${container}/dynamic` });
      await write('', 'second', { 'X-Symlink-Target': `${container}/first` });
      const { status, body } = await client.ask('GET', at('second'), { Range: 'bytes=2-3' });
      expect([status, body.toString()]).toEqual([206, 'et']);
      expect((await client.ask('GET', at('second'), { Range: 'bytes=6-' })).status).toBe(416);
    });

    it('reads large objects, whose manifests are the versions', async () => {
      await write('one', 'parts/1');
      await write('two', 'parts/2');
      const manifest = JSON.stringify(
        ['1', '2'].map((part) => ({ path: `/${container}/parts/${part}` })),
      );
      const created = await mustBe(
        201,
        client.ask('PUT', `${at('static')}?multipart-manifest=put`, {}, manifest),
      );
      expect(idOf(created)).toBeDefined();
      const dynamic = await write('', 'dynamic', { 'X-Object-Manifest': `${container}/parts/` });
      expect([await read(undefined, 'static'), await read(undefined, 'dynamic')]).toEqual([
        'onetwo',
        'onetwo',
      ]);
      await write('no manifest', 'static');
      await write('no manifest', 'dynamic');
      expect([await read(idOf(created), 'static'), await read(dynamic, 'dynamic')]).toEqual([
        'onetwo',
        'onetwo',
      ]);
      const ask = async (headers: Record<string, string>) => {
        const { status, body } = await client.ask('GET', at('dynamic', dynamic), headers);
        return [status, status < 300 ? body.toString() : ''];
      };
      const etag = (await client.ask('HEAD', at('dynamic', dynamic))).headers.get('etag') ?? '';
      expect(etag).toBe(`"${md5(md5('one') + md5('two'))}"`);
      expect(await ask({ Range: 'bytes=2-3' })).toEqual([206, 'et']);
      expect(await ask({ Range: 'bytes=6-' })).toEqual([416, '']);
      expect(await ask({ 'If-Match': etag })).toEqual([200, 'onetwo']);
      expect(await ask({ 'If-None-Match': etag })).toEqual([304, '']);
      const all = await client.ask(
        'DELETE',
        `${at('static', idOf(created))}&multipart-manifest=delete`,
        {
          Accept: 'application/json',
        },
      );
      expect(JSON.parse(all.body.toString())).toMatchObject({ 'Number Deleted': 3, Errors: [] });
      expect(await versions('static')).toEqual(['no manifest*']);
      expect(await versions('parts/1')).toEqual(['deleted*', 'one']);
    });
  });

  describe('a client that may', () => {
    it('do nothing is refused everything and changes nothing', async () => {
      const id = await write('one');
      const other = await stranger();
      const tried = [
        other.ask('PUT', at(), {}, 'two'),
        other.ask('DELETE', at()),
        other.ask('POST', at(), { 'X-Object-Meta-A': 'a' }),
        other.ask('GET', at()),
        other.ask('GET', at('o', id)),
        other.ask('DELETE', at('o', id)),
        other.ask('PUT', at('o', id)),
        other.ask('COPY', at('o', id), { Destination: `${container}/copy` }),
        other.ask('PUT', `/${container}/copy?version-id=${id}`, {
          'X-Copy-From': `${container}/o`,
        }),
      ];
      for (const each of tried) expect((await each).status).toBe(403);
      expect(await versions()).toEqual(['one*']);
    });

    it('read may read the current version and nothing by its id', async () => {
      const id = await write('one');
      await post({ 'X-Container-Read': 'test:tester3,.r:*' });
      const [other, nobody] = [
        await stranger(),
        new Client(client.url, (await store().login('tester')).credentials.only(), client.account),
      ];
      for (const reader of [other, nobody]) {
        const got = await reader.ask('GET', at());
        expect([got.status, idOf(got), got.body.toString()]).toEqual([200, id, 'one']);
      }
      expect((await other.ask('GET', at('o', id))).status).toBe(403);
      expect((await nobody.ask('GET', at('o', id))).status).toBe(401);
      expect(
        (await other.ask('COPY', at('o', id), { Destination: `${container}/copy` })).status,
      ).toBe(403);
      expect((await other.ask('DELETE', at())).status).toBe(403);
    });

    it('write may write and delete, and remove no version', async () => {
      await write('one');
      const both = {
        'X-Container-Write': 'test:tester3',
        ...(store().writersRead ? { 'X-Container-Read': 'test:tester3' } : {}),
      };
      await post(both);
      const other = await stranger();
      const id = idOf(await mustBe(201, other.ask('PUT', at(), {}, 'two')));
      expect((await other.ask('DELETE', at('o', id))).status).toBe(403);
      expect((await other.ask('DELETE', at())).status).toBe(204);
      expect(await versions()).toEqual(['deleted*', 'two', 'one']);
      await mustBe(204, client.ask('POST', `/${container}`, { 'X-Remove-Container-Write': 'x' }));
      expect((await other.ask('PUT', at(), {}, 'three')).status).toBe(403);
      expect(await versions()).toEqual(['deleted*', 'two', 'one']);
    });

    it('sign may read and write by temporary URLs', async () => {
      await put(client, container, 'o', 'one');
      const key = 'temporary';
      await post({ 'X-Container-Meta-Temp-URL-Key': key });
      const nobody = new Client(client.url, client.credentials.only(), client.account);
      const signed = (method: string) =>
        `${at()}?${temporary(method, `${client.account}/${container}/o`, { key })}`;
      if (store().writersRead) {
        expect((await nobody.ask('PUT', signed('PUT'), {}, 'two')).status).toBe(412);
        return;
      }
      const id = idOf(await mustBe(201, nobody.ask('PUT', signed('PUT'), {}, 'two')));
      expect(id).toBeDefined();
      const got = await nobody.ask('GET', signed('GET'));
      expect([got.status, got.body.toString(), idOf(got)]).toEqual([200, 'two', id]);
      expect(got.headers.get('content-disposition')).toContain('attachment');
      expect((await nobody.ask('HEAD', signed('HEAD'))).headers.get('content-length')).toBe('3');
      expect((await nobody.ask('DELETE', signed('DELETE'))).status).toBe(204);
      expect((await nobody.ask('PUT', signed('GET'), {}, 'three')).status).toBe(401);
      expect(await versions()).toEqual(['deleted*', 'two', 'one']);
    });
  });
}
