import type { S3Client } from '@aws-sdk/client-s3';
import type { Answer } from '../../support/clients/client';
import { mustBe } from '../../support/clients/containers';
import { APIS, errorCodeIn, S3, type Api } from '../../support/clients/dialects/apis';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';
import { depth, partOf } from '../../support/running/depth';
import { login } from '../../support/servers/embedded';
import { describeOurs } from '../../support/servers/s3_endpoint';

/** The states of a bucket; none leads back to the first. */
const STATES = ['never', 'Enabled', 'Suspended'] as const;
type State = (typeof STATES)[number];

/** The states in which an object is written, and then deleted. */
const STORIES: readonly (readonly [written: State, deleted: State])[] = [
  ['never', 'never'],
  ['never', 'Enabled'],
  ['never', 'Suspended'],
  ['Enabled', 'Enabled'],
  ['Enabled', 'Suspended'],
  ['Suspended', 'Suspended'],
  ['Suspended', 'Enabled'],
];

/**
 * Around the lengths at which names of the store no longer fit: of versions and markers
 * (18 bytes more than the key's), of the list of null versions (8), and of notes (3).
 */
const LENGTHS = depth({
  gate: [1, 1006, 1007, 1017, 1024],
  deep: [
    1, 1003, 1004, 1005, 1006, 1007, 1008, 1015, 1016, 1017, 1018, 1020, 1021, 1022, 1023, 1024,
  ],
});
const KEYS = [
  ...LENGTHS.map((length) => 'n'.repeat(length)),
  // names of versions escape this character
  ...LENGTHS.filter((length) => length > 1).map((length) => `${'n'.repeat(length - 2)}\x01\x01`),
  // the lab's file system has no room for a link to a name that a Swift allows since it
  // counts characters: between these
  ...LENGTHS.filter((length) => length > 1 && ![1007, 1008].includes(length)).map(
    (length) => `${'n'.repeat(length - 3)}€`,
  ),
];

const TOO_LONG = ['KeyTooLongError', 'KeyTooLong', 'invalid_object_name'];

describeOurs('keys of all lengths', (store) => {
  let sdk: S3Client;
  beforeAll(() => {
    sdk = sdkAt(store.endpoint);
  });
  afterAll(() => sdk.destroy());

  async function bucketIn(state: State): Promise<string> {
    const bucket = await newBucket(sdk);
    await switchTo(bucket, state);
    return bucket;
  }

  async function switchTo(bucket: string, state: State): Promise<void> {
    if (state !== 'never') await setVersions(sdk, bucket, state);
  }

  /** Returns `done` for a success, and the code of an error. */
  const outcomeOf = (answer: Answer) =>
    answer.status < 300 ? 'done' : (errorCodeIn(answer) ?? answer.status);

  describe.each(APIS)('$name', (api: Api) => {
    it.each(partOf(STORIES, { oneOf: 4, from: APIS.indexOf(api) }))(
      'written in a bucket that is %s, and deleted in one that is %s',
      async (written, deleted) => {
        const bucket = await bucketIn(written);
        const send = api.sender(store.endpoint, bucket);
        const put = async (key: string) =>
          outcomeOf(await send({ method: 'PUT', key, body: 'one' }));
        const stored = new Map<string, string | number>();
        for (const key of KEYS) stored.set(key, await put(key));
        await switchTo(bucket, deleted);
        for (const [key, outcome] of stored) {
          const what = { key: summaryOf(key), written: outcome };
          const isThere = outcome === 'done';
          if (!isThere) expect(TOO_LONG).toContain(outcome);
          // only an enabled bucket may refuse a key, for which it could keep no version
          expect(what).toEqual({ ...what, written: written === 'Enabled' ? outcome : 'done' });
          const removal = outcomeOf(await send({ method: 'DELETE', key }));
          const read = (await send({ method: 'GET', key })).status;
          if (removal === 'done') {
            expect([what, read]).toEqual([what, 404]);
          } else {
            expect([what, deleted, TOO_LONG.includes(String(removal))]).toEqual([
              what,
              'Enabled',
              true,
            ]);
            expect([what, read]).toEqual([what, isThere ? 200 : 404]);
          }
        }
        await emptied(api, bucket);
      },
      120_000,
    );

    it('written with more bytes than any object may have are refused, and deletable', async () => {
      for (const state of STATES) {
        const send = api.sender(store.endpoint, await bucketIn(state));
        const key = 'n'.repeat(1025);
        const put = await send({ method: 'PUT', key, body: '' });
        const removals = [{ method: 'DELETE', key, query: { [api.versionId]: 'null' } }];
        // an enabled bucket would have to write a marker
        if (state !== 'Enabled') removals.push({ method: 'DELETE', key, query: {} });
        const statuses = [];
        for (const request of removals) statuses.push((await send(request)).status);
        expect([state, put.status, TOO_LONG.includes(errorCodeIn(put) ?? '')]).toEqual([
          state,
          400,
          true,
        ]);
        expect([...new Set(statuses)]).toEqual([204]);
      }
    });

    it('a delete marker that cannot be made is not reported', async () => {
      const bucket = await bucketIn('Suspended');
      const send = api.sender(store.endpoint, bucket);
      const key = 'n'.repeat(1024);
      await send({ method: 'PUT', key, body: 'one' });
      const { status, headers } = await send({ method: 'DELETE', key });
      expect(status).toBe(204);
      expect(headers.has(`${api.prefix}delete-marker`)).toBe(false);
      expect(await listed(bucket)).toEqual([]);
    });
  });

  describe.each(['X-Versions-Location', 'X-History-Location'])('%s', (header) => {
    it('keeps none from being deleted, at the latest once it is removed', async () => {
      const bucket = await newBucket(sdk);
      const { url, accessKey, secretKey } = store.endpoint;
      const swift = await login(url, accessKey, secretKey);
      await mustBe(201, swift.ask('PUT', `/${bucket}-archive`));
      const keys = [1004, 1005, 1006, 1024].map((length) => 'n'.repeat(length));
      for (const key of keys) await mustBe(201, swift.ask('PUT', `/${bucket}/${key}`, {}, 'one'));
      await mustBe(204, swift.ask('POST', `/${bucket}`, { [header]: `${bucket}-archive` }));
      const left: string[] = [];
      for (const [i, key] of keys.entries()) {
        const send = (APIS[i % APIS.length] ?? S3).sender(store.endpoint, bucket);
        const answer = await send({ method: 'DELETE', key });
        if (answer.status !== 204) left.push(key);
        expect((await send({ method: 'GET', key })).status).toBe(answer.status === 204 ? 404 : 200);
        if (answer.status !== 204) expect(TOO_LONG).toContain(errorCodeIn(answer));
      }
      // in a stack a delete archives nothing: it restores what was there before
      expect(left).toEqual(header === 'X-History-Location' ? keys.slice(1) : []);
      const remove = { [header.replace('X-', 'X-Remove-')]: 'x' };
      await mustBe(204, swift.ask('POST', `/${bucket}`, remove));
      const send = S3.sender(store.endpoint, bucket);
      for (const key of left) expect((await send({ method: 'DELETE', key })).status).toBe(204);
    });
  });

  /** Removes each version that is listed, by its id, and then the bucket. */
  async function emptied(api: Api, bucket: string): Promise<void> {
    const send = api.sender(store.endpoint, bucket);
    for (const { key, id } of await listed(bucket)) {
      const { status } = await send({ method: 'DELETE', key, query: { [api.versionId]: id } });
      expect([summaryOf(key), id, status]).toEqual([summaryOf(key), id, 204]);
    }
    expect(await listed(bucket)).toEqual([]);
    expect((await S3.sender(store.endpoint, bucket)({ method: 'DELETE' })).status).toBe(204);
  }

  /** All versions of a bucket. */
  async function listed(bucket: string): Promise<{ key: string; id: string }[]> {
    const send = S3.sender(store.endpoint, bucket);
    const { status, body } = await send({
      method: 'GET',
      query: { versions: '', 'encoding-type': 'url' },
    });
    expect(status).toBe(200);
    return [...body.toString().matchAll(/<Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId>/g)].map(
      ([, key = '', id = '']) => ({ key: decodeURIComponent(key), id }),
    );
  }
});

const summaryOf = (key: string) => `${Buffer.byteLength(key)} bytes, of ${JSON.stringify(key[0])}`;
