import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createLog } from '../../../src/util/log';
import { type RunningServer } from '../../../src/server/serve';
import { repair } from '../../../src/stores/embedded/fsck/repair';
import type { Client } from '../../support/clients/client';
import { bodies, current, mustBe, newPair, put } from '../../support/clients/containers';
import { login } from '../../support/servers/embedded';
import { eventually } from '../../support/running/eventually';
import { sdkAt } from '../../support/clients/s3/sdk';
import { findings } from '../../support/stores/storage';
import { serveConfiguration } from '../../support/servers/serve_configuration';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

const SIZE = 900_000;

let data: string;
let server: RunningServer;
let client: Client;
let s3: S3Client;
let log: string[];

async function start(): Promise<void> {
  log = [];
  const text = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging s3api tempauth versioned_writes embedded
[filter:s3api]
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
[app:embedded]
data = ${data}
scrub = false`;
  const lines = { write: (line: string) => void log.push(line) };
  server = await serveConfiguration(text, createLog('info', lines));
  client = await login(server.url, 'test:tester', 'testing');
  const { url } = server;
  s3 = sdkAt({ url, region: 'us-east-1', accessKey: 'test:tester', secretKey: 'testing' });
}

async function stop(): Promise<void> {
  s3.destroy();
  await server.close();
}

beforeEach(async () => {
  data = join(await newFolder(), 'data');
  await start();
});

afterEach(stop);

/** Flips a bit of the only file of this size. */
function damage(size: number, at: number): void {
  const [file, ...others] = readdirSync(join(data, 'content'), { recursive: true })
    .map((name) => join(data, 'content', String(name)))
    .filter((each) => statSync(each).isFile() && statSync(each).size === size);
  expect(others).toEqual([]);
  const bytes = readFileSync(file!);
  bytes[at]! ^= 1;
  writeFileSync(file!, bytes);
}

const CAUSE = /content\/\w\w\/\w{16} is damaged between bytes \d+ and \d+/;

describe('a damaged object', () => {
  it('is refused with the cause before its first byte, and breaks off later, which is logged', async () => {
    await mustBe(201, client.ask('PUT', '/bucket'));
    await put(client, 'bucket', 'o', 'x'.repeat(SIZE));
    damage(SIZE, SIZE - 1);
    await expect(client.ask('GET', '/bucket/o')).rejects.toThrow('aborted');
    await eventually('a line', () => log.some((line) => line.includes('a response was cut off')));
    expect(log.find((line) => line.includes('a response was cut off'))).toMatch(CAUSE);
    const last = await client.ask('GET', '/bucket/o', { Range: 'bytes=-1' });
    expect([last.status, last.body.toString()]).toEqual([503, expect.stringMatching(CAUSE)]);
    expect(last.headers.get('retry-after')).toBe('1');
    expect((await client.ask('GET', '/bucket/o', { Range: 'bytes=0-9' })).body.toString()).toBe(
      'x'.repeat(10),
    );
    expect((await client.ask('HEAD', '/bucket/o')).status).toBe(200);
    expect(
      (await client.ask('COPY', '/bucket/o', { Destination: 'bucket/copy' })).body.toString(),
    ).toMatch(CAUSE);
    expect(await client.names('bucket')).toEqual(['o']);
  });

  it('is unavailable to a client of S3, and the log says why', async () => {
    await mustBe(201, client.ask('PUT', '/bucket'));
    await put(client, 'bucket', 'o', 'x'.repeat(SIZE));
    damage(SIZE, 0);
    const pending = s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'o' }));
    await expect(pending).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    expect(log.find((line) => line.includes('the store failed'))).toMatch(CAUSE);
  });

  it('is not overwritten, and after a repair its previous version comes back', async () => {
    const { container, archive } = await newPair(client, 'stack');
    await put(client, container, 'o', 'first');
    await put(client, container, 'o', 'x'.repeat(SIZE));
    damage(SIZE, SIZE / 2);
    const refused = await client.ask('PUT', `/${container}/o`, {}, 'third');
    expect([refused.status, refused.body.toString()]).toEqual([503, expect.stringMatching(CAUSE)]);
    expect(await bodies(client, archive)).toEqual(['first']);
    await stop();
    const done: unknown[] = [];
    for await (const { object } of repair(data)) done.push(object);
    expect(done).toEqual([
      expect.objectContaining({ account: 'AUTH_test', container, object: 'o' }),
    ]);
    expect(await findings(data)).toEqual([]);
    await start();
    expect(await current(client, container, 'o')).toBe(404);
    await mustBe(204, client.ask('DELETE', `/${container}/o`));
    expect(await current(client, container, 'o')).toBe('first');
  });
});
