import { cosSender, qsSender } from '../../support/clients/dialects/signed';
import { newCosBucket, cosAt } from '../../support/clients/cos/sdk';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';
import { SignedClient } from '../../support/clients/s3/signed';

/** Keys with characters that XML 1.0 excludes, and how they are written. */
const KEYS: readonly (readonly [key: string, written: string])[] = [
  ['a\u0001b', 'a&#x1;b'],
  ['a\u001fb', 'a&#x1f;b'],
  ['c\rd', 'c&#xd;d'],
  ['e\ufffef', 'e&#xfffe;f'],
  ['e\uffffg', 'e&#xffff;g'],
];
/** Keys with adjacent characters that XML allows. */
const PLAIN = ['h\ufeffj', 'h\ufffdi', 'k\uffeel', 'm\uef80n'];

describeOurs(
  'keys that XML cannot hold',
  (store) => {
    let s3: SignedClient;
    let bucket: string;
    beforeAll(async () => {
      s3 = new SignedClient(store.endpoint);
      bucket = (await newCosBucket(cosAt(store.endpoint), 'Enabled')).Bucket;
      for (const key of [...KEYS.map(([each]) => each), ...PLAIN]) {
        const { status } = await s3.send({ method: 'PUT', bucket, key, body: '' });
        expect([key, status]).toEqual([key, 200]);
      }
    });

    describe.each([
      ['S3', () => (query: Record<string, string>) => s3.send({ method: 'GET', bucket, query })],
      [
        'COS',
        () => (query: Record<string, string>) =>
          cosSender(store.endpoint, bucket)({ method: 'GET', query }),
      ],
    ])('%s', (_, sender) => {
      it.each([
        ['objects', {}],
        ['versions', { versions: '' }],
      ])('a listing of %s has them as references', async (__, query: Record<string, string>) => {
        const { status, body } = await sender()(query);
        expect(status).toBe(200);
        const keys = [...body.toString().matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key]) => key);
        expect(keys).toEqual([...KEYS.map(([, written]) => written), ...PLAIN]);
      });

      it('a listing is XML for strict readers with encoding-type=url', async () => {
        const { body } = await sender()({ 'encoding-type': 'url' });
        const keys = [...body.toString().matchAll(/<Key>(.*?)<\/Key>/gs)].map(
          ([, key]) => key ?? '',
        );
        expect(keys.map(decodeURIComponent)).toEqual([...KEYS.map(([key]) => key), ...PLAIN]);
      });

      it('an error has the key as a reference', async () => {
        const key = 'gone\ufffe';
        const request = { method: 'GET', key };
        const answer = await (_ === 'S3'
          ? s3.send({ bucket, ...request })
          : cosSender(store.endpoint, bucket)(request));
        expect(answer.body.toString()).toContain('gone&#xfffe;');
      });
    });

    it('QingStor has them in JSON, exactly', async () => {
      const { body } = await qsSender(store.endpoint, bucket)({ method: 'GET' });
      const { keys } = JSON.parse(body.toString()) as { keys: { key: string }[] };
      expect(keys.map(({ key }) => key)).toEqual([...KEYS.map(([key]) => key), ...PLAIN]);
    });
  },
  STORES_OF_DEPTH,
);
