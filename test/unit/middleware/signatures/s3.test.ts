import fc from 'fast-check';
import { routes } from '../../../../middleware/s3api/operations';
import { readQuery } from '../../../../src/dialects/query';
import {
  collapsed,
  EMPTY_SHA256,
  sign,
  signingKey,
  stringToSign,
} from '../../../../src/dialects/sigv4/canonical';
import {
  ALGORITHM,
  formatScope,
  readSigning,
  UNSIGNED,
  type Signing,
} from '../../../../src/dialects/sigv4/signing';
import { Headers } from '../../../../src/http/headers';
import type { Recorded } from '../../../support/clients/captures';
import {
  changesOf,
  haveOneReading,
  saying,
  type Vocabulary,
} from '../../../support/judges/one_reading';
import { runs } from '../../../support/running/runs';
import {
  ACCESS_KEY,
  acceptingFilter,
  asRequest,
  SECRET_KEY,
  textOf,
} from '../../../support/clients/s3/requests';
import { encoded } from '../../../support/clients/s3/signing';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const TIMESTAMP = '20231114T221320Z';
const SCOPE = { date: '20231114', region: 'us-east-1' };
const DOMAINS = ['s3.example'];

/** Signs a request as the holder of the secret does: all given headers are signed. */
function signedForS3(unsigned: Recorded, from: Signing['from']): Recorded {
  const isUrl = from === 'query';
  const dateFields = isUrl
    ? []
    : ([
        ['x-amz-date', TIMESTAMP],
        ['x-amz-content-sha256', EMPTY_SHA256],
      ] as const);
  const fields = [...unsigned.fields, ...dateFields];
  const signedHeaders = [...new Set(fields.map(([name]) => name.toLowerCase()))].sort();
  const credential = `${ACCESS_KEY}/${formatScope(SCOPE)}`;
  const parameters = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': credential,
    'X-Amz-Date': TIMESTAMP,
    'X-Amz-Expires': '300',
    'X-Amz-SignedHeaders': signedHeaders.join(';'),
  };
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encoded(value)}`);
  const target = isUrl ? withQuery(unsigned.target, pairs.join('&')) : unsigned.target;
  const signing: Signing = {
    from,
    accessKey: ACCESS_KEY,
    scope: SCOPE,
    signedHeaders,
    signature: '',
    timestamp: TIMESTAMP,
    expires: undefined,
    payload: isUrl ? UNSIGNED : EMPTY_SHA256,
    mayBeOfNothing: false,
  };
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const headers = Headers.fromRaw(fields.flat());
  const request = { method: unsigned.method, path, headers, query: readQuery(query) };
  const hex = sign(signingKey(SECRET_KEY, SCOPE), stringToSign(request, signing));
  if (isUrl) return { ...unsigned, fields, target: withQuery(target, `X-Amz-Signature=${hex}`) };
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${hex}`;
  return { ...unsigned, target, fields: [...fields, ['authorization', authorization]] };
}

function withQuery(target: string, query: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
}

const { routes: ours, said } = saying(routes);
const { handler: filter } = acceptingFilter({ now: () => NOW, domains: DOMAINS, routes: ours });

/** Returns a request's meaning: operation, bucket, key, parameters, signed headers. */
async function readingOf(recorded: Recorded): Promise<string | undefined> {
  const request = asRequest(recorded);
  await filter(request);
  const match = said.pop();
  if (match === undefined) return undefined;
  const { name: operation, call } = match;
  const { headers } = call.request;
  const { signedHeaders, from } = readSigning(request.headers, readQuery(request.query));
  const names = [...headers.entries()]
    .map(([name]) => name)
    .filter((name) => name.startsWith('x-amz-'));
  const read = [...new Set([...signedHeaders, ...names])].sort().map((name) => {
    const value = headers.get(name);
    // spaces in descriptive texts may change in transit
    const isText = from === 'header' && /^(x-amz-meta-|(?!x-amz-))/.test(name);
    return [Headers.key(name), isText && value !== undefined ? collapsed(value) : value];
  });
  return JSON.stringify([operation, call.bucket, call.key, [...call.parameters].sort(), read]);
}

const name = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '&', '=', ' ', '+', '%', '\n', '.'),
  maxLength: 4,
});
const PARAMETERS = [
  'versionId',
  'acl',
  'tagging',
  'uploads',
  'uploadId',
  'partNumber',
  'prefix',
  'x-amz-meta-q',
  'X-Amz-Meta-q_r',
  'response-content-disposition',
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
  ['if-match', 'x'],
];

const requests = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
    host: fc.constantFrom('127.0.0.1:9000', 'bkt.s3.example', 's3.example'),
    key: name,
    parameters: fc.dictionary(fc.constantFrom(...PARAMETERS), name, { maxKeys: 3 }),
    headers: fc.uniqueArray(fc.constantFrom(...HEADERS), {
      maxLength: 3,
      selector: ([each]) => each,
    }),
    from: fc.constantFrom('header' as const, 'query' as const),
  })
  .map(({ method, host, key, parameters, headers, from }) => {
    const query = Object.entries(parameters).map((pair) => pair.map(encoded).join('='));
    const path = `/bkt/${key.split('/').map(encoded).join('/')}`;
    const target = query.length === 0 ? path : `${path}?${query.join('&')}`;
    const fields = [['host', host] as const, ...headers];
    return signedForS3({ method, target, fields, body: Buffer.alloc(0) }, from);
  });

const VOCABULARY: Vocabulary = {
  methods: ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'],
  hosts: ['other.s3.example', 'BKT.s3.example', '127.0.0.1:9000'],
  parameters: [
    'versionId=ID',
    'acl',
    'uploadId=a',
    'x-amz-acl=private',
    'x-amz-meta-q-r=a',
    'versionid=ID',
  ],
  headers: HEADERS,
};

it('two requests with one signature of version 4 never mean two things', () =>
  haveOneReading(changesOf(requests, VOCABULARY), readingOf, {
    numRuns: runs(5000),
    seldom: runs(500),
  }));

describe('of two requests with one canonical form one is refused', () => {
  const put = (fields: Recorded['fields'], from: Signing['from'] = 'header') =>
    signedForS3(
      {
        method: 'PUT',
        target: '/bkt/k',
        fields: [['host', 'h'], ...fields],
        body: Buffer.alloc(0),
      },
      from,
    );
  const outcome = async (recorded: Recorded) => {
    const { handler } = acceptingFilter({ now: () => NOW });
    const response = await handler(asRequest(recorded));
    return [response.status, /<Message>(.*?)</.exec(textOf(response))?.[1]];
  };
  const without = (recorded: Recorded, gone: string): Recorded => ({
    ...recorded,
    fields: recorded.fields.filter(([each]) => each !== gone),
  });
  const withValue = (recorded: Recorded, of: string, value: string): Recorded => ({
    ...recorded,
    fields: recorded.fields.map(([each, was]) => [each, each === of ? value : was] as const),
  });

  it('a header that is empty, and one that is not there', async () => {
    const signed = put([['x-amz-copy-source', '']]);
    expect(await outcome(signed)).toEqual([200, undefined]);
    expect(await outcome(without(signed, 'x-amz-copy-source'))).toEqual([
      403,
      'The header x-amz-copy-source is signed but missing.',
    ]);
  });

  it.each(['header', 'query'] as const)(
    'one space, and two, in what decides (%s)',
    async (from) => {
      const signed = put([['x-amz-copy-source', 'bkt/a b']], from);
      expect(await outcome(signed)).toEqual([200, undefined]);
      expect(await outcome(withValue(signed, 'x-amz-copy-source', 'bkt/a  b'))).toEqual([
        403,
        'The header x-amz-copy-source has spaces that are not signed.',
      ]);
    },
  );

  it('but text of a client that sends the request itself may have any spaces', async () => {
    expect(await outcome(put([['x-amz-meta-a', 'a  b']]))).toEqual([200, undefined]);
    expect(await outcome(put([['content-disposition', 'inline; filename="a  b"']]))).toEqual([
      200,
      undefined,
    ]);
    expect((await outcome(put([['x-amz-meta-a', 'a  b']], 'query')))[0]).toBe(403);
  });

  it('a header in two spellings, in either order', async () => {
    const [one, other] = [['x-amz-acl', 'private'] as const, ['x_amz_acl', 'public-read'] as const];
    for (const fields of [
      [one, other],
      [other, one],
    ])
      expect(await outcome(put(fields))).toEqual([
        403,
        'The header x_amz_acl appears in two spellings.',
      ]);
  });

  it('headers of a query in either order', async () => {
    const target = '/bkt/k?x-amz-meta-a-b=1&X-Amz-Meta-A_b=1';
    const signed = signedForS3(
      { method: 'PUT', target, fields: [['host', 'h']], body: Buffer.alloc(0) },
      'query',
    );
    const turned = { ...signed, target: signed.target.replace(/\?([^&]*)&([^&]*)/, '?$2&$1') };
    const raw = async (recorded: Recorded) => {
      const { handler, accepted } = acceptingFilter({ now: () => NOW });
      await handler(asRequest(recorded));
      return accepted[0]?.call.request.headers.toRaw();
    };
    expect(await raw(turned)).toEqual(await raw(signed));
  });
});
