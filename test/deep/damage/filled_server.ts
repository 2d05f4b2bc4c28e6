import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type RunningServer } from '../../../src/server/serve';
import { defaultInlineLimit } from '../../../src/stores/embedded/storage/lmdb_storage';
import type { Chance } from '../../support/running/chance';
import type { Client } from '../../support/clients/client';
import { archivePrefix, mustBe } from '../../support/clients/containers';
import { login } from '../../support/servers/embedded';
import { sdkAt } from '../../support/clients/s3/sdk';
import { serveConfiguration } from '../../support/servers/serve_configuration';

const KIB = 1024;

/** The expected response to a GET, and the contents it depends on. */
export interface Reading {
  /** Below the account, with a query. */
  readonly path: string;
  readonly bytes: Buffer;
  /** The MD5s of the contents it depends on. */
  readonly contents: readonly string[];
}

/** A server over a data folder, and what the folder holds. */
export interface FilledServer {
  readonly server: RunningServer;
  readonly client: Client;
  readonly readings: readonly Reading[];
}

/** Serves a data folder, with the APIs of Swift and S3. */
function serveFolder(data: string): Promise<RunningServer> {
  const text = `[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper s3api tempauth versioned_writes embedded
[filter:s3api]
[filter:tempauth]
user_test_tester = testing .admin
[filter:versioned_writes]
allow_versioned_writes = true
allow_object_versioning = true
[app:embedded]
data = ${data}
scrub = false
expirer_interval = 86400`;
  return serveConfiguration(text);
}

/** Fills a new data folder with objects of all kinds. */
export async function startFilledServer(data: string, chance: Chance): Promise<FilledServer> {
  const server = await serveFolder(data);
  const client = await login(server.url, 'test:tester', 'testing');
  const maker = new Maker(client, chance);
  await maker.plain();
  await maker.large();
  await maker.modes();
  await maker.ids();
  await maker.uploads(server.url);
  return { server, client, readings: maker.readings };
}

class Maker {
  readonly readings: Reading[] = [];

  constructor(
    private readonly client: Client,
    private readonly chance: Chance,
  ) {}

  /** Writes objects of each significant size, and objects that share their contents. */
  async plain(): Promise<void> {
    await this.#container('plain');
    await this.#put('plain/empty', 0);
    await this.#put('plain/one', 1);
    await this.#put('plain/small', 1000);
    await this.#put('plain/inline', defaultInlineLimit);
    await this.#put('plain/file', defaultInlineLimit + 1);
    await this.#put('plain/blocks', 128 * KIB);
    await this.#put('plain/twin', 200_001);
    await this.#put('plain/other-twin', 200_001);
    await this.#put('plain/expiring', 70_000, { 'X-Delete-At': '4000000000' });
    const odd = await this.#put('plain/odd', 700_001);
    await mustBe(201, this.client.ask('COPY', '/plain/odd', { Destination: 'plain/copy' }));
    this.#reads('plain/copy', odd);
    await this.#link('plain/link', { 'X-Symlink-Target': 'plain/odd' }, odd);
    const etag = { 'X-Symlink-Target-Etag': md5(odd) };
    await this.#link('plain/static-link', { 'X-Symlink-Target': 'plain/odd', ...etag }, odd);
  }

  /** Writes large objects of both kinds, one of them nested in another. */
  async large(): Promise<void> {
    await this.#container('segments');
    const one = await this.#put('segments/part/1', 100_000);
    const two = await this.#put('segments/part/2', 500);
    const three = await this.#put('segments/part/3', 300_000);
    const parts = [one, two, three];
    await mustBe(
      201,
      this.client.ask('PUT', '/plain/dlo', { 'X-Object-Manifest': 'segments/part/' }),
    );
    this.#reads('plain/dlo', Buffer.concat(parts), parts.map(md5));
    const manifest = [
      { path: 'segments/part/1' },
      { path: 'segments/part/3', range: '70000-200000' },
      { path: 'segments/part/2' },
    ];
    const inRange = three.subarray(70_000, 200_001);
    const bytes = Buffer.concat([one, inRange, two]);
    const own = await this.#manifest('plain/slo', manifest);
    this.#reads('plain/slo', bytes, [own, ...parts.map(md5)]);
    const outer = await this.#manifest('plain/slo-of-slo', [
      { path: 'plain/slo' },
      { path: 'plain/file' },
    ]);
    const file = this.readings.find(({ path }) => path === '/plain/file')!.bytes;
    const contents = [outer, own, ...parts.map(md5), md5(file)];
    this.#reads('plain/slo-of-slo', Buffer.concat([bytes, file]), contents);
  }

  /** Writes versions in both header modes, including a delete marker. */
  async modes(): Promise<void> {
    for (const [mode, header] of [
      ['stack', 'X-Versions-Location'],
      ['history', 'X-History-Location'],
    ] as const) {
      await this.#container(`${mode}-archive`);
      await this.#container(mode, { [header]: `${mode}-archive` });
      for (const [name, sizes] of VERSIONS) {
        const versions: Buffer[] = [];
        for (const size of sizes) versions.push(this.#bytes(size));
        for (const bytes of versions) await this.#write(`${mode}/${name}`, bytes);
        this.#reads(`${mode}/${name}`, versions.at(-1)!);
        const entries = await this.client.names(`${mode}-archive`, `prefix=${archivePrefix(name)}`);
        for (const [at, entry] of entries.entries())
          this.#reads(`${mode}-archive/${entry}`, versions[at]!);
      }
    }
    await this.#write('history/gone', this.#bytes(40_000));
    await mustBe(204, this.client.ask('DELETE', '/history/gone'));
  }

  /** Writes versions with ids, including a delete marker. */
  async ids(): Promise<void> {
    await this.#container('ids', { 'X-Versions-Enabled': 'true' });
    for (const [name, sizes] of VERSIONS) {
      for (const size of sizes) {
        const bytes = this.#bytes(size);
        const { headers } = await this.#write(`ids/${name}`, bytes);
        this.#reads(`ids/${name}?version-id=${headers.get('x-object-version-id')}`, bytes);
      }
      this.#reads(`ids/${name}`, this.readings.at(-1)!.bytes);
    }
    await this.#write('ids/gone', this.#bytes(40_000));
    await mustBe(204, this.client.ask('DELETE', '/ids/gone'));
  }

  /** Makes two multipart uploads as an S3 client: one complete, one not. */
  async uploads(url: string): Promise<void> {
    const client = sdkAt({
      url,
      region: 'us-east-1',
      accessKey: 'test:tester',
      secretKey: 'testing',
    });
    try {
      const Bucket = 'bucket';
      await client.send(new CreateBucketCommand({ Bucket }));
      for (const Key of ['uploaded', 'begun']) {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
        const Body = this.#bytes(150_000);
        const part = { Bucket, Key, UploadId, PartNumber: 1 };
        const { ETag } = await client.send(new UploadPartCommand({ ...part, Body }));
        if (Key === 'begun') continue;
        const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
        await client.send(
          new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
        );
        const { body } = await this.client.ask('GET', `/${Bucket}/${Key}?multipart-manifest=get`);
        this.#reads(`${Bucket}/${Key}`, Body, [md5(body), md5(Body)]);
      }
    } finally {
      client.destroy();
    }
  }

  async #container(name: string, headers: Record<string, string> = {}): Promise<void> {
    await mustBe(201, this.client.ask('PUT', `/${name}`, headers));
  }

  async #put(path: string, size: number, headers: Record<string, string> = {}): Promise<Buffer> {
    const bytes = this.#bytes(size);
    await this.#write(path, bytes, headers);
    this.#reads(path, bytes);
    return bytes;
  }

  #write(path: string, bytes: Buffer, headers: Record<string, string> = {}) {
    return mustBe(201, this.client.ask('PUT', `/${path}`, headers, bytes));
  }

  async #link(path: string, headers: Record<string, string>, bytes: Buffer): Promise<void> {
    await mustBe(201, this.client.ask('PUT', `/${path}`, headers));
    this.#reads(path, bytes);
  }

  /** Returns the MD5 of a manifest as stored. */
  async #manifest(path: string, segments: readonly unknown[]): Promise<string> {
    const put = `/${path}?multipart-manifest=put`;
    await mustBe(201, this.client.ask('PUT', put, {}, JSON.stringify(segments)));
    return md5((await this.client.ask('GET', `/${path}?multipart-manifest=get`)).body);
  }

  #reads(path: string, bytes: Buffer, contents: readonly string[] = [md5(bytes)]): void {
    this.readings.push({ path: `/${path}`, bytes, contents });
  }

  #bytes(size: number): Buffer {
    const seed = String(this.chance.next());
    return createHash('shake256', { outputLength: Math.max(size, 1) })
      .update(seed)
      .digest()
      .subarray(0, size);
  }
}

/** Names in a versioned container, and the sizes of their versions, oldest first. */
const VERSIONS = [
  ['files', [90_000, 140_000, 66_000]],
  ['mixed', [300, 80_000, 20_000]],
] as const;

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
