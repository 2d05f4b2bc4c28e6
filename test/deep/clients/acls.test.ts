import { CreateBucketCommand, GetBucketAclCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Answer } from '../../support/clients/client';
import { COS, errorCodeIn, QINGSTOR, S3 } from '../../support/clients/dialects/apis';
import { formFor } from '../../support/clients/s3/form';
import { bucketName, newBucket, sdkAt } from '../../support/clients/s3/sdk';
import { describeOurs } from '../../support/servers/s3_endpoint';

const OWNER = 'test:tester';
const OTHER = 'test2:tester2';
const AWS_GROUPS = 'http://acs.amazonaws.com/groups';
const EVERYBODY = `${AWS_GROUPS}/global/AllUsers`;
const COS_EVERYBODY = 'http://cam.qcloud.com/groups/global/AllUsers';

/** The status of an answer, with the code of an error. */
const resultOf = (answer: Answer) =>
  answer.status < 300 ? answer.status : `${answer.status} ${errorCodeIn(answer)}`;

type Grant = readonly [type: string, element: string, name: string, permission: string];

/** An ACL as a document. */
function documentOf(grants: readonly Grant[], owner?: string): string {
  const elements = grants.map(
    ([type, element, name, permission]) =>
      `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}"><${element}>${name}</${element}></Grantee><Permission>${permission}</Permission></Grant>`,
  );
  const ownerElement = owner === undefined ? '' : `<Owner><ID>${owner}</ID></Owner>`;
  return `<AccessControlPolicy>${ownerElement}<AccessControlList>${elements.join('')}</AccessControlList></AccessControlPolicy>`;
}

const mine: Grant = ['CanonicalUser', 'ID', OWNER, 'FULL_CONTROL'];
const group = (uri: string, permission = 'READ'): Grant => ['Group', 'URI', uri, permission];

/** ACLs in documents: what comes of them. */
const DOCUMENTS: readonly [string, readonly Grant[], number | string, string?][] = [
  ['the owner', [mine], 200],
  ['the owner, twice', [mine, ['CanonicalUser', 'ID', OWNER, 'READ']], 200],
  ['the owner, and everybody who reads', [mine, group(EVERYBODY)], 200],
  ['the owner, named as such', [mine], 200, OWNER],
  ['another owner', [mine], '403 AccessDenied', OTHER],
  ['another user', [mine, ['CanonicalUser', 'ID', OTHER, 'READ']], '501 NotImplemented'],
  ['another user alone', [['CanonicalUser', 'ID', OTHER, 'FULL_CONTROL']], '501 NotImplemented'],
  ['nobody', [mine, ['CanonicalUser', 'ID', 'nobody', 'READ']], '400 InvalidArgument'],
  ['nobody alone', [['CanonicalUser', 'ID', 'nobody', 'FULL_CONTROL']], '400 InvalidArgument'],
  [
    'an address',
    [mine, ['AmazonCustomerByEmail', 'EmailAddress', 'a@b', 'READ']],
    '400 InvalidArgument',
  ],
  ['users of AWS', [mine, group(`${AWS_GROUPS}/global/AuthenticatedUsers`)], '501 NotImplemented'],
  ['no such group', [mine, group(`${AWS_GROUPS}/global/Nobody`)], '400 InvalidArgument'],
  ['everybody who writes', [mine, group(EVERYBODY, 'WRITE')], '501 NotImplemented'],
  ['everybody alone', [group(EVERYBODY)], '501 NotImplemented'],
  ['nobody at all', [], '501 NotImplemented'],
  ['no such permission', [mine, group(EVERYBODY, 'LIST')], '400 MalformedACLError'],
];

/** The same in headers. */
const HEADERS: [Record<string, string>, number | string][] = [
  [{ 'x-amz-grant-full-control': `id="${OWNER}"` }, 200],
  [{ 'x-amz-grant-full-control': `id=${OWNER}`, 'x-amz-grant-read': `uri="${EVERYBODY}"` }, 200],
  [{ 'x-amz-grant-read': `id="${OTHER}"` }, '501 NotImplemented'],
  [{ 'x-amz-grant-full-control': `id="${OWNER}", id="${OTHER}"` }, '501 NotImplemented'],
  [{ 'x-amz-grant-read-acp': `uri="${EVERYBODY}"` }, '501 NotImplemented'],
  [{ 'x-amz-grant-full-control': `id="${OWNER}",id="nobody"` }, '400 InvalidArgument'],
  [{ 'x-amz-grant-write': 'uri="http://nowhere"' }, '400 InvalidArgument'],
  [{ 'x-amz-grant-read': 'everybody' }, '400 InvalidArgument'],
  [{ 'x-amz-grant-full-control': `id="${OWNER}"`, 'x-amz-acl': 'private' }, '400 InvalidRequest'],
  [{ 'x-amz-acl': 'authenticated-read' }, '501 NotImplemented'],
  [{ 'x-amz-acl': 'default' }, '501 NotImplemented'],
  [{ 'x-amz-acl': 'nonsense' }, '400 InvalidArgument'],
];

describeOurs('ACLs', (store) => {
  let s3: S3Client;
  beforeAll(() => {
    s3 = sdkAt(store.endpoint);
  });
  afterAll(() => s3.destroy());

  const isPublic = async (Bucket: string) =>
    (await s3.send(new GetBucketAclCommand({ Bucket }))).Grants?.length === 2;

  describe.each(
    DOCUMENTS.map(([what, grants, expected, owner]) => ({ what, grants, expected, owner })),
  )('of a bucket', ({ what, grants, expected, owner }) => {
    it(`for ${what}`, async () => {
      const bucket = await newBucket(s3);
      const send = S3.sender(store.endpoint, bucket);
      const acl = { method: 'PUT', query: { acl: '' } };
      // the other one than that which comes of it
      const isForAll = grants.length === 2 && what.startsWith('the owner, and everybody');
      const before = isForAll ? 'private' : 'public-read';
      expect((await send({ ...acl, headers: { 'x-amz-acl': before } })).status).toBe(200);
      expect(resultOf(await send({ ...acl, body: documentOf(grants, owner) }))).toBe(expected);
      expect(await isPublic(bucket)).toBe(expected === 200 ? isForAll : !isForAll);
    });
  });

  it.each(HEADERS)('of a bucket in the headers %j', async (headers, expected) => {
    const bucket = await newBucket(s3);
    const send = S3.sender(store.endpoint, bucket);
    expect(resultOf(await send({ method: 'PUT', query: { acl: '' }, headers }))).toBe(expected);
    expect(await isPublic(bucket)).toBe(expected === 200 && 'x-amz-grant-read' in headers);
    const created = bucketName();
    const create = S3.sender(store.endpoint, created);
    expect(resultOf(await create({ method: 'PUT', headers }))).toBe(expected);
    expect((await create({ method: 'HEAD' })).status).toBe(expected === 200 ? 200 : 404);
    if (expected === 200) expect(await isPublic(created)).toBe(await isPublic(bucket));
  });

  it('whose owners are to be others are refused with the bucket', async () => {
    for (const ObjectOwnership of ['BucketOwnerEnforced', 'ObjectWriter'] as const) {
      const Bucket = bucketName();
      await expect(
        s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership })),
      ).rejects.toMatchObject({ name: 'NotImplemented' });
      expect((await S3.sender(store.endpoint, Bucket)({ method: 'HEAD' })).status).toBe(404);
    }
  });

  describe.each(['private', 'public-read'])('of objects in a bucket that is %s', (ofBucket) => {
    /** The ACLs that come with an object, and whether they are that of the bucket. */
    const acls: [Record<string, string>, number | string][] = [
      [{ acl: 'private' }, ofBucket === 'private' ? 200 : '501 NotImplemented'],
      [{ acl: 'bucket-owner-full-control' }, ofBucket === 'private' ? 200 : '501 NotImplemented'],
      [{ acl: 'public-read' }, ofBucket === 'private' ? '501 NotImplemented' : 200],
      [{ acl: 'public-read-write' }, '501 NotImplemented'],
      [{ acl: 'nonsense' }, '400 InvalidArgument'],
      [
        { 'grant-full-control': `id="${OWNER}"` },
        ofBucket === 'private' ? 200 : '501 NotImplemented',
      ],
      [{ 'grant-read': 'id="nobody"' }, '400 InvalidArgument'],
    ];
    const prefixed = (headers: Record<string, string>, prefix: string) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [prefix + name, value]));
    let bucket: string;
    beforeAll(async () => {
      bucket = await newBucket(s3);
      const send = S3.sender(store.endpoint, bucket);
      await send({ method: 'PUT', query: { acl: '' }, headers: { 'x-amz-acl': ofBucket } });
      await send({ method: 'PUT', key: 'source', body: 'one' });
    });

    it.each(acls)('%j', async (acl, expected) => {
      for (const api of [S3, COS]) {
        const send = api.sender(store.endpoint, bucket);
        const headers = prefixed(acl, api.prefix);
        const name = `${api.name}-${JSON.stringify(acl).replaceAll(/\W/g, '-')}`;
        const put = await send({ method: 'PUT', key: name, headers, body: 'one' });
        const source = { [`${api.prefix}copy-source`]: sourceOf(api.name) };
        const copy = await send({
          method: 'PUT',
          key: `${name}-copy`,
          headers: { ...headers, ...source },
        });
        const upload = await send({
          method: 'POST',
          key: `${name}-upload`,
          query: { uploads: '' },
          headers,
        });
        const change = await send({ method: 'PUT', key: 'source', query: { acl: '' }, headers });
        expect([api.name, ...[put, copy, upload, change].map(resultOf)]).toEqual([
          api.name,
          ...Array<unknown>(4).fill(expected),
        ]);
        for (const key of [name, `${name}-copy`])
          expect((await send({ method: 'HEAD', key })).status).toBe(expected === 200 ? 200 : 404);
      }
    });

    const sourceOf = (api: string) =>
      api === 'S3' ? `/${bucket}/source` : `${bucket}.cos.ap-chengdu.myqcloud.com/source`;

    it.each(acls)('in a form, %j', async (acl, expected) => {
      const name = `form-${JSON.stringify(acl).replaceAll(/\W/g, '-')}`;
      const fields = 'acl' in acl ? acl : prefixed(acl, 'x-amz-');
      const form = formFor(store.endpoint, bucket, { key: name, ...fields }, 100);
      form.append('file', new Blob(['one']), 'name');
      const response = await fetch(`${store.endpoint.url}/${bucket}`, {
        method: 'POST',
        body: form,
      });
      const code = /<Code>(.*?)</.exec(await response.text())?.[1];
      const result = response.ok ? response.status : `${response.status} ${code}`;
      expect(result).toBe(expected === 200 ? 204 : expected);
      const head = await S3.sender(store.endpoint, bucket)({ method: 'HEAD', key: name });
      expect(head.status).toBe(expected === 200 ? 200 : 404);
    });

    it('by default, as COS calls it', async () => {
      const send = COS.sender(store.endpoint, bucket);
      const headers = { 'x-cos-acl': 'default' };
      expect((await send({ method: 'PUT', key: 'k', headers, body: 'one' })).status).toBe(200);
      const acl = { method: 'PUT', key: 'k', query: { acl: '' } };
      expect((await send({ ...acl, headers })).status).toBe(200);
    });

    it('is that which reads of it show', async () => {
      const send = S3.sender(store.endpoint, bucket);
      const { body } = await send({ method: 'GET', key: 'source', query: { acl: '' } });
      expect(body.includes(EVERYBODY)).toBe(ofBucket === 'public-read');
      const back = await send({ method: 'PUT', key: 'source', query: { acl: '' }, body });
      expect(back.status).toBe(200);
    });
  });

  it.each([
    [[['RootAccount', 'ID', OWNER, 'FULL_CONTROL'], group(COS_EVERYBODY)], 200],
    [[mine, ['RootAccount', 'ID', 'qcs::cam::anyone:anyone', 'READ']], 200],
    [[mine, ['RootAccount', 'ID', 'qcs::cam::uin/1:uin/1', 'READ']], '400 InvalidArgument'],
    [[mine, ['RootAccount', 'ID', OTHER, 'READ']], '501 NotImplemented'],
    [[mine, group(EVERYBODY)], '400 InvalidArgument'],
  ] as [Grant[], number | string][])('of a bucket of COS, %j', async (grants, expected) => {
    const bucket = await newBucket(s3);
    const send = COS.sender(store.endpoint, bucket);
    const answer = await send({ method: 'PUT', query: { acl: '' }, body: documentOf(grants) });
    expect(resultOf(answer)).toBe(expected);
    expect(await isPublic(bucket)).toBe(expected === 200);
  });

  it.each([
    [{ type: 'group', name: 'QS_ALL_USERS' }, 'READ', 200],
    [{ type: 'group', name: 'QS_ALL_USERS' }, 'WRITE', '501 not_implemented'],
    [{ type: 'group', name: 'QS_NOBODY' }, 'READ', '400 invalid_argument'],
    [{ type: 'user', id: OTHER }, 'READ', '501 not_implemented'],
    [{ type: 'user', id: 'nobody' }, 'FULL_CONTROL', '400 invalid_argument'],
    [{ type: 'user', name: OWNER }, 'FULL_CONTROL', '400 invalid_argument'],
  ])('of a bucket of QingStor, %j %s', async (grantee, permission, expected) => {
    const bucket = await newBucket(s3);
    const send = QINGSTOR.sender(store.endpoint, bucket);
    const owner = { grantee: { type: 'user', id: OWNER }, permission: 'FULL_CONTROL' };
    const body = JSON.stringify({ acl: [owner, { grantee, permission }] });
    expect(resultOf(await send({ method: 'PUT', query: { acl: '' }, body }))).toBe(expected);
    expect(await isPublic(bucket)).toBe(expected === 200);
  });
});
