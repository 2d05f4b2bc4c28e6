import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { request } from 'undici';
import { Headers } from '../../../src/http/headers';
import { KeystoneCredentials } from '../../../src/auth/keystone_credentials';
import { createLog } from '../../../src/util/log';
import { type RunningServer } from '../../../src/server/serve';
import { Client } from '../../support/clients/client';
import { eventually } from '../../support/running/eventually';
import type { KeystoneLab, KeystoneUserName } from '../../support/servers/keystone';
import { newBucket, sdkAt } from '../../support/clients/s3/sdk';
import { signed, signedChunks, signer } from '../../support/clients/s3/signing';
import { presignedForS3, signedForS3, type S3User } from '../../support/clients/signatures';
import { itInDepth } from '../../support/running/depth';
import { serveConfiguration } from '../../support/servers/serve_configuration';

interface Keys {
  readonly access: string;
  readonly secret: string;
}

/** S3's API, with credentials stored in Keystone. */
export function describeS3(running: () => KeystoneLab): void {
  let lab: KeystoneLab;
  let admin: string;
  let proxy: RunningServer;
  const servers: RunningServer[] = [];
  const clients: S3Client[] = [];
  const logged: string[] = [];

  /** Starts a proxy with more options of the S3 API. */
  const start = async (s3: string, more = ''): Promise<RunningServer> => {
    const text = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper s3api bulk formpost versioned_writes proxy-server
[filter:s3api]
auth_url = ${lab.keystone}/v3
${s3}
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
${more}
[app:proxy-server]
use = swift
sole_server_check = false
upstream = ${lab.swift}
auth_type = password
auth_url = ${lab.keystone}/v3
username = hindsight
password = hindsight
project_name = service
`;
    const log = createLog('warn', { write: (line) => logged.push(line) });
    const server = await serveConfiguration(text, log);
    servers.push(server);
    return server;
  };

  const service = (username: string, password = username) =>
    `auth_type = ec2
username = ${username}
password = ${password}
project_name = service
credentials_cache_time = 1`;

  const clientOf = ({ access, secret }: Keys, server = proxy): S3Client => {
    const at = { url: server.url, region: 'us-east-1', accessKey: access, secretKey: secret };
    const client = sdkAt(at);
    clients.push(client);
    return client;
  };

  const newKeys = async (name: KeystoneUserName): Promise<Keys> => {
    const { token, user, project } = await lab.logIn(name);
    const path = `/users/${user}/credentials/OS-EC2`;
    const credential = await lab.ask(token, 'POST', path, { tenant_id: project });
    return (credential as { credential: Keys }).credential;
  };

  const removeKeys = async (name: KeystoneUserName, { access }: Keys) => {
    const { token, user } = await lab.logIn(name);
    await lab.ask(token, 'DELETE', `/users/${user}/credentials/OS-EC2/${access}`);
  };

  const nameOfError = (pending: Promise<unknown>) =>
    pending.then(
      () => undefined,
      (error: unknown) => (error as Error).name,
    );
  const buckets = (client: S3Client) => client.send(new ListBucketsCommand());

  beforeAll(async () => {
    lab = running();
    admin = (await lab.logIn('admin')).token;
    const configured =
      '[credentials:CONFIGURED]\nsecret_key = secret\nuser = demo:demo\nkey = demo';
    proxy = await start(`${service('s3')}\nsignature_v2 = all`, configured);
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    for (const server of servers) await server.close();
  });

  it('by a credential that its user has made at Keystone', async () => {
    const client = clientOf(await newKeys('demo'));
    const Bucket = await newBucket(client, 'Enabled');
    for (const Body of ['one', 'two'])
      await client.send(new PutObjectCommand({ Bucket, Key: 'o', Body }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'o' }));
    expect(await got.Body?.transformToString()).toBe('two');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'o' }));
    const { Versions, DeleteMarkers } = await client.send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    expect([Versions?.length, DeleteMarkers?.length]).toEqual([2, 1]);

    const { token, project } = await lab.logIn('demo');
    const swift = new Client(
      lab.swift,
      Headers.of({ 'X-Auth-Token': token }),
      `/v1/AUTH_${project}`,
    );
    expect((await swift.ask('GET', `/${Bucket}`)).status).toBe(204);
  });

  it('signatures of version 2, in a URL and in a header', async () => {
    const keys = await newKeys('demo');
    const client = clientOf(keys);
    const Bucket = await newBucket(client);
    await client.send(new PutObjectCommand({ Bucket, Key: 'o', Body: 'body' }));
    const by: S3User = [keys.access, keys.secret];
    const path = `/${Bucket}/o`;
    const sender = new Client(proxy.url, Headers.none);
    const answers = [
      await sender.send('GET', presignedForS3(by, 'GET', path)),
      await sender.send('GET', path, signedForS3(by, 'GET', path)),
    ];
    expect(answers.map(({ body }) => body.toString())).toEqual(['body', 'body']);
    const other: S3User = [keys.access, 'a guess'];
    expect((await sender.send('GET', presignedForS3(other, 'GET', path))).status).toBe(403);
  });

  it('requests whose signature Keystone could not judge: POSTs with a query, streams', async () => {
    const client = clientOf(await newKeys('demo'));
    const Bucket = await newBucket(client);
    const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: 140_000 }),
    );
    await new Upload({
      client,
      params: { Bucket, Key: 'parts', Body: Buffer.alloc(6 * 1024 ** 2) },
    }).done();
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['parts', 6 * 1024 ** 2],
      ['stream', 140_000],
    ]);
    const Objects = Contents.map(({ Key }) => ({ Key }));
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    expect(Deleted).toHaveLength(2);
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  });

  it('signed chunks, and a URL that is signed', async () => {
    const keys = await newKeys('demo');
    const client = clientOf(keys);
    const Bucket = await newBucket(client);
    const by = signer('us-east-1', keys.access, keys.secret);
    const chunks = [Buffer.alloc(8192, 'a'), Buffer.from('the rest')];
    const put = async (secret: string) => {
      const headers = {
        host: new URL(proxy.url).host,
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': '8200',
      };
      const recorded = await signed(
        { method: 'PUT', path: `/${Bucket}/o`, headers },
        Date.now(),
        by,
      );
      const body = signedChunks(recorded, chunks, undefined, secret);
      const sender = new Client(proxy.url, Headers.none);
      return sender.send('PUT', recorded.target, Object.fromEntries(recorded.fields), body);
    };
    expect(await put('another')).toMatchObject({ status: 403 });
    expect(await put(keys.secret)).toMatchObject({ status: 200 });
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'o' }));
    const { statusCode, body } = await request(url);
    expect([statusCode, await body.text()]).toEqual([200, Buffer.concat(chunks).toString()]);
  });

  it('a wrong secret is refused, and an access key that nobody knows', async () => {
    const { access } = await newKeys('demo');
    expect(await nameOfError(buckets(clientOf({ access, secret: 'wrong' })))).toBe(
      'SignatureDoesNotMatch',
    );
    const nobody = clientOf({ access: 'nobody', secret: 'wrong' });
    expect(await nameOfError(buckets(nobody))).toBe('InvalidAccessKeyId');
  });

  itInDepth(
    'a credential that was deleted is good no more, and is whose it is made next',
    async () => {
      const keys = await newKeys('demo');
      const client = clientOf(keys);
      const Bucket = await newBucket(client);
      await removeKeys('demo', keys);
      await eventually(
        'it is refused',
        async () => (await nameOfError(buckets(client))) === 'InvalidAccessKeyId',
      );

      const { user: user_id, project: project_id } = await lab.logIn('guest');
      const blob = JSON.stringify({ access: keys.access, secret: 'another' });
      await lab.ask(admin, 'POST', '/credentials', {
        credential: { type: 'ec2', user_id, project_id, blob },
      });
      const next = clientOf({ access: keys.access, secret: 'another' });
      await eventually(
        'it is known again',
        async () => (await nameOfError(buckets(next))) === undefined,
      );
      expect((await buckets(next)).Buckets?.map(({ Name }) => Name) ?? []).not.toContain(Bucket);
      expect(await nameOfError(buckets(client))).toBe('SignatureDoesNotMatch');
    },
  );

  it('a user who has lost access is refused, although the credential still exists', async () => {
    const keys = await newKeys('guest');
    const { user } = await lab.logIn('guest');
    await lab.ask(admin, 'PATCH', `/users/${user}`, { user: { enabled: false } });
    expect(await nameOfError(buckets(clientOf(keys)))).toBe('AccessDenied');
    await lab.ask(admin, 'PATCH', `/users/${user}`, { user: { enabled: true } });
    // Keystone also revokes tokens that it issues later in the same second
    await eventually(
      'the user is admitted again',
      async () => (await nameOfError(buckets(clientOf(keys)))) === undefined,
    );
  });

  it('the account is that of the project if the catalogue names none', async () => {
    const keys = await newKeys('demo');
    const Bucket = await newBucket(clientOf(keys));
    const { endpoints } = (await lab.ask(admin, 'GET', '/endpoints')) as {
      endpoints: { id: string; url: string }[];
    };
    const id = endpoints.find(({ url }) => url.startsWith(lab.swift))?.id ?? '';
    await lab.ask(admin, 'PATCH', `/endpoints/${id}`, { endpoint: { enabled: false } });
    const other = await start(service('s3'));
    const { Buckets = [] } = await buckets(clientOf(keys, other));
    await lab.ask(admin, 'PATCH', `/endpoints/${id}`, { endpoint: { enabled: true } });
    expect(Buckets.map(({ Name }) => Name)).toContain(Bucket);
  });

  itInDepth('a service user whose token was revoked logs in again', async () => {
    const keystone = new KeystoneCredentials(new URL(lab.keystone), {
      username: 's3',
      password: 's3',
      project_name: 'service',
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    });
    const { access, secret } = await newKeys('demo');
    const demo = await lab.logIn('demo');
    const owner = `${demo.project}:${demo.user}`;
    expect(await keystone.find(access)).toMatchObject({ secretKey: secret, user: owner });
    const { user } = await lab.logIn('s3');
    for (const password of ['for a moment', 's3'])
      await lab.ask(admin, 'PATCH', `/users/${user}`, { user: { password } });
    // a revocation covers its whole second: new tokens of that second may be invalid too
    await eventually('it is found again', async () => {
      const credential = await keystone.find(access).catch(() => undefined);
      return credential?.secretKey === secret;
    });
  });

  it.each([
    ['lacks the role', 'hindsight', 'hindsight', 'identity:get_credential'],
    ['is not let in', 's3', 'a-wrong-password', 'the service user s3 could not log in'],
  ])(
    'with a service user who %s nobody is, and the log says why',
    async (_, name, password, why) => {
      const server = await start(service(name, password));
      const keys = await newKeys('demo');
      expect(await nameOfError(buckets(clientOf(keys, server)))).toBe('ServiceUnavailable');
      expect(logged.join('')).toContain(why);
      expect(logged.join('')).not.toContain('a-wrong-password');
    },
  );

  itInDepth(
    'credentials of the configuration log in with a password, beside those of Keystone and alone',
    async () => {
      const configured = { access: 'CONFIGURED', secret: 'secret' };
      const Bucket = await newBucket(clientOf(configured));
      await clientOf(configured).send(new PutObjectCommand({ Bucket, Key: 'o', Body: 'one' }));
      const sections = ['demo:demo', 'guest', 'demo:guest'].map(
        (user, i) => `[credentials:KEY${i}]\nsecret_key = secret\nuser = ${user}\nkey = demo`,
      );
      const alone = await start('auth_type = password', sections.join('\n'));
      const one = clientOf({ access: 'KEY0', secret: 'secret' }, alone);
      const { Contents } = await one.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents?.map(({ Key }) => Key)).toEqual(['o']);
      await one.send(new DeleteObjectCommand({ Bucket, Key: 'o' }));
      for (const access of ['KEY1', 'KEY2'])
        expect(await nameOfError(buckets(clientOf({ access, secret: 'secret' }, alone)))).toBe(
          'AccessDenied',
        );
      const keys = await newKeys('demo');
      expect(await nameOfError(buckets(clientOf(keys, alone)))).toBe('InvalidAccessKeyId');
    },
  );
}
