import { gzipSync } from 'node:zlib';
import { archiveOf } from '../../support/clients/archives';
import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import {
  bodies,
  current,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { partOf } from '../../support/running/depth';
import { FORM_TYPE, formBody, LIMITS, signForm } from '../../support/clients/forms';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { temporary } from '../../support/clients/temp_urls';

const OBJECT = 'object';
const KEY = 'the key of temporary URLs';

type Write = (client: Client, container: string) => Promise<Answer>;

type Way = readonly [what: string, status: number, write: Write];

/** The store's own ways to write the object, with their status without versions. */
const WAYS: readonly Way[] = [
  [
    'POST ?bulk-delete',
    200,
    (client, container) =>
      client.ask(
        'POST',
        '?bulk-delete',
        { 'Content-Type': 'text/plain' },
        `${container}/${OBJECT}\n`,
      ),
  ],
  [
    'DELETE ?bulk-delete',
    200,
    (client, container) =>
      client.ask(
        'DELETE',
        '?bulk-delete',
        { 'Content-Type': 'text/plain' },
        `/${container}/${OBJECT}`,
      ),
  ],
  [
    'POST ?bulk-delete on the container itself, with an encoded name',
    200,
    (client, container) =>
      client.ask(
        'POST',
        `/${container}?bulk-delete`,
        { 'Content-Type': 'text/plain' },
        `${container}/%6Fbject`,
      ),
  ],
  [
    'a form',
    201,
    (client, container) => {
      const path = `${client.account}/${container}/`;
      const body = formBody(signForm(path, LIMITS, KEY), [[OBJECT, 'after']]);
      return new Client(client.url, Headers.none).send('POST', path, FORM_TYPE, body);
    },
  ],
];

/**
 * Archives that the store would extract: their entries set headers, the proxy's notes,
 * too.
 */
const ARCHIVES: readonly Way[] = [
  [
    'PUT ?extract-archive=tar',
    412,
    async (client, container) =>
      client.ask(
        'PUT',
        `/${container}?extract-archive=tar`,
        {},
        await archiveOf([{ name: OBJECT, body: 'after' }]),
      ),
  ],
  [
    'PUT ?extract-archive=tar.gz',
    412,
    async (client, container) =>
      client.ask(
        'PUT',
        `/${container}?extract-archive=tar.gz`,
        {},
        gzipSync(await archiveOf([{ name: OBJECT, body: 'after' }])),
      ),
  ],
];

/** Those whose signature a service user can have the store check beforehand. */
const SIGNED_WAYS: readonly Way[] = [
  [
    'PUT by a temporary URL',
    201,
    (client, container) => {
      const path = client.account + pathOf(container, OBJECT);
      return new Client(client.url, Headers.none).send(
        'PUT',
        `${path}?${temporary('PUT', path, { key: KEY })}`,
        {},
        'after',
      );
    },
  ],
  [
    'DELETE by a temporary URL',
    204,
    (client, container) => {
      const path = client.account + pathOf(container, OBJECT);
      return new Client(client.url, Headers.none).send(
        'DELETE',
        `${path}?${temporary('DELETE', path, { key: KEY })}`,
      );
    },
  ],
];

describeWithSwift("the store's own ways to write", ({ plain }) => {
  describe.each([
    ['the service user', partOf(WAYS, { oneOf: 3 }), suiteProxy(plain)],
    [
      "the client's token",
      partOf([...WAYS, ...SIGNED_WAYS], { oneOf: 3, from: 1 }),
      suiteProxy(plain, { service: false }),
    ],
    [
      "the client's token, with a filter for forms",
      partOf(WAYS, { oneOf: 3 }),
      suiteProxy(plain, { service: false, filters: 'formpost' }),
    ],
  ])('archiving with %s', (_, ways, proxy) => {
    /** Logs in a user whose account has a key for temporary URLs. */
    async function login(): Promise<Client> {
      const client = await proxy.login('tester');
      await mustBe(204, client.ask('POST', '', { 'X-Account-Meta-Temp-URL-Key': KEY }));
      return client;
    }
    // the account is the lab's, and other suites see all of it
    afterAll(async () => {
      const client = await proxy.login('tester');
      await mustBe(204, client.ask('POST', '', { 'X-Remove-Account-Meta-Temp-URL-Key': 'x' }));
    });

    describe.each(ways)('%s', (_what, status, write) => {
      it.each(MODES)('is refused with a reason in a versioned container (%s)', async (mode) => {
        const client = await login();
        const { container, archive } = await newPair(client, mode);
        await put(client, container, OBJECT, 'oldest');
        await put(client, container, OBJECT, 'before');
        const answer = await write(client, container);
        expect(answer.status).toBe(412);
        expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
        expect(answer.body.toString()).toContain(`the versioning of the container ${container}`);
        expect(await current(client, container, OBJECT)).toBe('before');
        expect(await bodies(client, archive)).toEqual(['oldest']);
      });

      it('works in a container without versions', async () => {
        const client = await login();
        const container = await newContainer(client);
        await put(client, container, OBJECT, 'before');
        const answer = await write(client, container);
        expect([answer.status, answer.body.toString()]).toEqual([status, expect.any(String)]);
        expect(await current(client, container, OBJECT)).not.toBe('before');
      });
    });

    it('bulk delete is refused whole if one of its names is in a versioned container', async () => {
      const client = await login();
      const { container } = await newPair(client, 'history');
      const other = await newContainer(client);
      await put(client, container, OBJECT, 'before');
      await put(client, other, OBJECT, 'before');
      const names = `${other}/${OBJECT}\n${container}/${OBJECT}\n`;
      const answer = await client.ask(
        'POST',
        '?bulk-delete',
        { 'Content-Type': 'text/plain' },
        names,
      );
      expect(answer.status).toBe(412);
      expect(await current(client, other, OBJECT)).toBe('before');
      expect(await current(client, container, OBJECT)).toBe('before');
    });

    describe.each(ARCHIVES)('%s', (_what, status, write) => {
      it('is refused in any container, since its entries could set notes of the proxy', async () => {
        const client = await login();
        const { container, archive } = await newPair(client, 'history');
        const plainContainer = await newContainer(client);
        for (const each of [container, plainContainer]) {
          await put(client, each, OBJECT, 'before');
          const answer = await write(client, each);
          expect([answer.status, answer.body.toString()]).toEqual([
            status,
            'Archive extraction needs the filter bulk before versioned_writes\n',
          ]);
          expect(await current(client, each, OBJECT)).toBe('before');
        }
        expect(await client.names(archive)).toEqual([]);
      });
    });

    it.each(['', '/new', '/new/folder'])(
      'no archive is extracted into the path %j',
      async (path) => {
        const client = await login();
        const tar = await archiveOf([{ name: `new/${OBJECT}`, body: 'after' }]);
        expect((await client.ask('PUT', `${path}?extract-archive=tar`, {}, tar)).status).toBe(412);
        expect((await client.ask('HEAD', `/new/${OBJECT}`)).status).toBe(404);
      },
    );

    it('a temporary URL still reads a versioned object, and its archived version', async () => {
      const client = await login();
      const { container, archive } = await newPair(client, 'stack');
      await put(client, container, OBJECT, 'one');
      await put(client, container, OBJECT, 'two');
      const [entry = ''] = await client.names(archive);
      const anonymous = new Client(client.url, Headers.none);
      for (const [path, body] of [
        [client.account + pathOf(container, OBJECT), 'two'],
        [client.account + pathOf(archive, entry), 'one'],
      ] as const) {
        const answer = await anonymous.send(
          'GET',
          `${path}?${temporary('GET', path, { key: KEY })}`,
        );
        expect([answer.status, answer.body.toString()]).toEqual([200, body]);
      }
    });
  });
});
