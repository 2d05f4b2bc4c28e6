import { createHash, randomUUID } from 'node:crypto';
import { withPartsAccess, ask as askStore, type Caller } from '../../src/buckets/caller';
import { completeUpload } from '../../src/buckets/uploads/completion';
import { entriesBelow } from '../../src/buckets/entries';
import { segmentsOf, type Upload } from '../../src/buckets/uploads/upload_names';
import { listParts, putPart } from '../../src/buckets/uploads/upload_parts';
import { createUpload } from '../../src/buckets/uploads/uploads';
import { readAll } from '../../src/http/body';
import { Headers } from '../../src/http/headers';
import type { Request } from '../../src/swift_api/message';
import { subrequest } from '../../src/swift_api/subrequest';
import { askS3, codeOf, elements } from '../support/clients/s3/unsigned';
import { ROOT_REQUEST, type BucketStore } from '../support/stores/bucket_store';

const ACCOUNT = '/v1/AUTH_test';
const MIB = 1024 * 1024;
/** The body of a part, which nobody may see who may not read an object made of it. */
const SECRET = 'secret of the part';
const MANIFEST = 'multipart-manifest=put';

/** The users to send requests as. */
const USERS = {
  owner: ['test:tester', 'testing'],
  reader: ['test2:tester2', 'testing2'],
  writer: ['test:tester3', 'testing3'],
  stranger: ['test5:tester5', 'testing5'],
  nobody: undefined,
} as const;
type Who = keyof typeof USERS;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Ask = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
  body?: string,
) => Promise<Answer>;

/** What is there for the attempts. */
interface Scene {
  readonly bucket: string;
  /** The path of a part of a deleted version, below the account, as in manifests. */
  readonly part: string;
  readonly partName: string;
  /** An object of the bucket that is made of parts. */
  readonly large: string;
  /** A container of the same account that every named user may read and write. */
  readonly shared: string;
}

type Attempt = (ask: Ask, scene: Scene) => Promise<Answer>;

const at = (path: string) => `${ACCOUNT}${path}`;

/** Reads the object that was made of a part; returns the refusal if it was not made. */
async function readBack(ask: Ask, path: string, made: Answer): Promise<Answer> {
  return made.status >= 300 ? made : ask('GET', path);
}

/** Ways to read parts. */
const READS: readonly (readonly [what: string, attempt: Attempt])[] = [
  ['list', (ask, { bucket }) => ask('GET', at(`/${bucket}+segments?prefix=&format=json`))],
  ['list, encoded', (ask, { bucket }) => ask('GET', at(`/${bucket}%2Bsegments`))],
  ['HEAD of the container', (ask, { bucket }) => ask('HEAD', at(`/${bucket}+segments`))],
  ['GET', (ask, { part }) => ask('GET', at(part))],
  ['GET of a range', (ask, { part }) => ask('GET', at(part), { Range: 'bytes=0-4' })],
  ['HEAD', (ask, { part }) => ask('HEAD', at(part))],
  [
    'COPY',
    async (ask, { part, shared }) =>
      readBack(
        ask,
        at(`/${shared}/a`),
        await ask('COPY', at(part), { Destination: `${shared}/a` }),
      ),
  ],
  [
    'X-Copy-From',
    async (ask, { part, shared }) =>
      readBack(
        ask,
        at(`/${shared}/a`),
        await ask('PUT', at(`/${shared}/a`), { 'X-Copy-From': part }),
      ),
  ],
  [
    'X-Symlink-Target',
    async (ask, { part, shared }) =>
      readBack(
        ask,
        at(`/${shared}/a`),
        await ask('PUT', at(`/${shared}/a`), { 'X-Symlink-Target': part.slice(1) }),
      ),
  ],
  [
    'a manifest that names it',
    async (ask, { partName, shared }) => {
      const body = JSON.stringify([{ path: partName }]);
      return readBack(
        ask,
        at(`/${shared}/a`),
        await ask('PUT', at(`/${shared}/a?${MANIFEST}`), {}, body),
      );
    },
  ],
  [
    'a manifest that is copied from a text',
    async (ask, { partName, shared }) => {
      await ask('PUT', at(`/${shared}/text`), {}, JSON.stringify([{ path: partName }]));
      // copied as a whole, the store would take its ETag for that of the manifest
      const headers = { 'X-Copy-From': `${shared}/text`, Range: 'bytes=0-9999' };
      return readBack(
        ask,
        at(`/${shared}/a`),
        await ask('PUT', at(`/${shared}/a?${MANIFEST}`), headers),
      );
    },
  ],
  [
    'X-Object-Manifest',
    async (ask, { part, shared }) =>
      readBack(
        ask,
        at(`/${shared}/a`),
        await ask('PUT', at(`/${shared}/a`), { 'X-Object-Manifest': part.slice(1) }),
      ),
  ],
  [
    'X-Object-Manifest by POST',
    async (ask, { part, shared }) => {
      await ask('PUT', at(`/${shared}/a`), {}, '');
      const headers = { 'X-Object-Manifest': part.slice(1) };
      return readBack(ask, at(`/${shared}/a`), await ask('POST', at(`/${shared}/a`), headers));
    },
  ],
];

/** Ways to change, add or remove parts. */
const WRITES: readonly (readonly [what: string, attempt: Attempt])[] = [
  ['PUT', (ask, { part }) => ask('PUT', at(part), {}, 'other')],
  ['PUT beside', (ask, { bucket }) => ask('PUT', at(`/${bucket}+segments/beside`), {}, 'other')],
  ['POST', (ask, { part }) => ask('POST', at(part), { 'X-Object-Meta-A': 'b' })],
  [
    'COPY onto it',
    async (ask, { part, shared }) => {
      await ask('PUT', at(`/${shared}/a`), {}, 'other');
      return ask('COPY', at(`/${shared}/a`), { Destination: part });
    },
  ],
  ['bulk delete', (ask, { part }) => ask('POST', `${ACCOUNT}?bulk-delete`, TEXT, `${part}\n`)],
  ['DELETE', (ask, { part }) => ask('DELETE', at(part))],
];
const TEXT = { 'Content-Type': 'text/plain', Accept: 'application/json' };

/** Whether a response is a refusal; a bulk delete reports it in its body. */
function isRefused({ status, text }: Answer): boolean {
  return status >= 400 || /"Response Status": "4\d\d/.test(text);
}

/** ACLs that grant rights to others than owners. */
const CLOSED = {
  'X-Container-Read': 'test2:tester2,test:tester3',
  'X-Container-Write': 'test:tester3',
};
const OPEN = { ...CLOSED, 'X-Container-Read': '.r:*,.rlistings,test2:tester2,test:tester3' };

/** Users who are not owners. */
export const OTHERS: readonly (readonly [what: string, who: Who, acl: typeof CLOSED])[] = [
  ['a reader by ACL', 'reader', CLOSED],
  ['a writer by ACL', 'writer', CLOSED],
  ['everybody, of what is public', 'nobody', OPEN],
  ['a stranger', 'stranger', CLOSED],
  ['an anonymous client', 'nobody', CLOSED],
  ['a stranger, of what is public', 'stranger', OPEN],
  ['a writer by ACL, of what is public', 'writer', OPEN],
];

/** Options of the suite. */
export interface PartsGuardOptions {
  readonly others?: typeof OTHERS;
  /**
   * Whether the bucket to which others upload has suspended versioning; without a service
   * user, others cannot list its versions.
   */
  readonly isSuspended?: boolean;
}

/**
 * Who can reach the parts of uploads, and how, through a store with ACLs of its own for
 * them or with none.
 */
export function partsGuardSuite(
  open: () => Promise<BucketStore>,
  { others = OTHERS, isSuspended = false }: PartsGuardOptions = {},
): void {
  let store: BucketStore;
  const callers = new Map<Who, Caller>();
  let bucketCount = 0;

  beforeAll(async () => {
    store = await open();
    for (const who of Object.keys(USERS) as Who[])
      callers.set(who, await store.callerOf(USERS[who]));
  }, 60_000);
  afterAll(() => store.close());

  const callerOf = (who: Who): Caller => callers.get(who) ?? store.caller;
  const askAs =
    (who: Who): Ask =>
    async (method, target, headers = {}, body = '') => {
      const caller = callerOf(who);
      const { token } = await caller.session();
      const [path = '', query = ''] = target.split('?');
      const request: Request = subrequest(ROOT_REQUEST, {
        method,
        path,
        query,
        headers: Headers.of({ 'X-Auth-Token': token, ...headers }),
        body: Buffer.from(body),
      });
      const response = await caller.next(request);
      const text = (await readAll(response.body, MIB))?.toString('utf8') ?? '';
      return { status: response.status, headers: response.headers, text };
    };
  const owner: Ask = (...request) => askAs('owner')(...request);

  /**
   * Uploads the parts of an object. A writer may begin an upload under the ACL that the
   * bucket has at that time.
   */
  const uploadParts = async (
    bucket: string,
    key: string,
    bodies: readonly string[],
    who: Who = 'owner',
  ) => {
    const caller = callerOf(who);
    const upload = await createUpload(caller, { bucket, key }, { headers: Headers.none });
    const parts = [];
    for (const [index, body] of bodies.entries()) {
      const number = index + 1;
      const content = { body: Buffer.from(body), length: body.length, headers: Headers.none };
      const { etag } = await putPart(caller, upload, number, {
        ...content,
        sums: NONE,
        trailing: () => NONE,
      });
      parts.push({ number, etag, sums: NONE });
    }
    return { caller, upload, parts };
  };
  const complete = (
    { caller, upload, parts }: Awaited<ReturnType<typeof uploadParts>>,
    maxSegments = 1000,
  ) =>
    completeUpload(caller, upload, () =>
      Promise.resolve({ parts, sums: NONE, minPart: 1, maxSegments }),
    );
  const segments = async (bucket: string) =>
    (await entriesBelow(withPartsAccess(store.caller, { bucket }), segmentsOf(bucket), '')).map(
      ({ name }) => name,
    );

  const newBucket = async (acl: Readonly<Record<string, string>> = {}) => {
    const bucket = `parts-${++bucketCount}-${randomUUID()}`;
    expect((await owner('PUT', at(`/${bucket}`), acl)).status).toBe(201);
    return bucket;
  };

  /**
   * Makes a bucket with versioning, one deleted version made of parts, and one current.
   */
  const begin = async (acl: Readonly<Record<string, string>>): Promise<Scene> => {
    const bucket = await newBucket(acl);
    const shared = await newBucket({
      'X-Container-Read': 'test2:tester2,test:tester3,test5:tester5',
      'X-Container-Write': 'test2:tester2,test:tester3,test5:tester5',
    });
    expect((await owner('POST', at(`/${bucket}`), { 'X-Versions-Enabled': 'true' })).status).toBe(
      204,
    );
    const upload = await uploadParts(bucket, 'deleted', [SECRET]);
    await complete(upload);
    expect((await owner('DELETE', at(`/${bucket}/deleted`))).status).toBe(204);
    await complete(await uploadParts(bucket, 'large', ['of ', 'parts']));
    const [part] = (await listParts(store.caller, upload.upload)).map(({ name }) => name);
    return {
      bucket,
      part: `/${bucket}+segments/${part ?? ''}`,
      partName: `/${bucket}+segments/${part ?? ''}`,
      large: `/${bucket}/large`,
      shared,
    };
  };

  describe.each(others)('%s', (_, who, acl) => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await begin(acl);
    }, 60_000);
    /** Checks that the parts are all there, and no others. */
    const stays = async () => {
      const { status, text } = await owner('GET', at(scene.part));
      expect([status, text]).toEqual([200, SECRET]);
      expect(await segments(scene.bucket)).toHaveLength(3);
    };

    afterEach(stays);

    test.each([...READS, ...WRITES])('is refused: %s', async (_, attempt) => {
      const answer = await attempt(askAs(who), scene);
      expect(isRefused(answer)).toBe(true);
      expect(answer.text).not.toContain(SECRET);
    });

    test('cannot read through links and manifests that were made before', async () => {
      const { shared, part, bucket } = scene;
      const listing = { 'X-Object-Manifest': `${bucket}+segments/d` };
      expect((await owner('PUT', at(`/${shared}/listing`), listing)).status).toBe(201);
      const link = { 'X-Symlink-Target': part.slice(1) };
      expect((await owner('PUT', at(`/${shared}/link`), link)).status).toBe(201);
      for (const name of ['listing', 'link']) {
        const path = at(`/${shared}/${name}`);
        const copies: readonly Answer[] = [
          await askAs(who)('GET', path),
          await askAs(who)('COPY', path, { Destination: `${shared}/copy` }),
          await askAs(who)('PUT', at(`/${shared}/copy`), { 'X-Copy-From': `${shared}/${name}` }),
        ];
        for (const answer of copies) {
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.text).not.toContain(SECRET);
        }
        expect((await owner('GET', path)).text).toContain(SECRET);
      }
    });

    test('neither copies a manifest of parts nor deletes by one', async () => {
      const { large, shared } = scene;
      const raw = await askAs(who)('COPY', at(`${large}?multipart-manifest=get`), {
        Destination: `${shared}/raw`,
      });
      expect(raw.status).toBeGreaterThanOrEqual(400);
      const removed = await askAs(who)('DELETE', at(`${large}?multipart-manifest=delete`), TEXT);
      expect(isRefused(removed)).toBe(true);
      expect((await owner('GET', at(large))).text).toBe('of parts');
    });

    test('is refused uploads and their lists through a dialect, unless it may write', async () => {
      const { bucket } = scene;
      const begun = await uploadParts(bucket, 'begun', ['unfinished']);
      const { id } = begun.upload;
      const requests = [
        `GET /${bucket}?uploads`,
        `GET /${bucket}/begun?uploadId=${id}`,
        `DELETE /${bucket}/begun?uploadId=${id}`,
      ];
      const answers = [];
      for (const each of requests) answers.push(codeOf(await askS3(callerOf(who), each)) ?? 'done');
      expect(answers).toEqual(requests.map(() => (who === 'writer' ? 'done' : 'AccessDenied')));
      if (who !== 'writer') await askS3(store.caller, requests[2] ?? '');
    });

    test('reads what it may read', async () => {
      const { large, shared } = scene;
      const mayRead = acl === OPEN || who === 'reader' || who === 'writer';
      const { status, text } = await askAs(who)('GET', at(large));
      expect([status < 300, text.includes('of parts')]).toEqual([mayRead, mayRead]);
      const range = await askAs(who)('GET', at(large), { Range: 'bytes=3-7' });
      expect(range.text === 'parts').toBe(mayRead);
      if (!mayRead || who === 'nobody') return;
      const copy = await askAs(who)('COPY', at(large), { Destination: `${shared}/whole` });
      expect(copy.status).toBe(201);
      expect((await owner('GET', at(`/${shared}/whole`))).text).toBe('of parts');
    });
  });

  describe('an owner', () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await begin(OPEN);
    }, 60_000);

    test('reads and names parts', async () => {
      for (const [what, attempt] of READS) {
        const answer = await attempt(owner, scene);
        expect([what, answer.status < 300]).toEqual([what, true]);
      }
    });

    test('changes and removes parts', async () => {
      for (const [what, attempt] of WRITES) {
        const answer = await attempt(owner, scene);
        // the bulk delete has already removed it
        expect([what, answer.status < 300 || answer.status === 404]).toEqual([what, true]);
      }
      const removed = await owner('DELETE', at(`${scene.large}?multipart-manifest=delete`), TEXT);
      expect([removed.status, isRefused(removed)]).toEqual([200, false]);
      expect((await segments(scene.bucket)).filter((name) => name.startsWith('large/'))).toEqual(
        [],
      );
    });

    test('copies a manifest; a client that may read both can read the copy', async () => {
      const { large, shared } = scene;
      const copied = await owner('COPY', at(`${large}?multipart-manifest=get`), {
        Destination: `${shared}/raw`,
      });
      expect(copied.status).toBe(201);
      expect((await askAs('reader')('GET', at(`/${shared}/raw`))).text).toBe('of parts');
    });
  });

  test('a manifest of manifests of parts is read part by part by a reader', async () => {
    const bucket = await newBucket(CLOSED);
    await complete(await uploadParts(bucket, 'k', ['a', 'b', 'c']), 2);
    expect(await segments(bucket)).toHaveLength(5);
    for (const who of ['owner', 'reader'] as const) {
      const { status, text } = await askS3(callerOf(who), `GET /${bucket}/k?partNumber=3`);
      expect([who, status, text]).toEqual([who, 206, 'c']);
    }
    const manifest = (await segments(bucket)).find((name) => name.includes('/manifest-')) ?? '';
    const read = await askAs('reader')(
      'GET',
      at(`/${bucket}+segments/${manifest}?multipart-manifest=get`),
    );
    expect(read.status).toBe(403);
  });

  test('checksums of parts are for those who may write the object', async () => {
    const bucket = await newBucket(CLOSED);
    const headers = { 'x-amz-checksum-algorithm': 'CRC32' };
    const begun = await askS3(store.caller, `POST /${bucket}/k?uploads`, { headers });
    const [id = ''] = elements(begun, 'UploadId');
    const checksums = new Map([['crc32', 'AAAAAA==']]);
    const part = await askS3(store.caller, `PUT /${bucket}/k?uploadId=${id}&partNumber=1`, {
      body: 'part',
      checksums,
    });
    const etag = part.headers.get('etag') ?? '';
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await askS3(store.caller, `POST /${bucket}/k?uploadId=${id}`, { body });
    expect([done.status, elements(done, 'ChecksumType')]).toEqual([200, ['COMPOSITE']]);
    const attributes = { headers: { 'x-amz-object-attributes': 'ObjectParts' } };
    for (const [who, sums] of [
      ['owner', ['AAAAAA==']],
      ['reader', []],
    ] as const) {
      const answer = await askS3(callerOf(who), `GET /${bucket}/k?attributes`, attributes);
      expect([who, answer.status, elements(answer, 'Size')]).toEqual([who, 200, ['4']]);
      expect([who, elements(answer, 'ChecksumCRC32')]).toEqual([who, sums]);
    }
    const refused = await askS3(callerOf('stranger'), `GET /${bucket}/k?attributes`, attributes);
    expect(codeOf(refused)).toBe('AccessDenied');
  });

  test('long tags beside a bucket are for those who may read or write the object', async () => {
    const bucket = await newBucket(CLOSED);
    if (isSuspended) await askS3(store.caller, `PUT /${bucket}?versioning`, { body: SUSPENDED });
    const tagging = (char: string) =>
      `<Tagging><TagSet>${Array.from(
        { length: 10 },
        (_, i) => `<Tag><Key>k${i}</Key><Value>${char.repeat(256)}</Value></Tag>`,
      ).join('')}</TagSet></Tagging>`;
    const tag = async (who: Who, key: string, char: string) => {
      const answer = await askS3(callerOf(who), `PUT /${bucket}/${key}?tagging`, {
        body: tagging(char),
      });
      return codeOf(answer) ?? answer.status;
    };
    const tagged = async (who: Who, key: string) => {
      const answer = await askS3(callerOf(who), `GET /${bucket}/${key}?tagging`);
      return (
        codeOf(answer) ??
        elements(answer, 'Value')
          .map((text) => text[0])
          .join('')
      );
    };
    for (const key of ['a', 'b'])
      expect((await owner('PUT', at(`/${bucket}/${key}`), {}, key)).status).toBe(201);
    expect(await tag('owner', 'a', 'o')).toBe(200);
    // without a service user, a change needs rights to the versions as well
    expect(await tag('writer', 'b', 'w')).toBe(isSuspended ? 'AccessDenied' : 200);
    if (isSuspended) expect(await tag('owner', 'b', 'w')).toBe(200);
    for (const who of ['reader', 'stranger', 'nobody'] as const)
      expect([who, await tag(who, 'a', 'x')]).toEqual([who, 'AccessDenied']);
    for (const who of ['owner', 'reader'] as const) {
      expect([who, await tagged(who, 'a')]).toEqual([who, 'o'.repeat(10)]);
      expect([who, await tagged(who, 'b')]).toEqual([who, 'w'.repeat(10)]);
    }
    expect(await tagged('stranger', 'a')).toBe('AccessDenied');
    const names = await segments(bucket);
    expect(names.map((name) => name.replace(/[0-9a-f]{64}$/, 'HASH'))).toEqual([
      'tags/sha256-HASH',
      'tags/sha256-HASH',
    ]);
    for (const who of ['reader', 'writer', 'stranger', 'nobody'] as const)
      for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])
        expect(
          isRefused(await askAs(who)(method, at(`/${bucket}+segments/${names[0] ?? ''}`), TEXT)),
        ).toBe(true);
    expect(await segments(bucket)).toEqual(names);
  });

  test('a writer by ACL uploads, overwrites and aborts, and no part is left', async () => {
    const bucket = await newBucket(CLOSED);
    const suspended = { body: SUSPENDED };
    if (isSuspended) await askS3(store.caller, `PUT /${bucket}?versioning`, suspended);
    // without a service user only an owner can make the container
    await complete(await uploadParts(bucket, 'first', ['of the owner']));
    await complete(await uploadParts(bucket, 'k', ['of ', 'a writer'], 'writer'), 1);
    expect((await askAs('reader')('GET', at(`/${bucket}/k`))).text).toBe('of a writer');
    const [begun = ''] = elements(
      await askS3(callerOf('writer'), `POST /${bucket}/k?uploads`),
      'UploadId',
    );
    const upload: Upload = { bucket, key: 'k', id: begun };
    const part = await askS3(
      callerOf('writer'),
      `PUT /${bucket}/k?uploadId=${begun}&partNumber=1`,
      {
        body: 'never completed',
      },
    );
    expect(part.headers.get('etag')).toBe(
      `"${createHash('md5').update('never completed').digest('hex')}"`,
    );
    expect(await listParts(callerOf('writer'), upload)).toHaveLength(1);
    expect((await askS3(callerOf('writer'), `DELETE /${bucket}/k?uploadId=${begun}`)).status).toBe(
      204,
    );
    expect((await askS3(callerOf('writer'), `PUT /${bucket}/k`, { body: 'in one' })).status).toBe(
      200,
    );
    // only an owner can list what the null version was made of
    if (isSuspended) return;
    expect((await segments(bucket)).filter((name) => name.startsWith('k/'))).toEqual([]);
    expect((await askS3(callerOf('writer'), `DELETE /${bucket}/first`)).status).toBe(204);
    expect(await segments(bucket)).toEqual([]);
  });

  test('a request of a client is never one for parts, whatever it asks for', async () => {
    const { bucket, part } = await begin(CLOSED);
    const caller = callerOf('reader');
    for (const [key, right] of [
      ['deleted', 'write'],
      ['deleted', 'read'],
      [undefined, 'none'],
    ] as const) {
      const asking = withPartsAccess(caller, { bucket, key }, right);
      const object = part.slice(part.indexOf('/', 1) + 1);
      const { status } = await askStore(asking, {
        method: 'GET',
        container: segmentsOf(bucket),
        object,
      });
      expect([right, status]).toEqual([right, 403]);
    }
  });
}

const SUSPENDED = '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>';
const NONE: ReadonlyMap<string, string> = new Map();
