import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { pause } from '../../support/running/eventually';
import { contentOf, titleOf } from '../../support/judges/ledger';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';
import { SignedClient } from '../../support/clients/s3/signed';
import type { ListedEntry } from '../../support/judges/buckets/model_listing';
import { pageOf, parametersOf } from '../../support/clients/s3/versions_document';
import type { Chance } from '../../support/running/chance';
import { s3At, type Fleet } from './fleet';

/** Milliseconds after a request without a response. */
const PAUSE = 50;
const KEY = 'dir/contended';
const MAX = 100_000;
/** Statuses of refusals after which nothing, or nobody knows what, was done. */
const UNCERTAIN = [408, 500, 502, 503];

/** A version of a bucket. */
interface Version {
  readonly bucket: string;
  readonly id: string;
  /** Undefined for a delete marker. */
  readonly title: string | undefined;
}

/** The responses that S3 clients got. */
export class BucketLedger {
  requests = 0;
  /** What was acknowledged and not deleted since: it must never be lost. */
  readonly versions = new Map<string, Version>();
  /**
   * For each bucket whose versions are enabled and suspended, the possible null versions;
   * '' is none, or a marker.
   */
  readonly nulls = new Map<string, ReadonlySet<string>>();
  readonly wrong: string[] = [];

  keep(version: Version): void {
    const key = `${version.bucket} ${version.id}`;
    if (this.versions.has(key)) this.wrong.push(`an id twice: ${key}`);
    this.versions.set(key, version);
  }

  forget({ bucket, id }: Version): void {
    this.versions.delete(`${bucket} ${id}`);
  }

  mayBeNull(bucket: string, title: string): void {
    this.nulls.set(bucket, new Set(this.nullOf(bucket)).add(title));
  }

  isNull(bucket: string, title: string): void {
    this.nulls.set(bucket, new Set([title]));
  }

  nullOf(bucket: string): ReadonlySet<string> {
    return this.nulls.get(bucket) ?? new Set(['']);
  }
}

/** The buckets that all clients share, and each client's own. */
export interface Buckets {
  readonly shared: string;
  readonly own: readonly string[];
}

/** Makes the buckets that clients need. */
export async function makeBuckets(fleet: Fleet, clients: number): Promise<Buckets> {
  const sdk = sdkAt(s3At(fleet.proxy(0)));
  const make = () => newBucket(sdk, 'Enabled');
  const shared = await make();
  const own: string[] = [];
  for (let i = 0; i < clients; i++) own.push(await make());
  sdk.destroy();
  return { shared, own };
}

/** One S3 client: sends requests in sequence to any server, and records the results. */
export class BucketLane {
  #titles = 0;
  readonly #own: string;
  readonly #clients = new Map<string, S3Client>();

  constructor(
    private readonly fleet: Fleet,
    private readonly buckets: Buckets,
    private readonly ledger: BucketLedger,
    private readonly number: number,
    private readonly chance: Chance,
  ) {
    this.#own = buckets.own[number] ?? '';
  }

  async run(isOver: () => boolean): Promise<void> {
    const { shared } = this.buckets;
    const kinds = [
      () => this.#put(shared),
      () => this.#put(shared),
      () => this.#delete(shared),
      () => this.#upload(),
      () => this.#put(this.#own),
      () => this.#put(this.#own),
      () => this.#delete(this.#own),
      () => this.#drop(),
      () => this.#toggle(),
      () => this.#readNull(),
    ];
    while (!isOver()) await this.chance.pick(kinds)();
    for (const client of this.#clients.values()) client.destroy();
  }

  async #put(Bucket: string): Promise<void> {
    const title = this.#title();
    const Body = contentOf(title);
    // until there is a response it may be, or become, the null version
    if (Bucket === this.#own) this.ledger.mayBeNull(Bucket, title);
    await this.#try(async (client) => {
      const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: KEY, Body }));
      this.#done(Bucket, VersionId, title);
    });
  }

  async #delete(Bucket: string): Promise<void> {
    if (Bucket === this.#own) this.ledger.mayBeNull(Bucket, '');
    await this.#try(async (client) => {
      const { VersionId } = await client.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
      this.#done(Bucket, VersionId, undefined);
    });
  }

  /** Records what an answered PUT or DELETE made. */
  #done(bucket: string, id: string | undefined, title: string | undefined): void {
    if (id !== undefined && id !== 'null') this.ledger.keep({ bucket, id, title });
    else if (bucket === this.#own) this.ledger.isNull(bucket, title ?? '');
    else this.ledger.wrong.push(`a version without an id: ${title ?? 'a marker'}`);
  }

  /** Makes an upload whose steps go to different servers. */
  async #upload(): Promise<void> {
    const title = this.#title();
    const at = { Bucket: this.buckets.shared, Key: KEY };
    let UploadId: string | undefined;
    await this.#try(async (client) => {
      ({ UploadId } = await client.send(new CreateMultipartUploadCommand(at)));
    });
    let ETag: string | undefined;
    const part = { ...at, UploadId, PartNumber: 1, Body: contentOf(title) };
    if (UploadId !== undefined)
      await this.#try(async (client) => {
        ({ ETag } = await client.send(new UploadPartCommand(part)));
      });
    if (ETag === undefined) return;
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await this.#try(async (client) => {
      const complete = new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload });
      const { VersionId } = await client.send(complete);
      this.#done(at.Bucket, VersionId, title);
    });
  }

  /** Removes one of its own versions by its id. */
  async #drop(): Promise<void> {
    const versions = [...this.ledger.versions.values()].filter(
      ({ bucket }) => bucket === this.#own,
    );
    if (versions.length < 4) return;
    const version = this.chance.pick(versions);
    this.ledger.forget(version);
    await this.#try(async (client) => {
      const at = { Bucket: version.bucket, Key: KEY, VersionId: version.id };
      await client.send(new DeleteObjectCommand(at));
    });
  }

  async #toggle(): Promise<void> {
    const status = this.chance.below(2) === 0 ? 'Enabled' : 'Suspended';
    await this.#try((client) => setVersions(client, this.#own, status));
  }

  async #readNull(): Promise<void> {
    await this.#try(async (client) => {
      const read = await readVersion(client, this.#own, 'null');
      judgeNull(this.ledger, this.#own, read);
    });
  }

  /**
   * Sends requests to one server; a missing response or temporary refusal proves nothing.
   */
  async #try(ask: (client: S3Client) => Promise<void>): Promise<void> {
    this.ledger.requests++;
    try {
      await ask(this.#client());
    } catch (error) {
      const status =
        error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status !== undefined && !UNCERTAIN.includes(status))
        this.ledger.wrong.push(String(error));
      await pause(PAUSE);
    }
  }

  #client(): S3Client {
    const member = this.chance.pick(this.fleet.proxies);
    const client = this.#clients.get(member.url) ?? sdkAt(s3At(member));
    this.#clients.set(member.url, client);
    return client;
  }

  #title(): string {
    const size = Math.floor(Math.exp(this.chance.next() * Math.log(MAX)));
    return `s3-${this.number}-${this.#titles++} ${size}`;
  }
}

/** Returns the title of a version; '' for none and for a delete marker. */
async function readVersion(client: S3Client, Bucket: string, VersionId: string): Promise<string> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: KEY, VersionId }));
    const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return titleOf(body) ?? `${body.length} bytes that are not whole`;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status !== 404 && status !== 405) throw error;
    return '';
  }
}

function judgeNull(ledger: BucketLedger, bucket: string, read: string): void {
  const may = ledger.nullOf(bucket);
  if (!may.has(read))
    ledger.wrong.push(`the null version of ${bucket} is '${read}', not ${[...may].join(' or ')}`);
}

/** Compares the responses that S3 clients got with what each server reports now. */
export async function bucketVerdict(
  fleet: Fleet,
  buckets: Buckets,
  ledger: BucketLedger,
): Promise<string[]> {
  for (const member of fleet.proxies) {
    const client = sdkAt(s3At(member));
    for (const bucket of buckets.own)
      judgeNull(ledger, bucket, await readVersion(client, bucket, 'null'));
    client.destroy();
  }
  const clients = fleet.proxies.map((member) => sdkAt(s3At(member)));
  let turn = 0;
  for (const { bucket, id, title = '' } of ledger.versions.values()) {
    const client = clients[turn++ % clients.length];
    const read = client && (await readVersion(client, bucket, id));
    if (read !== title) ledger.wrong.push(`${bucket} ${id} was '${title}' and is '${read ?? ''}'`);
  }
  for (const client of clients) client.destroy();
  const listed = new Map<string, readonly ListedEntry[]>();
  for (const bucket of [buckets.shared, ...buckets.own])
    listed.set(bucket, await list(fleet, bucket));
  for (const { bucket, id, title } of ledger.versions.values()) {
    const entry = listed.get(bucket)?.find((each) => each.id === id);
    if (entry?.marker !== (title === undefined))
      ledger.wrong.push(`not listed as it is: ${bucket} ${id}`);
  }
  return [...ledger.wrong];
}

async function list(fleet: Fleet, bucket: string): Promise<readonly ListedEntry[]> {
  const signed = new SignedClient(s3At(fleet.proxy(0)));
  const entries: ListedEntry[] = [];
  for (let page, next; ; next = page.next) {
    const query = parametersOf({ maxKeys: 1000, keyMarker: next?.key, versionIdMarker: next?.id });
    page = pageOf(
      await signed.document(200, 'ListVersionsResult', { method: 'GET', bucket, query }),
    );
    entries.push(...page.entries);
    if (!page.next) return entries;
  }
}
