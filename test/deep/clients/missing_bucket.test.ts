import { cosSender, qsSender } from '../../support/clients/dialects/signed';
import type { Asked } from '../../support/clients/dialects/xml_speaker';
import type { Answer } from '../../support/clients/client';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';
import { bucketName, newBucket, sdkAt } from '../../support/clients/s3/sdk';
import { SignedClient, type SignedRequest } from '../../support/clients/s3/signed';

type Send = (request: Asked) => Promise<Answer>;

const ID = '1700000000.00000';

/** The response reports a missing bucket, not a missing version. */
describeOurs(
  'a version id in a bucket that does not exist',
  (store) => {
    const missing = bucketName();
    let there: string;
    const senders: Record<string, () => (bucket: string) => Send> = {
      S3: () => {
        const client = new SignedClient(store.endpoint);
        return (bucket) => (request) => client.send({ bucket, ...request } as SignedRequest);
      },
      COS: () => (bucket) => cosSender(store.endpoint, `${bucket}-1250000000`),
      QingStor: () => (bucket) => qsSender(store.endpoint, bucket),
    };
    beforeAll(async () => {
      const sdk = sdkAt(store.endpoint);
      there = await newBucket(sdk);
      sdk.destroy();
      await cosSender(store.endpoint, `${there}-1250000000`)({ method: 'PUT' });
    });

    const copySources: Record<string, Record<string, string>> = {
      S3: { 'x-amz-copy-source': `/${missing}/o?versionId=${ID}` },
      COS: {
        'x-cos-copy-source': `${missing}-1250000000.cos.ap-chengdu.myqcloud.com/o?versionId=${ID}`,
      },
      QingStor: { 'x-qs-copy-source': `/${missing}/o?version_id=${ID}` },
    };

    describe.each(['S3', 'COS', 'QingStor'])('%s', (api) => {
      const code = api === 'QingStor' ? 'bucket_not_exists' : 'NoSuchBucket';
      const id = api === 'QingStor' ? 'version_id' : 'versionId';
      const sender = (bucket: string): Send => senders[api]!()(bucket);

      it.each(['GET', 'HEAD', 'DELETE'])('%s of a version', async (method) => {
        for (const versionId of [ID, 'null']) {
          const answer = await sender(missing)({ method, key: 'o', query: { [id]: versionId } });
          expect(answer.status).toBe(404);
          if (method !== 'HEAD') expect(answer.body.toString()).toContain(code);
        }
      });

      it('a copy of a version', async () => {
        const answer = await sender(there)({ method: 'PUT', key: 'o', headers: copySources[api]! });
        expect([answer.status, answer.body.toString()]).toEqual([
          404,
          expect.stringContaining(code),
        ]);
      });

      it('a version that is not there, in a bucket that is', async () => {
        const answer = await sender(there)({ method: 'GET', key: 'o', query: { [id]: ID } });
        expect(answer.status).toBe(404);
        expect(answer.body.toString()).not.toContain(code);
      });

      if (api === 'QingStor') return;
      it('tags, and the ACL, of a version', async () => {
        for (const part of ['tagging', 'acl']) {
          const answer = await sender(missing)({
            method: 'GET',
            key: 'o',
            query: { [part]: '', [id]: ID },
          });
          expect([answer.status, answer.body.toString()]).toEqual([
            404,
            expect.stringContaining(code),
          ]);
        }
      });
    });
  },
  STORES_OF_DEPTH,
);
