import { createHash, createHmac } from 'node:crypto';
import { postForm } from '../../../middleware/s3api/operations/post_form';
import { Headers } from '../../../src/http/headers';
import type { Recorded } from '../../support/clients/captures';
import {
  ACCESS_KEY,
  acceptingFilter,
  asRequest,
  SECRET_KEY,
  SIGNATURE_V2,
} from '../../support/clients/s3/requests';
import { presignedV2, signedV2 } from '../../support/clients/s3/signing_v2';
import { decoded, fuzzed, SEED } from '../../support/judges/mutants';
import { depth } from '../../support/running/depth';

const COUNT = depth({ gate: 5_000, deep: 100_000 });
const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const EXPIRES = NOW / 1000 + 600;
const DOMAIN = '.s3.example';
const parts = {
  now: () => NOW,
  domains: [DOMAIN.slice(1)],
  signatureV2: { ...SIGNATURE_V2, mode: 'all' as const },
};

const unsigned = (
  method: string,
  target: string,
  fields: Recorded['fields'] = [],
  body = '',
): Recorded => ({
  method,
  target,
  fields: [['Host', '127.0.0.1:9000'], ...fields],
  body: Buffer.from(body),
});

const META = [
  ['Content-Type', 'text/x-a; b="c"'],
  ['x-amz-meta-a', 'b, c'],
  ['X-Amz-Meta-B_c', 'd'],
] as const;

const URLS = [
  unsigned('GET', '/bkt/dir/k%20%C3%A9%2B'),
  unsigned('GET', '/bkt/k?versionId=V1'),
  unsigned('DELETE', '/bkt/k?versionId=V1'),
  unsigned('GET', '/bkt?acl'),
  unsigned('GET', '/bkt/k?response-content-type=text%2Fplain&response-expires=a%26b'),
  unsigned('PUT', '/bkt/k', META, 'body'),
  unsigned('PUT', '/bkt/k?partNumber=1&uploadId=ab.c', [], 'body'),
  unsigned('PUT', '/bkt/k', [['x-amz-copy-source', 'bkt/a%20b?versionId=V']]),
].map((request) => presignedV2(request, EXPIRES));

/** As boto writes it, with the signed headers in the URL. */
const IN_QUERY: Recorded = {
  ...unsigned('PUT', '/bkt/k'),
  target: `${presignedV2(unsigned('PUT', '/bkt/k', META.slice(0, 2)), EXPIRES).target}&content-type=text%2Fx-a%3B%20b%3D%22c%22&x-amz-meta-a=b%2C%20c`,
};

const VIRTUAL = presignedV2(
  { ...unsigned('GET', '/k'), fields: [['Host', `bkt${DOMAIN}:9000`]] },
  EXPIRES,
  { virtualBucket: 'bkt' },
);

const REMOVAL = '<Delete><Object><Key>k</Key></Object></Delete>';

const HEADERS = [
  unsigned('GET', '/', [['Date', DATE]]),
  unsigned('GET', '/bkt?prefix=a&max-keys=2&versions', [['Date', DATE]]),
  unsigned('DELETE', '/bkt/k?versionId=V1', [['x-amz-date', DATE]]),
  unsigned('PUT', '/bkt/k', [['Date', DATE], ...META], 'body'),
  unsigned(
    'POST',
    '/bkt?delete',
    [
      ['Date', DATE],
      ['Content-MD5', createHash('md5').update(REMOVAL).digest('base64')],
    ],
    REMOVAL,
  ),
].map((request) => signedV2(request));

const INTERESTING = {
  names: [
    'x-amz-acl',
    'X_Amz_Meta_A',
    'x-amz-date',
    'Date',
    'Authorization',
    'Content-Type',
    'content-md5',
    'x-amz-content-sha256',
    'Host',
  ],
  values: [
    '',
    '0',
    DATE,
    'AWS AK:a',
    'AWS4-HMAC-SHA256 Credential=AK',
    'UNSIGNED-PAYLOAD',
    'private',
    `bkt${DOMAIN}`,
  ],
};

it(`of ${COUNT} mutated requests with signatures of version 2 none is accepted`, async () => {
  const originals = [...URLS, IN_QUERY, VIRTUAL, ...HEADERS];
  const filters = originals.map(() => acceptingFilter(parts));
  const fuzzing = { originals, filters, count: COUNT, seed: SEED, headers: INTERESTING, meaning };
  const statuses = await fuzzed(fuzzing);
  // 299: no longer recognisable as S3's, and passed on unchanged
  expect([...statuses.keys()].filter((status) => status < 299)).toEqual([]);
  expect(statuses.get(403)).toBeGreaterThan(COUNT / 10);
}, 600_000);

/** Pages of listings are not signed, and not accepted in a URL. */
const UNSIGNED = /^(prefix|max-keys)=/;

/** Returns what is signed: mutants of the same meaning may be accepted. */
function meaning({ method, target, fields, body }: Recorded): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const isInHeader = fields.some(([name]) => name.toLowerCase() === 'authorization');
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split(/=(.*)/s))
    .map(([name = '', value = '']) => `${decoded(name, true)}=${decoded(value, true)}`)
    .filter((pair) => !isInHeader || !UNSIGNED.test(pair));
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const previous = values.get(lower);
    values.set(lower, previous === undefined ? value : `${previous},${value}`);
  }
  const valueOf = (name: string) => values.get(name) ?? '';
  const host = valueOf('host').replace(/:\d*$/, '').toLowerCase();
  const bucket = host.endsWith(DOMAIN) ? `/${host.slice(0, -DOMAIN.length)}` : '';
  const others = [...values].filter(([name]) => /^x[-_]amz[-_]/.test(name)).sort();
  const isBodySigned = valueOf('content-md5') !== '';
  return JSON.stringify([
    method,
    bucket + path,
    pairs.sort(),
    ['authorization', 'content-type', 'content-md5'].map(valueOf),
    values.has('x-amz-date') || !isInHeader ? '' : valueOf('date'),
    others,
    isBodySigned ? body.toString('latin1') : '',
  ]);
}

const POLICY = Buffer.from(
  JSON.stringify({
    expiration: '2023-11-15T00:00:00Z',
    conditions: [
      { bucket: 'bkt' },
      ['starts-with', '$key', 'user/'],
      { acl: 'private' },
      { 'x-amz-meta-a': 'b' },
      ['content-length-range', 1, 100],
    ],
  }),
).toString('base64');

/** A form, as a browser sends it. */
const FORM: Recorded = {
  method: 'POST',
  target: '/bkt',
  fields: [
    ['Host', '127.0.0.1:9000'],
    ['Content-Type', 'multipart/form-data; boundary=limit'],
  ],
  body: Buffer.from(
    Object.entries({
      key: 'user/a',
      acl: 'private',
      'x-amz-meta-a': 'b',
      AWSAccessKeyId: ACCESS_KEY,
      policy: POLICY,
      signature: createHmac('sha1', SECRET_KEY).update(POLICY).digest('base64'),
    })
      .map(
        ([name, value]) =>
          `--limit\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      .join('') +
      '--limit\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbody\r\n--limit--\r\n',
  ),
};

/** Returns what the policy decides of a form; it leaves the end of the key open. */
function decidedFields(bucket: string, fields: ReadonlyMap<string, string>): string {
  const others = [...fields].filter(([name]) => name !== 'key' && !name.startsWith('x-ignore-'));
  return JSON.stringify([bucket, fields.get('key')?.slice(0, 5), others.sort()]);
}

it(`of ${COUNT} mutated forms with signatures of version 2 none means another`, async () => {
  const accepted: string[] = [];
  const admitted: string[] = [];
  const { handler } = acceptingFilter({
    ...parts,
    postForm: async (form) => {
      const admissions: string[] = [];
      const admit: typeof form.admit = async (fields) => {
        await form.admit(fields);
        const decided = decidedFields(form.bucket, fields);
        (decided === (admitted[0] ?? decided) ? admitted : accepted).push(decided);
        admissions.push(decided);
        throw new Error('what it writes is not tried');
      };
      try {
        return await postForm({ ...form, admit });
      } catch (error) {
        if (admissions.length === 0) throw error;
        return { status: 298, headers: Headers.none, body: Buffer.alloc(0) };
      }
    },
  });
  expect((await handler(asRequest(FORM))).status).toBe(298);
  expect(admitted).toHaveLength(1);
  const statuses = await fuzzed({
    originals: [FORM],
    filters: [{ handler, accepted }],
    count: COUNT,
    seed: SEED,
    headers: INTERESTING,
    meaning: (recorded) => JSON.stringify([recorded, recorded.body.toString('latin1')]),
  });
  expect([...statuses.keys()].filter((status) => status < 298)).toEqual([]);
  // the others are no forms, or have no policy in base64
  expect(statuses.get(403)).toBeGreaterThan(COUNT / 20);
}, 600_000);
