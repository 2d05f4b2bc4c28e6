import fc from 'fast-check';
import { routes } from '../../../../middleware/s3api/operations';
import type { Recorded } from '../../../support/clients/captures';
import { acceptingFilter, asRequest, SIGNATURE_V2 } from '../../../support/clients/s3/requests';
import { encoded } from '../../../support/clients/s3/signing';
import { presignedV2, signedV2 } from '../../../support/clients/s3/signing_v2';
import {
  changesOf,
  haveOneReading,
  saying,
  type Vocabulary,
} from '../../../support/judges/one_reading';
import { runs } from '../../../support/running/runs';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const EXPIRES = NOW / 1000 + 600;
const BUCKET = 'bkt';

const { routes: ours, said } = saying(routes);
const { handler: filter } = acceptingFilter({
  now: () => NOW,
  domains: ['s3.example'],
  routes: ours,
  signatureV2: { ...SIGNATURE_V2, mode: 'all' },
});

/** Parameters of pages, which only clients that sign each request may leave unsigned. */
const PAGES = ['prefix', 'marker', 'encoding-type'];

/** Returns a request's meaning: operation, bucket, key, parameters, signed headers. */
async function readingOf(recorded: Recorded): Promise<string | undefined> {
  await filter(asRequest(recorded));
  const match = said.pop();
  if (match === undefined) return undefined;
  const { name: operation, call } = match;
  const { headers } = call.request;
  const isInHeader = headers.has('authorization');
  const parameters = [...call.parameters].filter(([each]) => !(isInHeader && PAGES.includes(each)));
  const names = [...headers.entries()].map(([each]) => each).filter((each) => /^x-amz-/.test(each));
  const read = [...new Set(['content-type', 'content-md5', ...names])]
    .sort()
    .map((each) => [each, headers.get(each) || undefined]);
  return JSON.stringify([operation, call.bucket, call.key, parameters.sort(), read]);
}

const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    '/',
    '&',
    '=',
    ' ',
    '+',
    '%',
    '\n',
    '.',
    '?',
    ':',
    '&acl',
    '&versionId=',
  ),
  maxLength: 4,
});
const PARAMETERS = [
  'versionId',
  'acl',
  'tagging',
  'uploads',
  'uploadId',
  'partNumber',
  'versions',
  'prefix',
  'x-amz-meta-q',
  'X-Amz-Meta-q_r',
  'content-type',
  'response-content-disposition',
  'response-content-type',
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['x-amz-copy-source', 'bkt/a b'],
  ['x-amz-meta-a', 'a b,c'],
  ['x-amz-meta-a-b', 'c'],
  ['x-amz-meta-a_b', 'c'],
  ['x-amz-tagging', ''],
  ['x-amz-acl', 'private'],
  ['x_amz_acl', 'public-read'],
  ['content-type', 'a/b; c=d'],
  ['Content-MD5', 'a'],
  ['x-amz-date', DATE],
  ['if-match', 'x'],
];

const requests = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
    host: fc.constantFrom('127.0.0.1:9000', `${BUCKET}.s3.example`, 's3.example'),
    key: text,
    parameters: fc.dictionary(fc.constantFrom(...PARAMETERS), text, { maxKeys: 3 }),
    headers: fc.uniqueArray(fc.constantFrom(...HEADERS), {
      maxLength: 3,
      selector: ([each]) => each,
    }),
    isUrl: fc.boolean(),
  })
  .map(({ method, host, key, parameters, headers, isUrl }) => {
    const query = Object.entries(parameters).map((pair) => pair.map(encoded).join('='));
    const path = `/${BUCKET}/${key.split('/').map(encoded).join('/')}`;
    const target = query.length === 0 ? path : `${path}?${query.join('&')}`;
    const fields = [['host', host] as const, ...headers];
    const by = host.startsWith(BUCKET) ? { virtualBucket: BUCKET } : {};
    const body = Buffer.alloc(0);
    return isUrl
      ? presignedV2({ method, target, fields, body }, EXPIRES, by)
      : signedV2({ method, target, fields: [...fields, ['date', DATE]], body }, by);
  });

const VOCABULARY: Vocabulary = {
  methods: ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'],
  hosts: ['other.s3.example', 'BKT.s3.example', '127.0.0.1:9000'],
  parameters: [
    'versionId=ID',
    'acl',
    'acl=',
    'uploadId=a',
    'list-type=2',
    'attributes',
    'prefix=b',
    'foo=bar',
    'x-amz-acl=private',
    'x-amz-meta-q-r=a',
    'content-type=a',
    'response-content-type=text/html',
    'versionid=ID',
    'X-Amz-Signature=a',
    'AWSAccessKeyId=AK',
    `Expires=${EXPIRES}`,
  ],
  headers: HEADERS,
};

it('two requests with one signature of version 2 never mean two things', () =>
  haveOneReading(changesOf(requests, VOCABULARY), readingOf, {
    numRuns: runs(5000),
    seldom: runs(300),
  }));
