import fc from 'fast-check';
import { countTags, keepTags, readTags, withoutTags } from '../../../src/buckets/kept_tags';
import { checkTags } from '../../../src/buckets/tags';
import { toBytes } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { askS3 } from '../../support/clients/s3/unsigned';
import { runs } from '../../support/running/runs';
import { openEmbedded, type BucketStore } from '../../support/stores/bucket_store';

const OBJECT = { bucket: 'kept-tags', key: 'k', versionId: undefined };
/** What Swift allows by default, without the metadata of the client. */
const MAX_METADATA = 2048;

describe('tags', () => {
  let store: BucketStore;
  beforeAll(async () => {
    store = await openEmbedded();
    await askS3(store.caller, `PUT /${OBJECT.bucket}`);
    await askS3(store.caller, `PUT /${OBJECT.bucket}/${OBJECT.key}`, { body: 'x' });
  });
  afterAll(() => store.close());

  const letters = fc.constantFrom('a', '7', ' ', '+', '=', '/', '@', 'é', '中', '\u{1d4d0}');
  const text = (max: number) =>
    fc
      .array(letters, { minLength: 1, maxLength: max })
      .map((all) => toBytes(all.join('')))
      .filter((bytes) => Buffer.from(bytes, 'latin1').toString('utf8').length <= max);
  const sample = fc.uniqueArray(fc.record({ key: text(128), value: text(256) }), {
    selector: ({ key }) => key,
    maxLength: 10,
  });

  it('are kept in what metadata can have, whatever their size, and come back', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async (tags) => {
        expect(checkTags(tags)).toBe(tags);
        const headers = await keepTags(store.caller, OBJECT, tags);
        let bytes = 0;
        for (const [name, value] of headers.entries()) {
          expect(value).toMatch(/^[!-~]([ -~]{0,254}[!-~])?$/);
          bytes += name.length - 'x-object-meta-'.length + value.length;
        }
        expect(bytes).toBeLessThan(MAX_METADATA);
        expect(countTags(headers)).toBe(tags.length);
        expect(await readTags(store.caller, OBJECT, headers)).toEqual(tags);
        expect([...withoutTags(headers).entries()]).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });

  it('of the earlier form, all in metadata, are read', async () => {
    const value = 'v'.repeat(250);
    const text = Array.from({ length: 9 }, (_, i) => `k${i}=${value}`).join('&');
    const pieces = text.match(/.{1,256}/g) ?? [];
    const headers = Headers.of(
      Object.fromEntries(pieces.map((piece, i) => [`X-Object-Meta-Hindsight-S3-Tags-${i}`, piece])),
    );
    const tags = await readTags(store.caller, OBJECT, headers);
    expect(tags).toEqual(Array.from({ length: 9 }, (_, i) => ({ key: `k${i}`, value })));
    expect(countTags(headers)).toBe(9);
  });

  it('that somebody has changed beside the bucket are missed', async () => {
    const tags = Array.from({ length: 10 }, (_, i) => ({ key: `k${i}`, value: 'w'.repeat(256) }));
    const headers = await keepTags(store.caller, OBJECT, tags);
    const forge = (pointer: string) => pointer.replace(/[0-9a-f]{64}/, '0'.repeat(64));
    const entries = [...headers.entries()].map(([name, value]) => [name, forge(value)] as const);
    const forged = Headers.of(Object.fromEntries(entries));
    await expect(readTags(store.caller, OBJECT, forged)).rejects.toThrow('missing');
  });
});
