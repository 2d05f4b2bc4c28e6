import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import { corsOf, PAGE, preflight } from '../../support/clients/cors';
import { bucketName } from '../../support/clients/s3/sdk';
import { SignedClient } from '../../support/clients/s3/signed';
import { describeNotRun } from '../../support/running/needs';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { embeddedS3, swiftS3 } from '../../support/servers/s3_endpoint';
import { login, SWIFT, swiftUrls } from '../../support/servers/swift';

const swift = swiftUrls();
const folder = mkdtempSync(join(tmpdir(), 'hindsight-unsigned-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STORES: Record<string, (() => string) | undefined> = {
  embedded: () => embeddedS3(join(folder, 'data')),
  swift: swift && (() => swiftS3(swift.plain)),
};

const ANONYMOUS = 'anonymous_account = AUTH_test\n';

/** Adds a section or an option for the filters that allow unsigned requests. */
function allowing(config: string, ...filters: string[]): string {
  const section = (name: string) => `[filter:${name}]\n`;
  return filters.reduce(
    (text, name) =>
      text.includes(section(name))
        ? text.replace(section(name), section(name) + ANONYMOUS)
        : `${text}\n${section(name)}${ANONYMOUS}`,
    config,
  );
}

for (const [store, configOf] of Object.entries(STORES)) {
  if (configOf) describe(`unsigned requests by path, ${store}`, () => suite(configOf));
  else describeNotRun(SWIFT, `unsigned requests by path, ${store}`);
}

function suite(configOf: () => string): void {
  const open = bucketName();
  const closed = bucketName();
  let server: ProxyProcess;
  let owner: Client;
  let oldId = '';
  const get = (target: string, method = 'GET', headers: Record<string, string> = {}) =>
    new Client(server.url, Headers.none).send(method, target, headers);

  async function start(...filters: string[]): Promise<void> {
    server = await startProxyProcess(allowing(configOf(), ...filters));
    owner = await login(server.url, 'tester');
  }

  describe('are those of S3, if it is the first to allow them', () => {
    beforeAll(async () => {
      await start('s3api', 'qsapi');
      for (const [name, acl] of [
        [open, '.r:*,.rlistings'],
        [closed, ''],
      ] as const) {
        await owner.ask('PUT', `/${name}`, { 'X-Container-Read': acl });
        await owner.ask('POST', `/${name}`, { 'X-Versions-Enabled': 'true' });
        const { headers } = await owner.ask('PUT', `/${name}/a/k%20%C3%A9`, {}, 'old');
        oldId = headers.get('x-object-version-id') ?? '';
        expect((await owner.ask('PUT', `/${name}/a%2Fk%20`, {}, 'current')).status).toBe(201);
        expect((await owner.ask('PUT', `/${name}/key`, {}, 'current')).status).toBe(201);
      }
    });
    afterAll(() => server.stop());

    it('an object that everybody may read is read', async () => {
      const answer = await get(`/${open}/key`);
      expect([answer.status, answer.body.toString()]).toEqual([200, 'current']);
      expect(answer.headers.has('x-amz-request-id')).toBe(true);
      const head = await get(`/${open}/key`, 'HEAD');
      expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([
        200,
        '7',
        0,
      ]);
      const part = await get(`/${open}/a%2Fk%20`, 'GET', { Range: 'bytes=0-2' });
      expect([part.status, part.body.toString()]).toEqual([206, 'cur']);
    });

    it('a bucket that everybody may list is listed', async () => {
      const answer = await get(`/${open}?list-type=2&prefix=k`);
      expect([answer.status, answer.body.toString()]).toEqual([
        200,
        expect.stringMatching(/<ListBucketResult .*<Key>key<\/Key>/s),
      ]);
      expect((await get(`/${open}`, 'HEAD')).status).toBe(200);
    });

    const refused: [string, string, number, string][] = [
      ['an object that is not there', `/${open}/none`, 404, 'NoSuchKey'],
      ['a private object', `/${closed}/key`, 403, 'AccessDenied'],
      ['an object that is not there, in private', `/${closed}/none`, 403, 'AccessDenied'],
      ['a private bucket', `/${closed}`, 403, 'AccessDenied'],
      ['a bucket that is not there', '/no-such-bucket-here', 403, 'AccessDenied'],
      ['an object of a bucket that is not there', '/no-such-bucket-here/k', 403, 'AccessDenied'],
      ...['cors', 'acl', 'versioning', 'location', 'policy', 'tagging'].map(
        (name): [string, string, number, string] => [
          `the configuration ${name}`,
          `/${open}?${name}`,
          403,
          'AccessDenied',
        ],
      ),
      ['the ACL of an object', `/${open}/key?acl`, 403, 'AccessDenied'],
      ['other headers of the response', `/${open}/key?response-expires=x`, 400, 'InvalidRequest'],
    ];
    it.each(refused)('%s is refused as XML', async (_, target, status, code) => {
      const answer = await get(target);
      expect([answer.status, /<Code>(\w+)/.exec(answer.body.toString())?.[1]]).toEqual([
        status,
        code,
      ]);
      expect(answer.headers.get('content-type')).toBe('application/xml');
      const head = await get(target, 'HEAD');
      expect([head.status, head.body.length]).toEqual([status, 0]);
    });

    it('versions are for owners', async () => {
      expect(oldId).not.toBe('');
      const answer = await get(`/${open}/a/k%20%C3%A9?versionId=${oldId}`);
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        expect.stringContaining('AccessDenied'),
      ]);
    });

    it.each(['PUT', 'POST', 'DELETE', 'COPY', 'PATCH', 'OPTIONS'])(
      'nothing is done by %s',
      async (method) => {
        const answer = await get(`/${open}/key`, method);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.headers.has('x-amz-request-id')).toBe(false);
        expect((await get(`/${open}/key`)).body.toString()).toBe('current');
      },
    );

    it('what others name is theirs', async () => {
      const ofSwift: [string, Record<string, string>][] = [
        [`${owner.account}/${closed}/key`, {}],
        ['/auth/v1.0', { 'X-Auth-User': 'test:tester', 'X-Auth-Key': 'testing' }],
        ['/auth/v1.0', {}],
        ['/healthcheck', {}],
        ['/info', {}],
        [`/${open}/key`, { 'X-Auth-Token': 'x' }],
      ];
      for (const [target, headers] of ofSwift) {
        const answer = await get(target, 'GET', headers);
        expect([target, answer.headers.has('x-amz-request-id')]).toEqual([target, false]);
      }
      const signed = new SignedClient({
        url: server.url,
        region: 'us-east-1',
        accessKey: 'test:tester',
        secretKey: 'testing',
      });
      const answer = await signed.send({ method: 'GET', bucket: closed, key: 'key' });
      expect(answer.body.toString()).toBe('current');
    });

    it('preflights are granted by the rules of the bucket, or refused alike', async () => {
      const rule = 'X-Container-Meta-Access-Control-Allow-Origin';
      expect((await owner.ask('POST', `/${open}`, { [rule]: PAGE })).status).toBe(204);
      const granted = await preflight(server.url, `/${open}/key`, { headers: 'authorization' });
      expect([granted.status, corsOf(granted)]).toMatchObject([
        200,
        { 'allow-origin': PAGE, 'allow-headers': 'authorization' },
      ]);
      const page = await get(`/${open}/key`, 'GET', { Origin: PAGE });
      expect(corsOf(page)).toMatchObject({ 'allow-origin': PAGE });
      const notFound = await get(`/${open}/none`, 'GET', { Origin: PAGE });
      expect([notFound.status, corsOf(notFound)]).toMatchObject([404, { 'allow-origin': PAGE }]);
      const body = (answer: Answer) => [
        answer.status,
        answer.body.toString().replaceAll(/tx[0-9a-f-]+/g, 'tx'),
      ];
      const refusal = body(await preflight(server.url, `/${open}/key`, { origin: 'http://o' }));
      expect(refusal).toEqual([403, expect.stringContaining('AccessForbidden')]);
      for (const name of [closed, 'no-such-bucket-here'])
        expect(body(await preflight(server.url, `/${name}/key`))).toEqual(refusal);
    });
  });

  it('are those of COS if S3 does not allow them', async () => {
    await start('cosapi', 'qsapi');
    try {
      const answer = await get(`/${open}/key`);
      expect([answer.status, answer.headers.has('x-cos-request-id')]).toEqual([200, true]);
      const denied = await get(`/${closed}/key`);
      expect([denied.status, denied.body.toString()]).toEqual([
        403,
        expect.stringContaining('<Code>AccessDenied</Code>'),
      ]);
    } finally {
      await server.stop();
    }
  });

  it('are those of QingStor if no other allows them, in JSON', async () => {
    await start('qsapi');
    try {
      const answer = await get(`/${open}/key`);
      expect([answer.status, answer.headers.has('x-qs-request-id')]).toEqual([200, true]);
      const denied = await get(`/${closed}/key`);
      expect([denied.status, JSON.parse(denied.body.toString())]).toMatchObject([
        403,
        { code: 'permission_denied' },
      ]);
      const missing = await get(`/${open}/none`);
      expect([missing.status, JSON.parse(missing.body.toString())]).toMatchObject([
        404,
        { code: 'object_not_exists' },
      ]);
      const rules = await preflight(server.url, `/${closed}/key`);
      expect([rules.status, JSON.parse(rules.body.toString())]).toMatchObject([
        403,
        { code: 'permission_denied' },
      ]);
    } finally {
      await server.stop();
    }
  });

  it('are of nobody if none allows them', async () => {
    await start();
    try {
      for (const answer of [
        await get(`/${open}/key`),
        await preflight(server.url, `/${open}/key`),
      ]) {
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.headers.get('content-type')).not.toContain('xml');
        expect(corsOf(answer)).toEqual({});
      }
    } finally {
      await server.stop();
    }
  });
}
