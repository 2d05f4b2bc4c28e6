import { randomUUID } from 'node:crypto';
import { askS3, elements } from '../../support/clients/s3/unsigned';
import { openSwift, type BucketStore } from '../../support/stores/bucket_store';
import type { Client } from '../../support/clients/client';
import { mustBe } from '../../support/clients/containers';
import { describeWithSwift, login } from '../../support/servers/swift';

const PUBLIC = { 'X-Container-Read': '.r:*,.rlistings', 'X-Container-Write': 'test:tester3' };
const READ = 'x-container-read';
const WRITE = 'x-container-write';

describeWithSwift('the ACLs of a container of parts in a Swift', ({ plain }) => {
  let owner: Client;
  let stores: Record<'service' | 'own' | 'other', BucketStore>;
  beforeAll(async () => {
    owner = await login(plain, 'tester');
    const [service, own, other] = await Promise.all([
      openSwift(plain),
      openSwift(plain, { service: false }),
      openSwift(plain),
    ]);
    stores = { service, own, other };
  });
  afterAll(() => Promise.all(Object.values(stores).map((store) => store.close())));

  const aclsOf = async (container: string) => {
    // Node's client cannot read Swift's responses to HEAD
    const { headers } = await owner.ask('GET', `/${container}?limit=1`);
    return { [READ]: headers.get(READ) ?? '', [WRITE]: headers.get(WRITE) ?? '' };
  };
  const begin = async ({ caller }: BucketStore, bucket: string) => {
    const [id = ''] = elements(await askS3(caller, `POST /${bucket}/k?uploads`), 'UploadId');
    await askS3(caller, `PUT /${bucket}/k?uploadId=${id}&partNumber=1`, { body: 'part' });
    return id;
  };
  const newBucket = async (acl: Record<string, string> = {}) => {
    const bucket = `acls-${randomUUID()}`;
    await mustBe(201, owner.ask('PUT', `/${bucket}`, acl));
    return { bucket, parts: `${bucket}+segments` };
  };

  it('are those for reading, without listing, with a service user; those for writing stay without one', async () => {
    for (const [name, write] of [
      ['service', ''],
      ['own', 'test:tester3'],
    ] as const) {
      const { bucket, parts } = await newBucket(PUBLIC);
      await begin(stores[name], bucket);
      expect(await aclsOf(parts)).toEqual({ [READ]: '.r:*', [WRITE]: write });
    }
  });

  it('follow those of the bucket, by whichever API these are set', async () => {
    const { bucket, parts } = await newBucket();
    const { caller } = stores.service;
    await begin(stores.service, bucket);
    expect(await aclsOf(parts)).toEqual({ [READ]: '', [WRITE]: '' });
    await askS3(caller, `PUT /${bucket}?acl`, { headers: { 'x-amz-acl': 'public-read' } });
    expect(await aclsOf(parts)).toEqual({ [READ]: '.r:*', [WRITE]: '' });
    const listing = await owner.ask('GET', `/${parts}`);
    const [part = ''] = listing.body.toString().split('\n').slice(1);
    const nobody = await stores.service.callerOf(undefined);
    const object = `/${parts}/${part}`;
    expect(part).toContain('k/');
    expect((await askS3(nobody, `GET ${object}`)).status).toBe(400);
    await askS3(caller, `PUT /${bucket}?acl`, { headers: { 'x-amz-acl': 'private' } });
    expect(await aclsOf(parts)).toEqual({ [READ]: '', [WRITE]: '' });
  });

  it('are corrected that 0.1.0 has made, when an owner writes in the bucket, and when an upload begins', async () => {
    const { bucket, parts } = await newBucket(PUBLIC);
    await mustBe(201, owner.ask('PUT', `/${parts}`, PUBLIC));
    await askS3(stores.other.caller, `PUT /${bucket}/plain`, { body: 'in one' });
    expect(await aclsOf(parts)).toEqual({ [READ]: '.r:*', [WRITE]: '' });
    const second = await newBucket({ ...PUBLIC, 'X-Container-Read': 'test:tester3' });
    await mustBe(201, owner.ask('PUT', `/${second.parts}`, PUBLIC));
    const writer = await stores.other.callerOf(['test:tester3', 'testing3']);
    await begin({ ...stores.other, caller: writer }, second.bucket);
    expect(await aclsOf(second.parts)).toEqual({ [READ]: 'test:tester3', [WRITE]: '' });
  });

  it('are right in the end where several proxies change and correct them at once', async () => {
    const { bucket, parts } = await newBucket(PUBLIC);
    await mustBe(201, owner.ask('PUT', `/${parts}`, PUBLIC));
    const both = [stores.service, stores.other];
    for (const acl of ['private', 'public-read', 'private'] as const) {
      const proxies = [await openSwift(plain), ...both];
      await Promise.all(
        proxies.map(async (store, at) => {
          const other = at === 0 ? 'public-read' : acl;
          await begin(store, bucket);
          await askS3(store.caller, `PUT /${bucket}?acl`, { headers: { 'x-amz-acl': other } });
        }),
      );
      await proxies[0]?.close();
      const read = (await aclsOf(bucket))[READ] === '' ? '' : '.r:*';
      expect(await aclsOf(parts)).toEqual({ [READ]: read, [WRITE]: '' });
    }
  });
});
