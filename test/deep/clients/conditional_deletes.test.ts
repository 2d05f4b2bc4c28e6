import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3ServiceException,
  type DeleteObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { mustBe } from '../../support/clients/containers';
import { COS, errorCodeIn, QINGSTOR, S3 } from '../../support/clients/dialects/apis';
import { newBucket, sdkAt, setVersions } from '../../support/clients/s3/sdk';
import { depth } from '../../support/running/depth';
import { login } from '../../support/servers/embedded';
import { describeOurs } from '../../support/servers/s3_endpoint';

const Key = 'k';
const LATER = new Date('2030-01-02T03:04:05Z');
const etagOf = (body: string) => `"${createHash('md5').update(body).digest('hex')}"`;
const ROUNDS = depth({ gate: 3, deep: 60 });

type Conditions = Pick<
  DeleteObjectCommandInput,
  'IfMatch' | 'IfMatchSize' | 'IfMatchLastModifiedTime'
>;

/** Conditions as AWS documents them in "How to perform conditional deletes". */
describeOurs('conditions on removals', (store) => {
  let s3: S3Client;
  beforeAll(() => {
    s3 = sdkAt(store.endpoint);
  });
  afterAll(() => s3.destroy());

  const put = async (Bucket: string, Body: string, key = Key) =>
    (await s3.send(new PutObjectCommand({ Bucket, Key: key, Body }))).VersionId;
  const head = (Bucket: string, VersionId?: string) =>
    s3.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  /** Returns the status and code of a removal's refusal, or 204. */
  const remove = async (Bucket: string, conditions: Conditions, VersionId?: string) => {
    try {
      const input = { Bucket, Key, VersionId, ...conditions };
      return (await s3.send(new DeleteObjectCommand(input))).$metadata.httpStatusCode;
    } catch (error) {
      if (!(error instanceof S3ServiceException)) throw error;
      return `${error.$metadata.httpStatusCode} ${error.name}`;
    }
  };
  /** The number of versions and markers. */
  const count = async (Bucket: string) => {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    return [Versions.length, DeleteMarkers.length];
  };

  describe.each([undefined, 'Enabled', 'Suspended'] as const)('versioning %s', (versions) => {
    let bucket: string;
    let modified: Date | undefined;
    beforeEach(async () => {
      bucket = await newBucket(s3, versions);
      await put(bucket, 'one');
      modified = (await head(bucket)).LastModified;
    });

    it('that hold let the removal pass', async () => {
      const all = { IfMatchSize: 3, IfMatchLastModifiedTime: modified, IfMatch: etagOf('one') };
      const conditions: Conditions[] = [
        { IfMatch: all.IfMatch },
        { IfMatch: '*' },
        { IfMatchSize: 3 },
        { IfMatchLastModifiedTime: modified },
        all,
      ];
      for (const each of conditions) {
        await put(bucket, 'one');
        const { LastModified } = await head(bucket);
        const time = each.IfMatchLastModifiedTime && { IfMatchLastModifiedTime: LastModified };
        expect([each, await remove(bucket, { ...each, ...time })]).toEqual([each, 204]);
        await expect(head(bucket)).rejects.toThrow();
      }
    });

    it('that fail keep the object', async () => {
      const before = await count(bucket);
      const conditions: Conditions[] = [
        { IfMatch: etagOf('two') },
        { IfMatchSize: 4 },
        { IfMatchSize: 0 },
        { IfMatchLastModifiedTime: LATER },
        { IfMatch: etagOf('one'), IfMatchSize: 4 },
        { IfMatch: '*', IfMatchLastModifiedTime: LATER },
      ];
      for (const each of conditions) {
        const byId = versions === 'Enabled' ? (await head(bucket)).VersionId : 'null';
        expect([each, await remove(bucket, each)]).toEqual([each, '412 PreconditionFailed']);
        expect([each, await remove(bucket, each, byId)]).toEqual([each, '412 PreconditionFailed']);
      }
      expect(await count(bucket)).toEqual(before);
    });

    it('on what is not there', async () => {
      await remove(bucket, {});
      const before = await count(bucket);
      for (const IfMatch of ['*', etagOf('one')])
        expect(await remove(bucket, { IfMatch })).toBe('404 NoSuchKey');
      expect(await remove(bucket, { IfMatch: '*' }, '0000000001.00000')).toBe('404 NoSuchKey');
      expect(await count(bucket)).toEqual(before);
      // as documented for size and time
      expect(await remove(bucket, { IfMatchSize: 7, IfMatchLastModifiedTime: LATER })).toBe(204);
    });

    it('are judged for each of many', async () => {
      for (const key of ['a', 'b', 'c', 'd', 'e']) await put(bucket, key, key);
      const Objects = [
        { Key: 'a', ETag: etagOf('a') },
        { Key: 'b', ETag: etagOf('a') },
        { Key: 'c', Size: 2 },
        { Key: 'd', Size: 1 },
        { Key: 'e', LastModifiedTime: LATER },
        { Key: 'none', ETag: '*' },
        { Key: 'none', Size: 3 },
      ];
      const { Deleted, Errors } = await s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }),
      );
      expect(Deleted?.map((each) => each.Key)).toEqual(['a', 'd', 'none']);
      expect(Errors?.map((each) => [each.Key, each.Code])).toEqual([
        ['b', 'PreconditionFailed'],
        ['c', 'PreconditionFailed'],
        ['e', 'PreconditionFailed'],
        ['none', 'NoSuchKey'],
      ]);
    });

    it('that are no conditions are refused, and nothing is removed', async () => {
      const before = await count(bucket);
      const send = S3.sender(store.endpoint, bucket);
      const refusals: [Record<string, string>, number][] = [
        [{ 'x-amz-if-match-size': 'many' }, 400],
        [{ 'x-amz-if-match-size': '' }, 400],
        [{ 'x-amz-if-match-size': '-1' }, 400],
        [{ 'x-amz-if-match-last-modified-time': 'soon' }, 400],
        [{ 'x-amz-if-match-initiated-time': LATER.toUTCString() }, 501],
        [{ 'if-unmodified-since': LATER.toUTCString() }, 501],
        [{ 'if-none-match': etagOf('two') }, 501],
        [{ 'if-none-match': '*' }, 412],
      ];
      for (const [headers, status] of refusals) {
        const answer = await send({ method: 'DELETE', key: Key, headers });
        expect([headers, answer.status]).toEqual([headers, status]);
      }
      for (const element of ['<Size>x</Size>', '<LastModifiedTime/>', '<IfMatch>x</IfMatch>']) {
        const body = `<Delete><Object><Key>${Key}</Key>${element}</Object></Delete>`;
        const md5 = createHash('md5').update(body).digest('base64');
        const headers = { 'content-md5': md5 };
        const answer = await send({ method: 'POST', query: { delete: '' }, headers, body });
        expect([element, answer.status, errorCodeIn(answer)]).toEqual([
          element,
          400,
          'MalformedXML',
        ]);
      }
      const empty = `<Delete><Object><Key>${Key}</Key><ETag></ETag></Object></Delete>`;
      const headers = { 'content-md5': createHash('md5').update(empty).digest('base64') };
      const answer = await send({ method: 'POST', query: { delete: '' }, headers, body: empty });
      expect([answer.status, errorCodeIn(answer)]).toEqual([200, 'PreconditionFailed']);
      expect(await count(bucket)).toEqual(before);
    });

    it('in the other APIs', async () => {
      const cos = COS.sender(store.endpoint, bucket);
      const qs = QINGSTOR.sender(store.endpoint, bucket);
      const headers = { 'if-match': etagOf('two') };
      for (const [send, id] of [
        [cos, 'versionId'],
        [qs, 'version_id'],
      ] as const) {
        const { VersionId = 'null' } = await head(bucket);
        for (const query of [{}, { [id]: VersionId }]) {
          const answer = await send({ method: 'DELETE', key: Key, query, headers });
          expect(answer.status).toBe(412);
        }
      }
      const sizes = { 'x-cos-if-match-size': '4' };
      expect((await cos({ method: 'DELETE', key: Key, headers: sizes })).status).toBe(412);
      const right = { 'if-match': etagOf('one') };
      expect((await qs({ method: 'DELETE', key: Key, headers: right })).status).toBe(204);
      await put(bucket, 'one');
      expect((await cos({ method: 'DELETE', key: Key, headers: right })).status).toBe(204);
    });
  });

  it('by version are about the version, and a marker is nothing', async () => {
    const bucket = await newBucket(s3, 'Enabled');
    const [first, second] = [await put(bucket, 'one'), await put(bucket, 'second')];
    expect(await remove(bucket, { IfMatch: etagOf('second') }, first)).toBe(
      '412 PreconditionFailed',
    );
    expect(await remove(bucket, { IfMatchSize: 6 }, first)).toBe('412 PreconditionFailed');
    expect(await remove(bucket, { IfMatch: etagOf('one'), IfMatchSize: 3 }, first)).toBe(204);
    await remove(bucket, {});
    const { DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const marker = DeleteMarkers?.[0]?.VersionId;
    expect(await remove(bucket, { IfMatch: '*' }, marker)).toBe('404 NoSuchKey');
    expect(await remove(bucket, { IfMatch: etagOf('second') }, second)).toBe(204);
    expect(await count(bucket)).toEqual([0, 1]);
    expect(await remove(bucket, { IfMatchSize: 7 }, marker)).toBe(204);
    expect(await count(bucket)).toEqual([0, 0]);
  });

  it('are about the null version, by its id, wherever it is', async () => {
    const bucket = await newBucket(s3);
    await put(bucket, 'one');
    await setVersions(s3, bucket, 'Enabled');
    expect(await remove(bucket, { IfMatchSize: 6 }, 'null')).toBe('412 PreconditionFailed');
    await put(bucket, 'second');
    expect(await remove(bucket, { IfMatchSize: 6 }, 'null')).toBe('412 PreconditionFailed');
    expect(await remove(bucket, { IfMatch: etagOf('one') }, 'null')).toBe(204);
    expect(await count(bucket)).toEqual([1, 0]);
  });

  it('tell nothing to a client that may not read', async () => {
    const bucket = await newBucket(s3, 'Enabled');
    const id = await put(bucket, 'one');
    const { url, accessKey, secretKey } = store.endpoint;
    const stranger = { ...store.endpoint, accessKey: 'test:tester3', secretKey: 'testing3' };
    const send = S3.sender(stranger, bucket);
    const statuses = async () => {
      const answers = ['3', '4'].flatMap((size) =>
        [{}, { versionId: id }].map((query) => {
          const headers = { 'x-amz-if-match-size': size };
          return send({ method: 'DELETE', key: Key, query, headers });
        }),
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    // AWS requires the right to read, too
    const swift = await login(url, accessKey, secretKey);
    await mustBe(204, swift.ask('POST', `/${bucket}`, { 'X-Container-Write': 'test:tester3' }));
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    expect(await count(bucket)).toEqual([1, 0]);
    expect((await send({ method: 'DELETE', key: Key })).status).toBe(204);
  });

  it('are judged while no other client can write: a marker is over what was to be deleted', async () => {
    const bucket = await newBucket(s3, 'Enabled');
    const bodies = new Map<string, string>();
    const write = async (body: string) => bodies.set((await put(bucket, body)) ?? '', body);
    for (let round = 0; round < ROUNDS; round++) {
      await write(`old ${round}`);
      const [removal] = await Promise.all([
        remove(bucket, { IfMatch: etagOf(`old ${round}`) }),
        write(`new ${round}`),
      ]);
      expect([204, '412 PreconditionFailed']).toContain(removal);
      const { Versions = [], DeleteMarkers = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 3 }),
      );
      const [marker] = DeleteMarkers;
      const below = Versions.find(({ VersionId = '' }) => VersionId < (marker?.VersionId ?? ''));
      if (removal === 204) expect(bodies.get(below?.VersionId ?? '')).toBe(`old ${round}`);
      else if (marker) expect(bodies.get(below?.VersionId ?? '')).not.toBe(`old ${round}`);
    }
  });

  it('never remove what another client has just written in a bucket without versions', async () => {
    if (store.name !== 'embedded') return; // a Swift checks no condition of a DELETE
    const bucket = await newBucket(s3);
    for (let round = 0; round < ROUNDS; round++) {
      await put(bucket, `old ${round}`);
      await Promise.all([
        remove(bucket, { IfMatch: etagOf(`old ${round}`) }),
        put(bucket, `new ${round}`),
      ]);
      expect((await head(bucket)).ETag).toBe(etagOf(`new ${round}`));
    }
  });
});
