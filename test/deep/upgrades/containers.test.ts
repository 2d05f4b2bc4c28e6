import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  everything,
  MODE_HEADER,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
} from '../../support/clients/containers';
import { partOf } from '../../support/running/depth';
import { describeWithEarlier, type EarlierVersion } from '../../support/servers/earlier_version';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';
import { describeWithSwift, login, type SwiftUrls } from '../../support/servers/swift';
import { bodiesOf, newContainerWithIds, versionsIn } from '../../support/clients/with_ids';
import { Fleet, s3At, type Version } from './fleet';

const NAME = 'dir/object';
const MIB = 1024 * 1024;
/** A part that may precede others, and one that may only be the last. */
const FIRST = Buffer.alloc(5 * MIB, 'first');
const LAST = Buffer.from('last');

/** A server, and its clients. */
interface Served {
  readonly client: Client;
  readonly s3: S3Client;
}

/** What begins at one server, and continues at the next. */
type Scenario = (first: Served) => AsyncGenerator<undefined, void, Served>;

async function* inStackMode(one: Served): ReturnType<Scenario> {
  const { container, archive } = await newPair(one.client, 'stack');
  for (const body of ['1', '2', '3']) await put(one.client, container, NAME, body);
  const two = yield;
  expect(await bodies(two.client, archive)).toEqual(['1', '2']);
  await put(two.client, container, NAME, '4');
  await mustBe(204, two.client.ask('DELETE', pathOf(container, NAME)));
  expect(await current(two.client, container, NAME)).toBe('3');
  const three = yield;
  await put(three.client, container, NAME, '5');
  for (const body of ['3', '2', '1']) {
    await mustBe(204, three.client.ask('DELETE', pathOf(container, NAME)));
    expect(await current(three.client, container, NAME)).toBe(body);
  }
  expect(await bodies(three.client, archive)).toEqual([]);
}

async function* inHistoryMode(one: Served): ReturnType<Scenario> {
  const { container, archive } = await newPair(one.client, 'history');
  await put(one.client, container, NAME, '1');
  await mustBe(204, one.client.ask('DELETE', pathOf(container, NAME)));
  const two = yield;
  await put(two.client, container, NAME, '2');
  await put(two.client, container, NAME, '3');
  const entries = await everything(two.client, archive);
  expect(entries.map(({ body, isMarker }) => (isMarker ? 'marker' : body))).toEqual([
    '1',
    'marker',
    '2',
  ]);
  await mustBe(204, two.client.ask('POST', `/${container}`, { [MODE_HEADER.stack]: archive }));
  const three = yield;
  await mustBe(204, three.client.ask('DELETE', pathOf(container, NAME)));
  expect(await current(three.client, container, NAME)).toBe('2');
  const off = { 'X-Remove-Versions-Location': 'x' };
  await mustBe(204, three.client.ask('POST', `/${container}`, off));
  await put(three.client, container, NAME, '4');
  expect(await bodies(three.client, archive)).toEqual(['1']);
}

async function* withIds(one: Served): ReturnType<Scenario> {
  const container = await newContainer(one.client);
  await put(one.client, container, NAME, '0');
  await mustBe(204, one.client.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'true' }));
  await put(one.client, container, NAME, '1');
  await mustBe(204, one.client.ask('DELETE', pathOf(container, NAME)));
  const two = yield;
  await put(two.client, container, NAME, '2');
  const three = yield;
  const versions = await versionsIn(three.client, container);
  expect(versions.map(({ is_latest }) => is_latest)).toEqual([true, false, false, false]);
  const withBodies = versions.filter((_, i) => i !== 1);
  const bodies = await bodiesOf(three.client, container, NAME, withBodies);
  expect([...bodies.values()]).toEqual(['2', '1', '0']);
  const oldest = versions.at(-1)?.version_id ?? '';
  await mustBe(201, three.client.ask('PUT', `${pathOf(container, NAME)}?version-id=${oldest}`));
  expect(await current(three.client, container, NAME)).toBe('0');
  for (const { version_id } of versions)
    await mustBe(
      204,
      three.client.ask('DELETE', `${pathOf(container, NAME)}?version-id=${version_id}`),
    );
  await mustBe(204, three.client.ask('DELETE', `/${container}`));
}

async function* withSuspendedBuckets(one: Served): ReturnType<Scenario> {
  const Bucket = await newBucket(one.s3, 'Enabled');
  const at = { Bucket, Key: NAME };
  const write = async ({ s3 }: Served, Body: string) =>
    (await s3.send(new PutObjectCommand({ ...at, Body }))).VersionId ?? 'null';
  const read = async ({ s3 }: Served, VersionId?: string) =>
    (await s3.send(new GetObjectCommand({ ...at, VersionId }))).Body?.transformToString();
  const id = await write(one, 'enabled');
  await setVersions(one.s3, Bucket, 'Suspended');
  expect(await write(one, 'null')).toBe('null');
  const two = yield;
  expect(await read(two, 'null')).toBe('null');
  expect(await write(two, 'another null')).toBe('null');
  await setVersions(two.s3, Bucket, 'Enabled');
  const later = await write(two, 'enabled again');
  const three = yield;
  expect(await read(three, 'null')).toBe('another null');
  expect(await read(three, id)).toBe('enabled');
  await three.s3.send(new DeleteObjectCommand({ ...at, VersionId: later }));
  expect(await read(three)).toBe('another null');
  await setVersions(three.s3, Bucket, 'Suspended');
  await three.s3.send(new DeleteObjectCommand(at));
  await three.s3.send(new DeleteObjectCommand({ ...at, VersionId: 'null' }));
  expect(await read(three)).toBe('enabled');
}

async function* withUploads(one: Served): ReturnType<Scenario> {
  const Bucket = await newBucket(one.s3, 'Enabled');
  const at = { Bucket, Key: NAME };
  const { UploadId } = await one.s3.send(new CreateMultipartUploadCommand(at));
  const send = ({ s3 }: Served, PartNumber: number, Body: Buffer) =>
    s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
  const { ETag } = await send(one, 1, FIRST);
  const two = yield;
  const { ETag: other } = await send(two, 2, LAST);
  const three = yield;
  const parts = [ETag, other].map((each, i) => ({ PartNumber: i + 1, ETag: each }));
  const complete = { ...at, UploadId, MultipartUpload: { Parts: parts } };
  const { VersionId } = await three.s3.send(new CompleteMultipartUploadCommand(complete));
  await three.s3.send(new PutObjectCommand({ ...at, Body: 'over it' }));
  const { Body } = await three.s3.send(new GetObjectCommand({ ...at, VersionId }));
  const whole = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(whole.equals(Buffer.concat([FIRST, LAST]))).toBe(true);
}

const SCENARIOS: readonly [string, Scenario][] = [
  ['in the stack mode', inStackMode],
  ['in the history mode, and switched to the other', inHistoryMode],
  ['with ids', withIds],
  ['in suspended buckets', withSuspendedBuckets],
  ['with uploads in progress', withUploads],
];

const ORDERS = partOf<readonly Version[]>(
  [
    ['old', 'new', 'old'],
    ['new', 'old', 'new'],
  ],
  { oneOf: 2 },
);

describeWithEarlier('what a server of one version made', (build) => {
  describeWithSwift('over a Swift', (swift) => {
    let earlier: EarlierVersion;
    beforeAll(() => {
      earlier = build();
    }, 300_000);

    describe.each(ORDERS.map((versions) => ({ title: versions.join(', then '), versions })))(
      '$title',
      ({ versions }) => {
        const runs = new Map<string, ReturnType<Scenario>>();
        let fleet: Fleet | undefined;
        afterAll(() => fleet?.stop());

        describe.each(versions.map((version, i) => ({ version, turn: i + 1 })))(
          'server $turn ($version) goes on',
          ({ version, turn }) => {
            let served: Served;
            beforeAll(async () => {
              if (fleet) await fleet.replace(0, version, 'SIGKILL');
              else fleet = await Fleet.start({ upstream: swift.plain, earlier }, [version]);
              const server = fleet.proxy(0);
              served = { client: await login(server.url, 'tester'), s3: sdkAt(s3At(server)) };
            });
            afterAll(() => served.s3.destroy());

            it.each(SCENARIOS)('%s', async (name, scenario) => {
              const going = runs.get(name) ?? scenario(served);
              runs.set(name, going);
              expect((await going.next(served)).done).toBe(turn === versions.length);
            });
          },
        );
      },
    );

    describeOfOthers(swift, () => earlier);
  });
});

/**
 * Without a common Redis two servers would lose versions, so the second must not start.
 */
function describeOfOthers({ plain }: SwiftUrls, earlier: () => EarlierVersion): void {
  const orders: [Version, Version][] = [
    ['old', 'new'],
    ['new', 'old'],
  ];
  it.each(partOf(orders, { oneOf: 2 }))(
    'a server without a Redis (%s) lets no other (%s) begin',
    async (first, second) => {
      const site = { upstream: plain, earlier: earlier() };
      const one = await Fleet.start(site, [first]);
      try {
        await expect(Fleet.start(site, [second])).rejects.toThrow(
          'another server writes to this store',
        );
        const client = await login(one.proxy(0).url, 'tester');
        await put(client, await newContainerWithIds(client), NAME, 'still');
      } finally {
        await one.stop();
      }
    },
  );
}
