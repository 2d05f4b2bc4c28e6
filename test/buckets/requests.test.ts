import { askS3, codeOf, type S3Answer, type Sent } from '../support/buckets/s3';
import { openEmbedded, type BucketStore } from '../support/buckets/store';

type Versioning = 'never' | 'Enabled' | 'Suspended';

describe('what operations of S3 ask of the store', () => {
  let store: BucketStore;
  let bucket: string;
  let made = 0;
  beforeAll(async () => {
    store = await openEmbedded();
  });
  afterAll(() => store.close());

  const ask = (asked: string, sent?: Sent) => askS3(store.caller, asked, sent);
  const put = async (key: string, body = key) =>
    (await ask(`PUT /${bucket}/${key}`, { body })).headers.get('x-amz-version-id') ?? 'null';
  const switchTo = (status: Versioning) =>
    ask(`PUT /${bucket}?versioning`, {
      body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`,
    });
  /** A bucket of which all is remembered that is remembered. */
  const newBucket = async (versioning: Versioning) => {
    bucket = `asked-${++made}`;
    await ask(`PUT /${bucket}`);
    if (versioning !== 'never') await switchTo('Enabled');
    if (versioning === 'Suspended') await switchTo('Suspended');
    await put('first');
  };
  /** What an operation asks for, in this order, by method. */
  const asking = async (asked: string, sent?: Sent): Promise<{ methods: string; answer: S3Answer }> => {
    const before = store.asked.length;
    const answer = await ask(asked, sent);
    const methods = store.asked.slice(before).map((each) => each.split(' ')[0]);
    return { methods: methods.join(' '), answer };
  };

  describe.each(['GET', 'HEAD'])('%s of nothing', (method) => {
    test.each(['Enabled', 'Suspended'] as const)('looks for a marker once, %s', async (versioning) => {
      await newBucket(versioning);
      const { methods, answer } = await asking(`${method} /${bucket}/none`);
      expect([methods, answer.status]).toEqual([`${method} GET`, 404]);
      expect(answer.headers.get('x-amz-delete-marker')).toBeUndefined();
      expect([...answer.headers.entries()].join()).not.toMatch(/hindsight/i);
      await ask(`DELETE /${bucket}/first`);
      const deleted = await asking(`${method} /${bucket}/first`);
      expect([deleted.methods, deleted.answer.status]).toEqual([`${method} GET`, 404]);
      expect(deleted.answer.headers.get('x-amz-delete-marker')).toBe('true');
      if (versioning === 'Suspended') expect(deleted.answer.headers.get('x-amz-version-id')).toBe('null');
    });
  });

  test('a bucket that is gone is told from a key that is', async () => {
    await newBucket('Enabled');
    expect(codeOf(await ask(`GET /${bucket}/none`))).toBe('NoSuchKey');
    expect(codeOf(await ask(`GET /${bucket}-gone/none`))).toBe('NoSuchBucket');
  });
});
