import { askS3, codeOf, type S3Answer, type Sent } from '../../support/clients/s3/unsigned';
import { openEmbedded, type BucketStore } from '../../support/stores/bucket_store';

type Versioning = 'never' | 'Enabled' | 'Suspended';

/** The requests of an operation to the store, in order. */
interface Asking {
  readonly methods: string;
  /** The requests that begin to read an object's content. */
  readonly contents: readonly string[];
  readonly answer: S3Answer;
}

/** A right to versions is checked by reading something absent. */
const CONTENT =
  /^GET \/v1\/[^/]+\/(?!\.hindsight-versions-\/)[^/?]+\/[^?]+(?!.*multipart-manifest=get)/;

describe('what operations of S3 ask of the store', () => {
  let store: BucketStore;
  let bucket: string;
  let count = 0;
  beforeAll(async () => {
    store = await openEmbedded();
  });
  afterAll(() => store.close());

  const ask = (line: string, options?: Sent) => askS3(store.caller, line, options);
  const put = async (key: string, body = key) =>
    (await ask(`PUT /${bucket}/${key}`, { body })).headers.get('x-amz-version-id') ?? 'null';
  const switchTo = (status: Versioning) =>
    ask(`PUT /${bucket}?versioning`, {
      body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
    });
  /** Makes a bucket, and fills all caches about it. */
  const newBucket = async (versioning: Versioning) => {
    bucket = `asked-${++count}`;
    await ask(`PUT /${bucket}`);
    if (versioning !== 'never') await switchTo('Enabled');
    if (versioning === 'Suspended') await switchTo('Suspended');
    await put('first');
  };
  /** Returns the methods of an operation's requests, in order. */
  const asking = async (line: string, options?: Sent): Promise<Asking> => {
    const before = store.asked.length;
    const answer = await ask(line, options);
    const all = store.asked.slice(before);
    const methods = all.map((each) => each.split(' ')[0]).join(' ');
    return { methods, contents: all.filter((each) => CONTENT.test(each)), answer };
  };

  describe.each(['GET', 'HEAD'])('%s of nothing', (method) => {
    test.each(['Enabled', 'Suspended'] as const)(
      'looks for a marker once, %s',
      async (versioning) => {
        await newBucket(versioning);
        const { methods, answer } = await asking(`${method} /${bucket}/none`);
        expect([methods, answer.status]).toEqual([`${method} GET`, 404]);
        expect(answer.headers.get('x-amz-delete-marker')).toBeUndefined();
        expect([...answer.headers.entries()].join()).not.toMatch(/hindsight/i);
        await ask(`DELETE /${bucket}/first`);
        const deleted = await asking(`${method} /${bucket}/first`);
        expect([deleted.methods, deleted.answer.status]).toEqual([`${method} GET`, 404]);
        expect(deleted.answer.headers.get('x-amz-delete-marker')).toBe('true');
        if (versioning === 'Suspended')
          expect(deleted.answer.headers.get('x-amz-version-id')).toBe('null');
      },
    );
  });

  test('a missing bucket is distinguished from a missing key', async () => {
    await newBucket('Enabled');
    expect(codeOf(await ask(`GET /${bucket}/none`))).toBe('NoSuchKey');
    expect(codeOf(await ask(`GET /${bucket}-gone/none`))).toBe('NoSuchBucket');
  });

  test.each(['never', 'Enabled', 'Suspended'] as const)(
    'a copy begins to read no content but what it copies, %s',
    async (versioning) => {
      await newBucket('never');
      await put('o', 'null');
      if (versioning !== 'never') await switchTo('Enabled');
      const ids = versioning === 'never' ? [] : [await put('o', 'one'), await put('o', 'two')];
      if (versioning === 'Suspended') await switchTo('Suspended');
      for (const id of ['null', ...ids]) {
        const copied = await asking(`PUT /${bucket}/copy`, {
          headers: { 'x-amz-copy-source': `${bucket}/o?versionId=${id}` },
        });
        expect([copied.answer.status, copied.contents]).toEqual([200, []]);
      }
      const gone = await asking(`PUT /${bucket}/copy`, {
        headers: { 'x-amz-copy-source': `${bucket}/o?versionId=0000000001.00000` },
      });
      expect(codeOf(gone.answer)).toBe('NoSuchVersion');
      expect((await ask(`GET /${bucket}/copy`)).text).toBe(ids.length === 0 ? 'null' : 'two');
    },
  );

  test.each(['never', 'Enabled'] as const)(
    'the first part of what has none is read once, %s',
    async (versioning) => {
      await newBucket(versioning);
      const read = await asking(`GET /${bucket}/first?partNumber=1`);
      expect([read.answer.status, read.answer.text]).toEqual([206, 'first']);
      expect(read.contents).toHaveLength(1);
      const beyond = await asking(`GET /${bucket}/first?partNumber=2`);
      expect([codeOf(beyond.answer), beyond.contents]).toEqual(['InvalidPartNumber', []]);
    },
  );

  test.each(['Enabled', 'Suspended'] as const)(
    'a null version that is not there is looked for once, %s',
    async (versioning) => {
      await newBucket('Enabled');
      if (versioning === 'Suspended') await switchTo('Suspended');
      await put('warm');
      await ask(`HEAD /${bucket}/first?versionId=null`);
      for (const key of ['first', 'none']) {
        const { methods, answer } = await asking(`DELETE /${bucket}/${key}?versionId=null`);
        // the right, the object and its newest versions, its null versions, and the
        // bucket with its versions
        expect([methods, answer.status]).toEqual(['DELETE HEAD GET HEAD HEAD HEAD', 204]);
      }
    },
  );

  test.each(['Enabled', 'Suspended'] as const)(
    'a version to delete is not looked up beforehand if nothing was uploaded in parts, %s',
    async (versioning) => {
      await newBucket('Enabled');
      const ids = [await put('o', '1'), await put('o', '2'), await put('o', '3')];
      const { answer } = await asking(`DELETE /${bucket}/o`);
      const marker = answer.headers.get('x-amz-version-id');
      if (versioning === 'Suspended') await switchTo('Suspended');
      await put('warm');
      const deleting = async (id = '') => {
        const { methods, answer } = await asking(`DELETE /${bucket}/o?versionId=${id}`);
        expect([answer.status, answer.headers.get('x-amz-version-id')]).toEqual([204, id]);
        return [answer.headers.get('x-amz-delete-marker'), methods];
      };
      // the right, the object and its newest versions, the newest version; and if that is
      // the one to delete, its notes, the one before, and the link to that
      expect(await deleting(ids[0])).toEqual([undefined, 'DELETE HEAD GET HEAD GET DELETE']);
      expect(await deleting(marker)).toEqual([
        'true',
        'DELETE HEAD GET HEAD GET HEAD PUT PUT DELETE DELETE',
      ]);
      expect(await deleting(ids[2])).toEqual([
        undefined,
        'DELETE HEAD GET HEAD GET HEAD PUT PUT DELETE DELETE',
      ]);
      expect(await deleting(ids[1])).toEqual([
        undefined,
        'DELETE HEAD GET HEAD GET PUT DELETE DELETE DELETE',
      ]);
      // and the bucket with its versions
      expect(await deleting(ids[1])).toEqual([undefined, 'DELETE HEAD GET HEAD HEAD HEAD']);
      expect(codeOf(await ask(`DELETE /${bucket}-gone/o?versionId=${marker}`))).toBe(
        'NoSuchBucket',
      );
    },
  );

  test.each([
    // the source, the quotas of container and account, the copy
    ['never', 'HEAD HEAD HEAD PUT'],
    // the source, the quotas including the versions', the object and its newest version;
    // between a note and its end the version and the link
    ['Enabled', 'HEAD HEAD HEAD HEAD HEAD GET PUT PUT PUT DELETE'],
    ['Suspended', 'HEAD HEAD HEAD HEAD HEAD GET HEAD PUT'],
  ] as const)('the source of a copy is looked at once, %s', async (versioning, expected) => {
    await newBucket('never');
    if (versioning !== 'never') await switchTo('Enabled');
    await put('o');
    if (versioning === 'Suspended') await switchTo('Suspended');
    await put('warm');
    const { methods, answer } = await asking(`PUT /${bucket}/copy`, {
      headers: { 'x-amz-copy-source': `${bucket}/o` },
    });
    expect([methods, answer.status]).toEqual([expected, 200]);
    expect((await ask(`GET /${bucket}/copy`)).text).toBe('o');
  });
});
