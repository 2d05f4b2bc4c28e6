import { createHash } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import {
  MARKER_TYPE,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { inDialect, ONLY_OVER, SIZE_AND_TIME, TYPE } from '../../support/servers/dialect';
import { list, newEnabled, type Listed } from './containers';
import type { ObjectsStore } from './objects';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const NOTED = 'text/plain;hindsight_etag=abc-2';

/**
 * Object versioning as filters for other APIs see it, on any store: they send requests
 * with `Request.dialect`.
 */
export function dialectsTable(store: () => ObjectsStore, it: jest.It = globalThis.it): void {
  let swift: Client;
  let client: Client;
  let container: string;
  beforeAll(async () => {
    swift = await store().login('tester');
    client = inDialect(swift);
  });
  beforeEach(async () => {
    container = await newEnabled(swift);
  });

  const at = (id?: string, name = 'o') =>
    pathOf(container, name) + (id === undefined ? '' : `?version-id=${id}`);
  const switchTo = (enabled: boolean) =>
    mustBe(204, swift.ask('POST', `/${container}`, { 'X-Versions-Enabled': String(enabled) }));
  const write = async (body: string, by = client, name = 'o') =>
    (await mustBe(201, by.ask('PUT', at(undefined, name), {}, body))).headers.get(
      'x-object-version-id',
    ) ?? '';
  const remove = (id?: string, by = client) => by.ask('DELETE', at(id));
  const read = async (id?: string, by = client) => {
    const { status, body } = await by.ask('GET', at(id));
    return status === 200 ? body.toString() : status;
  };
  const listed = (by = client, query = '') => list(by, container, `versions&${query}`);
  /**
   * The listed versions: the body, or `deleted` for a marker, then ` null` for the null
   * version, and `*` for the latest.
   */
  const versions = async (by = client, query = '') =>
    Promise.all(
      (await listed(by, query)).map(async ({ version_id, is_latest, content_type }) => {
        const id = String(version_id);
        const what = content_type === MARKER_TYPE ? 'deleted' : String(await read(id, by));
        return `${what}${id === 'null' ? ' null' : ''}${is_latest === true ? '*' : ''}`;
      }),
    );
  /** Makes a null version with a version over it. */
  const overNull = async (by = client) => {
    await switchTo(false);
    await write('null', by);
    await switchTo(true);
    return write('one', by);
  };
  const answer = async (request: ReturnType<Client['ask']>) => {
    const { status, headers } = await request;
    return [
      status,
      headers.get('x-object-version-id'),
      headers.get('content-type') === MARKER_TYPE,
    ];
  };

  describe('a null version', () => {
    it('is the current object, and its id says so', async () => {
      await switchTo(false);
      expect(await write('one')).toBe('null');
      expect(await write('two')).toBe('null');
      expect(await read('null')).toBe('two');
      expect(await versions()).toEqual(['two null*']);
    });

    it.each(['swift', 'dialect'])(
      'keeps its name when it is overwritten through %s',
      async (by) => {
        const first = await overNull(by === 'swift' ? swift : client);
        expect(await versions()).toEqual(['one*', 'null null']);
        expect([await read('null'), await read(), await read(first)]).toEqual([
          'null',
          'one',
          'one',
        ]);
        expect(await answer(client.ask('HEAD', at('null')))).toEqual([200, 'null', false]);
        // Swift's API has its timestamp as the id
        const [, old] = await listed(swift);
        expect(old?.version_id).toMatch(/^\d{10}\.\d{5}$/);
        expect([await read(String(old?.version_id), swift), await read('null', swift)]).toEqual([
          'null',
          404,
        ]);
        expect(old?.content_type).not.toContain('hindsight');
      },
    );

    it('is replaced, wherever it stands, by what is written while versions are switched off', async () => {
      await overNull();
      await switchTo(false);
      expect(await write('again')).toBe('null');
      expect(await versions()).toEqual(['again null*', 'one']);
      await mustBe(201, client.ask('COPY', at(), { Destination: `${container}/o` }));
      await switchTo(true);
      await write('two');
      expect(await versions()).toEqual(['two*', 'again null', 'one']);
      await switchTo(false);
      const copied = await mustBe(
        201,
        client.ask('PUT', at(), { 'X-Copy-From': `${container}/o` }),
      );
      expect(copied.headers.get('x-object-version-id')).toBe('null');
      expect(await versions()).toEqual(['two null*', 'two', 'one']);
    });

    it("stays where Swift's API writes while versions are switched off", async () => {
      await overNull();
      await switchTo(false);
      await mustBe(201, swift.ask('PUT', at(), {}, 'plain'));
      expect(await versions(swift)).toEqual(['plain null*', 'one', 'null']);
      expect(await versions()).toEqual(['plain null*', 'one', 'null']);
      await switchTo(true);
      await write('two');
      expect(await versions()).toEqual(['two*', 'plain null', 'one', 'null']);
    });

    it('is replaced by a marker if it is deleted while versions are switched off', async () => {
      await overNull();
      await switchTo(false);
      expect(await answer(remove())).toEqual([204, 'null', true]);
      expect(await versions()).toEqual(['deleted null*', 'one']);
      expect(await answer(client.ask('GET', at()))).toEqual([404, 'null', true]);
      expect(await answer(client.ask('GET', at('null')))).toEqual([404, 'null', true]);
      expect(await answer(remove())).toEqual([404, 'null', true]);
      expect(await versions()).toEqual(['deleted null*', 'one']);
      await write('two');
      expect(await versions()).toEqual(['two null*', 'one']);
      expect(await answer(remove())).toEqual([204, 'null', true]);
      expect(await versions()).toEqual(['deleted null*', 'one']);
      await switchTo(true);
      await write('three');
      expect(await versions()).toEqual(['three*', 'deleted null', 'one']);
    });

    it('is removed by its name, wherever it stands', async () => {
      await overNull();
      expect(await answer(remove('null'))).toEqual([204, 'null', false]);
      expect(await versions()).toEqual(['one*']);
      expect((await remove('null')).status).toBe(404);
      await switchTo(false);
      await remove();
      expect(await versions()).toEqual(['deleted null*', 'one']);
      expect(await answer(remove('null'))).toEqual([204, 'null', true]);
      expect([await versions(), await read()]).toEqual([['one*'], 'one']);
      await write('two');
      expect(await answer(remove('null'))).toEqual([204, 'null', false]);
      expect([await versions(), await read()]).toEqual([['one*'], 'one']);
    });

    it('is copied by its name', async () => {
      await overNull();
      const copy = { 'X-Copy-From': `${container}/o` };
      const made = await mustBe(
        201,
        client.ask('PUT', `${at(undefined, 'copy')}?version-id=null`, copy),
      );
      expect(made.headers.get('x-copied-from-version-id')).toBe('null');
      expect((await client.ask('GET', at(undefined, 'copy'))).body.toString()).toBe('null');
      expect(
        (await listed(client, 'prefix=copy')).map(({ version_id }) => version_id),
      ).not.toContain('null');
      await remove('null');
      const gone = await client.ask('PUT', `${at(undefined, 'copy')}?version-id=null`, copy);
      expect(gone.status).toBe(404);
    });

    it('may be a large object, and keeps its content type', async () => {
      await put(swift, container, 'segment', 'content');
      await switchTo(false);
      const manifest = JSON.stringify([{ path: `/${container}/segment` }]);
      const request = client.ask(
        'PUT',
        `${at()}?multipart-manifest=put`,
        { [TYPE]: NOTED },
        manifest,
      );
      await mustBe(201, request);
      await switchTo(true);
      await write('one');
      const { status, headers, body } = await client.ask('GET', at('null'));
      expect([status, body.toString(), headers.get('x-static-large-object')]).toEqual([
        200,
        'content',
        'True',
      ]);
      expect(headers.get(TYPE)?.replace(' ', '')).toBe(NOTED);
    });

    it('may be a link', async () => {
      await put(swift, container, 'target', 'content');
      await switchTo(false);
      const link = { 'X-Symlink-Target': `${container}/target`, 'Content-Type': 'text/x' };
      await mustBe(201, client.ask('PUT', at(), link));
      await switchTo(true);
      await write('one');
      expect(await versions(client, 'prefix=o')).toEqual(['one*', 'content null']);
    });

    it('stands between pages, and a listing goes on behind it', async () => {
      await overNull();
      await switchTo(false);
      await remove();
      await switchTo(true);
      for (const body of ['two', 'three']) await write(body);
      await write('other', client, 'p');
      const ids = (entries: readonly Listed[]) =>
        entries.map(({ name, version_id }) => `${name ?? ''} ${String(version_id)}`);
      const all = ids(await listed());
      expect(all.map((each) => each.endsWith('null'))).toEqual([false, false, true, false, false]);
      const [, , marker] = await listed();
      for (const reverse of ['', '&reverse=on']) {
        const collected: string[] = [];
        for (let query = `limit=1${reverse}`; ;) {
          const page = await listed(client, query);
          const last = page.at(-1);
          if (!last) break;
          collected.push(...ids(page));
          query = `limit=1${reverse}&marker=${last.name ?? ''}&version_marker=${String(last.version_id)}`;
        }
        expect(collected).toEqual(reverse ? [...all].reverse() : all);
      }
      const behind = await listed(
        client,
        `marker=o&version_marker=${String(marker?.version_marker)}`,
      );
      expect(ids(behind)).toEqual(all.slice(3));
    });

    it('leaves nothing that prevents deleting the container', async () => {
      await overNull();
      for (const { version_id } of await listed(swift))
        await mustBe(204, remove(String(version_id), swift));
      await switchTo(false);
      await mustBe(204, swift.ask('DELETE', `/${container}`));
    });
  });

  describe('removing what is current', () => {
    it('makes the version before it current', async () => {
      const ids = [await write('one'), await write('two'), await write('three')];
      expect((await remove(ids[2])).status).toBe(204);
      expect([await read(), await versions()]).toEqual(['two', ['two*', 'one']]);
      expect((await remove(ids[0])).status).toBe(204);
      expect([await read(), await versions()]).toEqual(['two', ['two*']]);
      expect((await remove(ids[1])).status).toBe(204);
      expect([await read(), await versions()]).toEqual([404, []]);
      expect((await remove(ids[1])).status).toBe(404);
      expect((await write('four')) > (ids[2] ?? '')).toBe(true);
    });

    it('does so with a marker, unless another is before it', async () => {
      await write('one');
      const [, first] = await answer(remove());
      const [, second] = await answer(remove());
      expect(await versions()).toEqual(['deleted*', 'deleted', 'one']);
      expect(await answer(remove(String(second)))).toEqual([204, second, true]);
      expect([await read(), await versions()]).toEqual([404, ['deleted*', 'one']]);
      await remove(String(first));
      expect([await read(), await versions()]).toEqual(['one', ['one*']]);
      const two = await write('two');
      await remove();
      await remove(two);
      expect(await versions()).toEqual(['deleted*', 'one']);
    });

    it('makes a null version current, which keeps its name', async () => {
      const first = await overNull();
      await remove(first);
      expect([await read(), await versions()]).toEqual(['null', ['null null*']]);
      expect(await answer(client.ask('HEAD', at()))).toEqual([200, 'null', false]);
      await write('two');
      expect(await versions()).toEqual(['two*', 'null null']);
      await remove(String((await listed())[0]?.version_id));
      await switchTo(false);
      await write('three');
      expect(await versions()).toEqual(['three null*']);
    });

    it("does none of that through Swift's API", async () => {
      await write('one');
      const two = await write('two');
      await remove(two, swift);
      expect([await read(), await versions()]).toEqual([404, ['one']]);
    });
  });

  describe('metadata', () => {
    it('is changed of one version', async () => {
      const null1 = await overNull().then(() => 'null');
      const one = String((await listed())[0]?.version_id);
      const two = await write('two');
      for (const id of [null1, one, two]) {
        await mustBe(
          202,
          client.ask('POST', at(id), { 'X-Object-Meta-Tag': id, 'Content-Type': 'text/y' }),
        );
      }
      for (const id of [null1, one, two]) {
        const { headers } = await client.ask('GET', at(id));
        expect([
          headers.get('x-object-meta-tag'),
          headers.get('content-type'),
          headers.get('x-object-version-id'),
        ]).toEqual([id, 'text/y', id]);
      }
      expect((await client.ask('HEAD', at())).headers.get('x-object-meta-tag')).toBe(two);
      expect(await versions()).toEqual(['two*', 'one', 'null null']);
      expect((await listed()).map(({ content_type }) => content_type)).toEqual(
        Array(3).fill('text/y'),
      );
      expect((await client.ask('POST', at('0000000001.00000'))).status).toBe(404);
      expect((await swift.ask('POST', at(one))).status).toBe(400);
    });

    it('is changed of a null version that is there', async () => {
      await switchTo(false);
      await write('one');
      await mustBe(202, client.ask('POST', at('null'), { 'X-Object-Meta-Tag': 'a' }));
      expect((await client.ask('HEAD', at('null'))).headers.get('x-object-meta-tag')).toBe('a');
    });

    it('of a marker does not exist', async () => {
      const [, marker] = await answer(remove());
      expect(await answer(client.ask('POST', at(String(marker))))).toEqual([404, marker, true]);
    });
  });

  describe('a condition', () => {
    const only = (expected: string) => ({ [ONLY_OVER]: expected });

    it.each(['with ids', 'with ids switched off', 'stack', 'history'])(
      'is evaluated, %s',
      async (kind) => {
        if (kind === 'stack' || kind === 'history') ({ container } = await newPair(swift, kind));
        if (kind === 'with ids switched off') await switchTo(false);
        const over = `${md5('one')} text/plain`;
        const typed = { [TYPE]: 'text/plain' };
        expect((await client.ask('PUT', at(), only('something'), 'one')).body.toString()).toBe(
          'nothing',
        );
        expect(await read()).toBe(404);
        await mustBe(201, client.ask('PUT', at(), { ...only('nothing'), ...typed }, 'one'));
        for (const method of ['PUT', 'DELETE', 'COPY']) {
          const headers = method === 'COPY' ? { Destination: `${container}/o` } : {};
          const refused = await client.ask(method, at(), { ...only('x'), ...headers });
          expect([refused.status, refused.body.toString()]).toEqual([412, over]);
        }
        expect(await read()).toBe('one');
        await mustBe(201, client.ask('PUT', at(), { ...only(over), ...typed }, 'two'));
        await mustBe(204, client.ask('DELETE', at(), only(`${md5('two')} text/plain`)));
      },
    );

    it('describes a large object as its readers see it', async () => {
      await put(swift, container, 'segment', 'content');
      const manifest = JSON.stringify([{ path: `/${container}/segment` }]);
      await mustBe(
        201,
        client.ask('PUT', `${at()}?multipart-manifest=put`, { [TYPE]: NOTED }, manifest),
      );
      const reported = (await client.ask('PUT', at(), only('x'), 'one')).body.toString();
      expect(reported).toBe(`${md5(md5('content'))} ${NOTED}`);
      const facts = await client.ask('DELETE', at(), { [ONLY_OVER]: SIZE_AND_TIME });
      const seen = (await client.ask('HEAD', at())).headers;
      expect(facts.body.toString()).toBe(`7 ${seen.get('last-modified')}`);
    });

    it('is about the version that a removal names', async () => {
      const writeTyped = async (body: string) =>
        (await mustBe(201, client.ask('PUT', at(), { [TYPE]: 'text/plain' }, body))).headers.get(
          'x-object-version-id',
        ) ?? '';
      const [first, second] = [await writeTyped('one'), await writeTyped('two')];
      await mustBe(204, client.ask('DELETE', at()));
      const [marker] = (await listed()).map(({ version_id }) => String(version_id));
      const removed = async (id: string, over: string) => {
        const { status, body } = await client.ask('DELETE', at(id), only(over));
        return status === 412 ? body.toString() : status;
      };
      const [one, two] = ['one', 'two'].map((text) => `${md5(text)} text/plain`);
      expect(await removed(first, 'nothing')).toBe(one);
      expect(await removed(first, two ?? '')).toBe(one);
      expect(await removed(second, one ?? '')).toBe(two);
      expect(await removed(marker ?? '', 'x')).toBe('nothing');
      expect(await removed('0000000001.00000', 'x')).toBe('nothing');
      const { headers } = await client.ask('HEAD', at(first));
      const facts = await client.ask('DELETE', at(first), { [ONLY_OVER]: SIZE_AND_TIME });
      expect(facts.body.toString()).toBe(`3 ${headers.get('last-modified')}`);
      expect(await versions()).toEqual(['deleted*', 'two', 'one']);
      expect(await removed(first, one ?? '')).toBe(204);
      expect(await removed(marker ?? '', 'nothing')).toBe(204);
      expect(await versions()).toEqual(['two*']);
      expect(await removed(second, two ?? '')).toBe(204);
      expect(await versions()).toEqual([]);
    });

    it('is about the null version, wherever it is', async () => {
      await switchTo(false);
      await mustBe(201, client.ask('PUT', at(), { [TYPE]: 'text/plain' }, 'null'));
      const refused = async () =>
        (await client.ask('DELETE', at('null'), only('x'))).body.toString();
      expect(await refused()).toBe(`${md5('null')} text/plain`);
      await switchTo(true);
      await write('one');
      expect(await refused()).toMatch(new RegExp(`^${md5('null')} text/plain;hindsight_null=`));
      expect(await versions()).toEqual(['one*', 'null null']);
    });
  });

  describe("the proxy's own parameters of content types", () => {
    it.each([true, false])('are for dialects only, with ids: %s', async (withIds) => {
      if (!withIds) container = await newContainer(swift);
      expect((await swift.ask('PUT', at(), { 'Content-Type': NOTED }, 'one')).status).toBe(400);
      await mustBe(201, client.ask('PUT', at(), { [TYPE]: NOTED }, 'one'));
      const typeFor = async (by: Client) => {
        const { headers } = await by.ask('HEAD', at());
        return headers.get(TYPE) ?? headers.get('content-type');
      };
      expect([await typeFor(client), await typeFor(swift)]).toEqual([NOTED, 'text/plain']);
      const [entry] = await list(client, container);
      expect(entry?.content_type).toBe(NOTED);
      if (!withIds) return;
      expect((await list(swift, container))[0]?.content_type).toBe('text/plain');
      expect((await listed())[0]?.content_type).toBe(NOTED);
      expect((await listed(swift))[0]?.content_type).toBe('text/plain');
    });

    it('stay with a large object that is a version', async () => {
      await put(swift, container, 'segment', 'content');
      const manifest = JSON.stringify([{ path: `/${container}/segment` }]);
      await mustBe(
        201,
        client.ask('PUT', `${at()}?multipart-manifest=put`, { [TYPE]: NOTED }, manifest),
      );
      const [entry] = await list(client, container, 'prefix=o');
      const [version] = await listed(client, 'prefix=o');
      expect([entry?.content_type, version?.content_type]).toEqual([NOTED, NOTED]);
      expect((await swift.ask('HEAD', at())).headers.get('content-type')).toBe('text/plain');
      await mustBe(202, swift.ask('POST', at(), { 'Content-Type': 'text/y' }));
      expect((await client.ask('HEAD', at())).headers.get(TYPE)).toBe(
        'text/y;hindsight_etag=abc-2',
      );
    });
  });

  it('reports no marker if there is none', async () => {
    expect(await answer(client.ask('GET', at()))).toEqual([404, undefined, false]);
    expect((await swift.ask('HEAD', at())).headers.get('content-type')).not.toBe(MARKER_TYPE);
  });
}
