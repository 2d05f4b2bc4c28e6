import {
  archivePrefix,
  bodies,
  current,
  MODE_HEADER,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
  uniqueName,
} from '../../support/clients/containers';
import { RawRequest } from '../../support/clients/raw_request';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { partOf } from '../../support/running/depth';

const OBJECT = 'object';

describeWithSwift('a write that fails', ({ plain }) => {
  describe.each(
    partOf(
      [
        ['the service user', suiteProxy(plain)],
        ["the client's token", suiteProxy(plain, { service: false })],
      ],
      { oneOf: 2 },
    ),
  )('archiving with %s', (_, proxy) => {
    describe.each(MODES)('%s mode', (mode) => {
      /** Makes an object with the body `before`, and a source to copy from. */
      async function begin() {
        const client = await proxy.login('tester');
        const pair = await newPair(client, mode);
        const sources = await newContainer(client, 'sources');
        await put(client, sources, 'source', 'copied');
        await put(client, pair.container, OBJECT, 'before');
        return { client, ...pair, sources, path: pathOf(pair.container, OBJECT) };
      }
      type Scene = Awaited<ReturnType<typeof begin>>;

      async function expectUntouched({ client, container, archive }: Scene): Promise<void> {
        expect(await current(client, container, OBJECT)).toBe('before');
        expect(await client.names(archive)).toEqual([]);
      }

      const large = 'x'.repeat(300_000);
      const failing: readonly (readonly [
        what: string,
        status: number,
        write: (scene: Scene) => Promise<{ status: number }>,
      ])[] = [
        [
          'If-None-Match: *',
          412,
          ({ client, path }) => client.ask('PUT', path, { 'If-None-Match': '*' }, 'after'),
        ],
        [
          'If-None-Match: * with a body of some size',
          412,
          ({ client, path }) => client.ask('PUT', path, { 'If-None-Match': '*' }, large),
        ],
        [
          'If-None-Match and nothing else',
          412,
          ({ client, path }) => client.ask('PUT', path, { 'If-None-Match': '*' }),
        ],
        [
          'a wrong ETag',
          422,
          ({ client, path }) =>
            client.ask('PUT', path, { ETag: 'd41d8cd98f00b204e9800998ecf8427e' }, 'after'),
        ],
        [
          'a wrong ETag of a body of some size',
          422,
          ({ client, path }) =>
            client.ask('PUT', path, { ETag: 'd41d8cd98f00b204e9800998ecf8427e' }, large),
        ],
        [
          'X-Copy-From a missing source',
          404,
          ({ client, path, sources }) =>
            client.ask('PUT', path, { 'X-Copy-From': `${sources}/none` }),
        ],
        [
          'X-Copy-From a missing container',
          404,
          ({ client, path }) =>
            client.ask('PUT', path, { 'X-Copy-From': `${uniqueName('none')}/none` }),
        ],
        [
          'X-Copy-From without an object',
          412,
          ({ client, path, sources }) => client.ask('PUT', path, { 'X-Copy-From': sources }),
        ],
        [
          'COPY of a missing source',
          404,
          ({ client, path, sources }) =>
            client.ask('COPY', pathOf(sources, 'none'), { Destination: path }),
        ],
        [
          // Swift reads the source with that condition, too
          'COPY with If-None-Match: *',
          304,
          ({ client, path, sources }) =>
            client.ask('COPY', pathOf(sources, 'source'), {
              Destination: path,
              'If-None-Match': '*',
            }),
        ],
        [
          'a name of metadata that is too long',
          400,
          ({ client, path }) =>
            client.ask('PUT', path, { [`X-Object-Meta-${'x'.repeat(129)}`]: 'a' }, 'after'),
        ],
        [
          'a value of metadata that is too long',
          400,
          ({ client, path }) =>
            client.ask('PUT', path, { 'X-Object-Meta-A': 'x'.repeat(257) }, 'after'),
        ],
        [
          'a time of expiry that has passed',
          400,
          ({ client, path }) => client.ask('PUT', path, { 'X-Delete-At': '1' }, 'after'),
        ],
        [
          'a manifest of segments that are not there',
          400,
          ({ client, path, sources }) => {
            const manifest = JSON.stringify([{ path: `/${sources}/none` }]);
            return client.ask('PUT', `${path}?multipart-manifest=put`, {}, manifest);
          },
        ],
      ];

      it.each(partOf(failing, { oneOf: 3, from: MODES.indexOf(mode) }))(
        'for %s is answered %i and leaves nothing in the archive',
        async (_what, status, write) => {
          const scene = await begin();
          expect((await write(scene)).status).toBe(status);
          await expectUntouched(scene);
          // nor does it affect the next delete
          await put(scene.client, scene.container, OBJECT, 'after');
          expect(await bodies(scene.client, scene.archive)).toEqual(['before']);
          expect((await scene.client.ask('DELETE', scene.path)).status).toBe(204);
          expect(await current(scene.client, scene.container, OBJECT)).toBe(
            mode === 'stack' ? 'before' : 404,
          );
        },
      );

      it('for want of a length is answered 411 and leaves nothing in the archive', async () => {
        const scene = await begin();
        const request = await RawRequest.begin(scene.client, 'PUT', scene.path, {
          Connection: 'close',
        });
        await request.answered('HTTP/1.1 411 ');
        request.leave();
        await expectUntouched(scene);
      });

      it('for want of the archive is answered 412 with the reason, and changes nothing', async () => {
        const client = await proxy.login('tester');
        const archive = uniqueName('no-such-archive');
        const container = await newContainer(client, mode, { [MODE_HEADER[mode]]: archive });
        const path = pathOf(container, OBJECT);
        await put(client, container, OBJECT, 'before');
        for (const write of [
          () => client.ask('PUT', path, {}, 'after'),
          () => client.ask('COPY', path, { Destination: path }),
          ...(mode === 'history' ? [() => client.ask('DELETE', path)] : []),
        ]) {
          const { status, body } = await write();
          expect(status).toBe(412);
          expect(body.toString()).toContain(archive);
          expect(await current(client, container, OBJECT)).toBe('before');
        }
        await mustBe(201, client.ask('PUT', `/${archive}`));
        await put(client, container, OBJECT, 'after');
        expect(await bodies(client, archive)).toEqual(['before']);
      });

      it('for a full archive is refused with the reason, and changes nothing', async () => {
        const { client, container, archive, path } = await begin();
        await put(client, container, OBJECT, 'second');
        await mustBe(
          204,
          client.ask('POST', `/${archive}`, { 'X-Container-Meta-Quota-Count': '1' }),
        );
        const writes = [() => client.ask('PUT', path, {}, 'third')];
        if (mode === 'history') writes.push(() => client.ask('DELETE', path));
        for (const write of writes) {
          const { status, body } = await write();
          expect(status).toBe(412);
          expect(body.toString()).toMatch(/quota/i);
          expect(await current(client, container, OBJECT)).toBe('second');
          expect(await bodies(client, archive)).toEqual(['before']);
        }
        await mustBe(
          204,
          client.ask('POST', `/${archive}`, { 'X-Container-Meta-Quota-Count': '' }),
        );
        await put(client, container, OBJECT, 'third');
        expect(await bodies(client, archive)).toEqual(['before', 'second']);
      });

      it.each([
        ['1,004 bytes', 'n'.repeat(1004), true],
        ['1,005 bytes', 'n'.repeat(1005), false],
        ['1,024 bytes', 'n'.repeat(1024), false],
        ['1,004 bytes that end in a character of three', 'n'.repeat(1001) + '€', true],
        // Swift limits names of objects to 1,024 characters, not bytes
        ['1,004 characters and 1,006 bytes', 'n'.repeat(1003) + '€', true],
        ['1,005 characters and 1,007 bytes', 'n'.repeat(1004) + '€', false],
      ])(
        'for a name of %s, if it does not fit into the archive, changes nothing',
        async (_what, name, fits) => {
          const client = await proxy.login('tester');
          const { container, archive } = await newPair(client, mode);
          const path = pathOf(container, name);
          await put(client, container, name, 'before');
          const { status, body } = await client.ask('PUT', path, {}, 'after');
          if (fits) {
            expect(status).toBe(201);
            const [archived = ''] = await client.names(archive);
            expect(archived.startsWith(archivePrefix(name))).toBe(true);
            expect(archived).toHaveLength(3 + name.length + 1 + 16);
            expect(await bodies(client, archive)).toEqual(['before']);
            expect((await client.ask('DELETE', path)).status).toBe(204);
            expect(await current(client, container, name)).toBe(mode === 'stack' ? 'before' : 404);
          } else {
            expect(status).toBe(412);
            expect(body.toString()).not.toBe('');
            expect(await current(client, container, name)).toBe('before');
            expect(await client.names(archive)).toEqual([]);
          }
        },
      );
    });
  });
});
