import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import { APPID } from '../../support/clients/cos/sdk';
import { depth } from '../../support/running/depth';
import { cosSender, qsSender } from '../../support/clients/dialects/signed';
import type { Asked } from '../../support/clients/dialects/xml_speaker';
import { describeNotRun } from '../../support/running/needs';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { embeddedS3, swiftS3 } from '../../support/servers/s3_endpoint';
import { bucketName } from '../../support/clients/s3/sdk';
import { SignedClient, type SignedRequest } from '../../support/clients/s3/signed';
import { login, SWIFT, swiftUrls } from '../../support/servers/swift';

type Send = (request: Asked) => Promise<Answer>;
type Api = 'S3' | 'COS' | 'QingStor';
type Readers = 'owners' | 'readers';

const APIS: readonly Api[] = ['S3', 'COS', 'QingStor'];
const VERSION = { S3: 'versionId', COS: 'versionId', QingStor: 'version_id' } as const;
/** The header that names the source of a copy. */
const SOURCE = {
  S3: 'x-amz-copy-source',
  COS: 'x-cos-copy-source',
  QingStor: 'x-qs-copy-source',
} as const;

const swift = swiftUrls();

/** Each store with both values of the option. */
const WORLDS: readonly (readonly [store: string, readers: Readers])[] = depth({
  gate: [
    ['embedded', 'readers'],
    ['swift', 'owners'],
  ],
  deep: [
    ['embedded', 'owners'],
    ['embedded', 'readers'],
    ['swift', 'owners'],
    ['swift', 'readers'],
  ],
});

for (const [store, readers] of WORLDS) {
  const title = `reading versions by ids, ${store}, version_readers = ${readers}`;
  if (store === 'swift' && !swift) describeNotRun(SWIFT, title);
  else describe(title, () => suite(store, readers));
}

/** Public, shared and private buckets, each with an old version and a null version. */
function suite(store: string, readers: Readers): void {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-readers-'));
  const buckets = { shared: newName(), public: newName(), private: newName(), own: newName() };
  const ids = new Map<string, string>();
  let server: ProxyProcess;
  let owner: Client;

  const signed = (api: Api, bucket: string, user: 'tester' | 'tester3'): Send => {
    const key = user === 'tester' ? 'testing' : 'testing3';
    const keys = {
      url: server.url,
      region: 'us-east-1',
      accessKey: `test:${user}`,
      secretKey: key,
    };
    if (api === 'COS') return cosSender(keys, bucket);
    if (api === 'QingStor') return qsSender(keys, bucket);
    const client = new SignedClient(keys);
    return (request) => client.send({ bucket, ...request } as SignedRequest);
  };

  /** Sends unauthenticated requests to the bucket's host. */
  const unsigned = (api: Api, bucket: string): Send => {
    const hosts = {
      S3: `${bucket}.s3.example`,
      COS: `${bucket}.cos.ap-chengdu.myqcloud.com`,
      QingStor: `${bucket}.pek3a.qingstor.com`,
    };
    const client = new Client(server.url, Headers.of({ Host: hosts[api] }));
    return ({ method, key = '', query = {} }) => {
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`);
      return client.send(method, `/${key}?${pairs.join('&')}`);
    };
  };

  beforeAll(async () => {
    const config =
      store === 'swift' ? swiftS3(swift?.plain ?? '') : embeddedS3(join(folder, 'data'));
    server = await startProxyProcess(withOptions(config, readers));
    owner = await login(server.url, 'tester');
    const acls = {
      shared: { 'X-Container-Read': 'test:tester3' },
      public: { 'X-Container-Read': '.r:*,.rlistings' },
      private: {},
      own: { 'X-Container-Write': 'test:tester3', 'X-Container-Read': 'test:tester3' },
    };
    for (const [kind, headers] of Object.entries(acls)) {
      const name = buckets[kind as keyof typeof buckets];
      await expectStatus(201, owner.ask('PUT', `/${name}`, headers));
      await expectStatus(201, owner.ask('PUT', `/${name}/o`, {}, 'null version'));
      await expectStatus(204, owner.ask('POST', `/${name}`, { 'X-Versions-Enabled': 'true' }));
      const { headers: written } = await expectStatus(
        201,
        owner.ask('PUT', `/${name}/o`, {}, 'old'),
      );
      ids.set(name, written.get('x-object-version-id') ?? '');
      await expectStatus(201, owner.ask('PUT', `/${name}/o`, {}, 'current'));
    }
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const mayRead = (api: Api) => api === 'QingStor' || readers === 'readers';

  /** Reads the old version and the null version. */
  async function read(send: Send, api: Api, bucket: string): Promise<(string | number)[]> {
    const results: (string | number)[] = [];
    for (const id of [ids.get(bucket), 'null']) {
      const query = { [VERSION[api]]: id };
      const head = await send({ method: 'HEAD', key: 'o', query });
      const { status, body } = await send({ method: 'GET', key: 'o', query });
      expect(head.status).toBe(status);
      results.push(status, status === 200 ? body.toString() : '');
    }
    return results;
  }
  const ALL = [200, 'old', 200, 'null version'];
  const NONE = [403, '', 403, ''];

  describe.each(APIS)('%s', (api) => {
    it('owners read them', async () => {
      for (const bucket of Object.values(buckets))
        expect(await read(signed(api, bucket, 'tester'), api, bucket)).toEqual(ALL);
    });

    it('who may read the bucket', async () => {
      for (const bucket of [buckets.shared, buckets.public]) {
        const send = signed(api, bucket, 'tester3');
        expect((await send({ method: 'GET', key: 'o' })).body.toString()).toBe('current');
        expect(await read(send, api, bucket)).toEqual(mayRead(api) ? ALL : NONE);
      }
    });

    it('as the source of a copy', async () => {
      const [query, from] = [`?${VERSION[api]}=${ids.get(buckets.shared)}`, buckets.shared];
      const source = api === 'COS' ? `${from}.cos.ap-chengdu.myqcloud.com` : `/${from}`;
      const send = signed(api, buckets.own, 'tester3');
      const headers = { [SOURCE[api]]: `${source}/o${query}` };
      const { status } = await send({ method: 'PUT', key: `copy by ${api}`, headers });
      expect(status).toBe(mayRead(api) ? (api === 'QingStor' ? 201 : 200) : 403);
      const copy = await send({ method: 'GET', key: `copy by ${api}` });
      expect([copy.status, copy.status === 200 && copy.body.toString()]).toEqual(
        mayRead(api) ? [200, 'old'] : [404, false],
      );
    });

    it('of an object that is deleted now, and in ranges; a delete marker is none', async () => {
      for (const bucket of [buckets.shared, buckets.private]) {
        const key = `deleted by ${api}`;
        const { headers } = await expectStatus(
          201,
          owner.ask('PUT', `/${bucket}/${key.replaceAll(' ', '%20')}`, {}, 'gone'),
        );
        const id = headers.get('x-object-version-id');
        const gone = await expectStatus(
          204,
          owner.ask('DELETE', `/${bucket}/${key.replaceAll(' ', '%20')}`),
        );
        const may = mayRead(api) && bucket === buckets.shared;
        const send = signed(api, bucket, 'tester3');
        const query = { [VERSION[api]]: id };
        const part = await send({ method: 'GET', key, query, headers: { range: 'bytes=1-2' } });
        expect([part.status, part.status === 206 && part.body.toString()]).toEqual(
          may ? [206, 'on'] : [403, false],
        );
        const marker = { [VERSION[api]]: gone.headers.get('x-object-version-id') };
        const none = await send({ method: 'GET', key, query: marker });
        expect(none.status).toBe(may ? (api === 'COS' ? 404 : 405) : 403);
      }
    });

    it('the null version as the source of a copy', async () => {
      const source =
        api === 'COS' ? `${buckets.shared}.cos.ap-chengdu.myqcloud.com` : `/${buckets.shared}`;
      const send = signed(api, buckets.own, 'tester3');
      const key = `copy of null by ${api}`;
      await send({
        method: 'PUT',
        key,
        headers: { [SOURCE[api]]: `${source}/o?${VERSION[api]}=null` },
      });
      const copy = await send({ method: 'GET', key });
      expect([copy.status, copy.status === 200 && copy.body.toString()]).toEqual(
        mayRead(api) ? [200, 'null version'] : [404, false],
      );
    });

    it('who may not read the bucket', async () => {
      expect(await read(signed(api, buckets.private, 'tester3'), api, buckets.private)).toEqual(
        NONE,
      );
    });

    it('nobody in particular, of a public bucket alone', async () => {
      const results = await read(unsigned(api, buckets.public), api, buckets.public);
      expect(results).toEqual(mayRead(api) ? ALL : NONE);
      for (const bucket of [buckets.shared, buckets.private])
        expect(await read(unsigned(api, bucket), api, bucket)).toEqual(NONE);
    });

    it('owners alone remove them', async () => {
      const bucket = buckets.own;
      for (const id of [ids.get(bucket), 'null']) {
        const query = { [VERSION[api]]: id };
        const { status } = await signed(
          api,
          bucket,
          'tester3',
        )({ method: 'DELETE', key: 'o', query });
        expect(status).toBe(403);
      }
      expect(await read(signed(api, bucket, 'tester'), api, bucket)).toEqual(ALL);
    });
  });

  it("in Swift's own API owners alone, as on Swift", async () => {
    const reader = await login(server.url, 'tester3');
    const path = `${owner.account}/${buckets.shared}/o`;
    const query = `version-id=${ids.get(buckets.shared)}`;
    expect((await owner.send('GET', `${path}?${query}`)).body.toString()).toBe('old');
    expect((await reader.send('GET', path)).body.toString()).toBe('current');
    expect((await reader.send('GET', `${path}?${query}`)).status).toBe(403);
  });

  it('a client that may no longer read the bucket reads no version', async () => {
    const bucket = buckets.shared;
    await expectStatus(204, owner.ask('POST', `/${bucket}`, { 'X-Container-Read': 'test:nobody' }));
    for (const api of APIS)
      expect(await read(signed(api, bucket, 'tester3'), api, bucket)).toEqual(NONE);
  });
}

function withOptions(config: string, readers: Readers): string {
  const option = readers === 'owners' ? '' : 'version_readers = readers\n';
  const anonymous = `${option}anonymous_account = AUTH_test\n`;
  return config
    .replace('[filter:s3api]\n', `[filter:s3api]\nstorage_domain = s3.example\n${anonymous}`)
    .replace(
      '[filter:cosapi]\n',
      `[filter:cosapi]\n${anonymous}[filter:qsapi]\nanonymous_account = AUTH_test\n`,
    );
}

function newName(): string {
  return `${bucketName()}-${APPID}`;
}

async function expectStatus(status: number, pending: Promise<Answer>): Promise<Answer> {
  const answer = await pending;
  expect(answer.status).toBe(status);
  return answer;
}
