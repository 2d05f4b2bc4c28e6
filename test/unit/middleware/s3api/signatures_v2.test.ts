import { createSigners } from '../../../../middleware/s3api/signature/signers';
import { Credentials } from '../../../../src/auth/credential';
import { Sessions } from '../../../../src/buckets/sessions';
import type { Recorded } from '../../../support/clients/captures';
import {
  acceptingFilter,
  asRequest,
  SIGNATURE_V2,
  textOf,
} from '../../../support/clients/s3/requests';
import { presigned, signed } from '../../../support/clients/s3/signing';
import { presignedV2, signedV2 } from '../../../support/clients/s3/signing_v2';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const EXPIRES = NOW / 1000 + 600;
const DOMAINS = ['s3.example'];

type Parts = Parameters<typeof acceptingFilter>[0];

async function ask(recorded: Recorded, parts: Parts = {}) {
  const { handler, accepted, passed } = acceptingFilter({
    now: () => NOW,
    domains: DOMAINS,
    signatureV2: { ...SIGNATURE_V2, mode: 'all' },
    ...parts,
  });
  const response = await handler(asRequest(recorded));
  const element = (name: string) => new RegExp(`<${name}>(.*?)<`).exec(textOf(response))?.[1] ?? '';
  const [code, message, argument] = ['Code', 'Message', 'ArgumentName'].map(element);
  const [{ call, body } = {}] = accepted;
  return { status: response.status, code, message, argument, call, body, passed };
}

type Fields = Recorded['fields'];

/** A request that is not signed yet. */
const unsigned = (method: string, target: string, fields: Fields = [], body = ''): Recorded => ({
  method,
  target,
  fields: [['Host', '127.0.0.1:9000'], ...fields],
  body: Buffer.from(body),
});
const url = (target: string, method = 'GET', fields: Fields = []) =>
  presignedV2(unsigned(method, target, fields), EXPIRES);
const header = (target: string, method = 'GET', fields: Fields = []) =>
  signedV2(unsigned(method, target, [['Date', DATE], ...fields]));
const withField = (recorded: Recorded, name: string, value: string): Recorded => ({
  ...recorded,
  fields: [...recorded.fields, [name, value]],
});
const withParameter = (recorded: Recorded, parameter: string): Recorded => ({
  ...recorded,
  target: `${recorded.target}${recorded.target.includes('?') ? '&' : '?'}${parameter}`,
});
const changed = (recorded: Recorded, text: string, by: string): Recorded => ({
  ...recorded,
  target: recorded.target.replace(text, by),
});

describe("AWS's own examples", () => {
  const credential = {
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    user: 'test:tester',
    key: 'testing',
  };
  const signers = createSigners(
    new Credentials([credential]),
    new Sessions(() => Promise.resolve({ token: 'token', accountPath: '/v1/AUTH_test' })),
  );
  const domains = ['us-west-1.s3.amazonaws.com', 's3.us-west-1.amazonaws.com'];
  const host = 'awsexamplebucket1.us-west-1.s3.amazonaws.com';

  it.each<[string, string, string, Record<string, string>, string, string]>([
    ['GET', '/photos/puppy.jpg', host, {}, '27 Mar 2007 19:36:42', 'qgk2+6Sv9/oM7G3qLEjTH1a1l1g='],
    [
      'PUT',
      '/photos/puppy.jpg',
      host,
      { 'Content-Type': 'image/jpeg' },
      '27 Mar 2007 21:15:45',
      'iqRzw+ileNPu1fhspnRs8nOjjIA=',
    ],
    [
      'GET',
      '/?prefix=photos&max-keys=50&marker=puppy',
      host,
      {},
      '27 Mar 2007 19:42:41',
      'm0WP8eCtspQl5Ahe6L1SozdX9YA=',
    ],
    ['GET', '/?acl', host, {}, '27 Mar 2007 19:44:46', '82ZHiFIjc+WbcwFKGUVEQspPn+0='],
    [
      'GET',
      '/',
      's3.us-west-1.amazonaws.com',
      {},
      '28 Mar 2007 01:29:59',
      'qGdzdERIC03wnaRNKh6OqZehG9s=',
    ],
    [
      'GET',
      '/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re',
      's3.us-west-1.amazonaws.com',
      {},
      '28 Mar 2007 01:49:49',
      'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
    ],
  ])('%s %s', async (method, target, at, more, time, signature) => {
    const day = time.startsWith('28') ? 'Wed' : 'Tue';
    const fields = {
      Host: at,
      Date: `${day}, ${time} +0000`,
      ...more,
      Authorization: `AWS ${credential.accessKey}:${signature}`,
    };
    const recorded = { method, target, fields: Object.entries(fields), body: Buffer.alloc(0) };
    const now = () => Date.parse(`${time} GMT`);
    expect(await ask(recorded, { signers, domains, now })).toMatchObject({ status: 200 });
  });

  it('PUT with a header that is there twice', async () => {
    const fields: Fields = [
      ['Host', 'static.example.com.s3.us-west-1.amazonaws.com'],
      ['Date', 'Tue, 27 Mar 2007 21:06:08 +0000'],
      ['x-amz-acl', 'public-read'],
      ['content-type', 'application/x-download'],
      ['Content-MD5', '4gJE4saaMU4BqNR0kLY+lw=='],
      ['X-Amz-Meta-ReviewedBy', 'joe@example.com'],
      ['X-Amz-Meta-ReviewedBy', 'jane@example.com'],
      ['X-Amz-Meta-FileChecksum', '0x02661779'],
      ['X-Amz-Meta-ChecksumAlgorithm', 'crc32'],
      ['Content-Disposition', 'attachment; filename=database.dat'],
      ['Authorization', `AWS ${credential.accessKey}:jtBQa0Aq+DkULFI8qrpwIjGEx0E=`],
    ];
    const recorded = { method: 'PUT', target: '/db-backup.dat.gz', fields, body: Buffer.alloc(0) };
    const now = () => Date.UTC(2007, 2, 27, 21, 6, 8);
    // the example does not have the body of this digest
    expect((await ask(recorded, { signers, domains, now })).code).toBe('BadDigest');
  });
});

describe('a request means what was signed', () => {
  it('a URL, in both styles', async () => {
    const { call } = await ask(url('/bkt/dir/k%20%C3%A9%2B?versionId=V1'));
    const { bucket, key } = call!;
    expect([bucket, key, [...call!.parameters]]).toEqual([
      'bkt',
      Buffer.from('dir/k é+').toString('latin1'),
      [['versionId', 'V1']],
    ]);
    const recorded = {
      ...unsigned('GET', '/dir/k'),
      fields: [['Host', 'BKT.s3.example']] as const,
    };
    const virtual = presignedV2(recorded, EXPIRES, { virtualBucket: 'bkt' });
    expect((await ask(virtual)).call).toMatchObject({ bucket: 'bkt', key: 'dir/k' });
  });

  it.each(['acl', 'acl=', '%61cl'])('a sub-resource as %s', async (text) => {
    const recorded = signedV2(unsigned('GET', '/bkt?acl', [['Date', DATE]]));
    const { status, call } = await ask(changed(recorded, 'acl', text));
    expect([status, [...(call?.parameters ?? [])]]).toEqual([200, [['acl', '']]]);
  });

  it('a sub-resource that was signed with its equals sign', async () => {
    expect((await ask(header('/bkt?acl='))).status).toBe(200);
  });

  it('a bucket, with or without a slash after it', async () => {
    for (const [sent, other] of [
      ['/bkt', '/bkt/'],
      ['/bkt/', '/bkt'],
      ['/b%6Bt?versions', '/b%6Bt/?versions'],
    ] as const)
      expect((await ask({ ...header(other), target: sent })).call).toMatchObject({
        bucket: 'bkt',
        key: undefined,
      });
  });

  it.each([
    ['/bkt%2F', '/bkt%2F/'],
    ['/bkt%2f/', '/bkt%2f'],
    ['/bkt//', '/bkt/'],
    ['/bkt/k/', '/bkt/k'],
  ])('but %s is not %s', async (sent, other) => {
    expect((await ask({ ...header(other), target: sent })).code).toBe('SignatureDoesNotMatch');
  });

  it('headers that boto writes into a URL', async () => {
    const fields = [
      ['x-amz-meta-a', 'b c'],
      ['content-type', 'text/x-a'],
    ] as const;
    const inHeaders = url('/bkt/k', 'PUT', fields);
    const inQuery = {
      ...inHeaders,
      fields: inHeaders.fields.slice(0, 1),
      target: `${inHeaders.target}&x-amz-meta-a=b%20c&content-type=text%2Fx-a`,
    };
    // as AWS's SDK of version 2 for JavaScript writes it
    const capitals = { ...inQuery, target: inQuery.target.replace('content-type', 'Content-Type') };
    const sent = withField(inQuery, 'Content-Type', 'text/x-a');
    for (const recorded of [inHeaders, inQuery, capitals, sent]) {
      const { call } = await ask(recorded);
      const headers = call?.request.headers;
      expect([headers?.get('x-amz-meta-a'), headers?.get('content-type')]).toEqual([
        'b c',
        'text/x-a',
      ]);
      expect(call?.parameters.size).toBe(0);
    }
    for (const each of [inQuery, capitals])
      expect(await ask(withField(each, 'Content-Type', 'text/html'))).toMatchObject({
        code: 'InvalidArgument',
      });
  });

  it('values of one header are one value, in their order', async () => {
    const recorded = header('/bkt/k', 'PUT', [
      ['X-Amz-Meta-A', '1'],
      ['x-amz-meta-a', '2'],
    ]);
    expect((await ask(recorded)).call?.request.headers.get('x-amz-meta-a')).toBe('1,2');
    expect((await ask({ ...recorded, fields: recorded.fields.toReversed() })).code).toBe(
      'SignatureDoesNotMatch',
    );
  });

  it('x-amz-date takes the place of Date', async () => {
    const recorded = signedV2(
      unsigned('GET', '/bkt/k', [
        ['Date', 'Mon, 01 Jan 2001 00:00:00 GMT'],
        ['x-amz-date', 'Tue, 14 Nov 2023 22:13:20 +0000'],
      ]),
    );
    expect((await ask(recorded)).status).toBe(200);
  });

  it('overrides of response headers', async () => {
    const query =
      'response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22a%26b%3D%22';
    const { call } = await ask(url(`/bkt/k?${query}`));
    expect(call?.parameters.get('response-content-disposition')).toBe(
      'attachment; filename="a&b="',
    );
  });

  it('pages of listings, if each request is signed in its header', async () => {
    const { call } = await ask(header('/bkt?prefix=a&max-keys=2&encoding-type=url'));
    expect(call?.parameters.get('prefix')).toBe('a');
    expect((await ask(header('/bkt?versions&key-marker=a'))).status).toBe(200);
    expect((await ask(header('/bkt/k?uploadId=a&max-parts=2'))).status).toBe(200);
  });

  it('a body in chunks is decoded', async () => {
    const fields = [
      ['x-amz-content-sha256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'],
      ['x-amz-decoded-content-length', '5'],
      ['content-encoding', 'aws-chunked'],
    ] as const;
    const recorded = {
      ...url('/bkt/k', 'PUT', fields),
      body: Buffer.from('5\r\nhello\r\n0\r\n\r\n'),
    };
    expect((await ask(recorded)).body?.toString()).toBe('hello');
  });
});

describe('refused:', () => {
  it.each<[string, Recorded, string]>([
    ['another method', { ...url('/bkt/k'), method: 'DELETE' }, 'SignatureDoesNotMatch'],
    ['another key', changed(url('/bkt/k'), '/k', '/l'), 'SignatureDoesNotMatch'],
    ['an encoding of it', changed(url('/bkt/k'), '/k', '/%6b'), 'SignatureDoesNotMatch'],
    [
      'a later end',
      changed(url('/bkt/k'), `=${EXPIRES}`, `=${EXPIRES + 1}`),
      'SignatureDoesNotMatch',
    ],
    ['another spelling of it', changed(url('/bkt/k'), '=17', '=017'), 'SignatureDoesNotMatch'],
    ['a fraction', changed(url('/bkt/k'), `=${EXPIRES}`, `=${EXPIRES}.0`), 'AccessDenied'],
    ['no end', changed(url('/bkt/k'), `Expires=${EXPIRES}`, 'Expires='), 'AccessDenied'],
    ['no Expires', changed(url('/bkt/k'), `&Expires=${EXPIRES}`, ''), 'AccessDenied'],
    ['no Signature', unsigned('GET', '/bkt/k?AWSAccessKeyId=AK&Expires=1'), 'AccessDenied'],
    ['an unknown key', changed(url('/bkt/k'), 'KeyId=AK', 'KeyId=NO'), 'InvalidAccessKeyId'],
    ['a parameter twice', withParameter(url('/bkt/k'), `Expires=${EXPIRES}`), 'InvalidArgument'],
    ['a signature twice', withParameter(url('/bkt/k'), 'Signature=a'), 'InvalidArgument'],
    [
      'a header more',
      withField(url('/bkt/k', 'PUT'), 'x-amz-acl', 'private'),
      'SignatureDoesNotMatch',
    ],
    [
      'one that reads like it',
      withField(url('/bkt/k', 'PUT'), 'x_amz_acl', 'private'),
      'AccessDenied',
    ],
    ['and like metadata', withField(url('/bkt/k', 'PUT'), 'x-amz_meta-a', 'b'), 'AccessDenied'],
    [
      'a type more',
      withField(url('/bkt/k', 'PUT'), 'Content-Type', 'a/b'),
      'SignatureDoesNotMatch',
    ],
    [
      'a type in the URL',
      withParameter(url('/bkt/k', 'PUT'), 'content-type=a'),
      'SignatureDoesNotMatch',
    ],
    [
      'a type in the URL, as AWS writes it',
      withParameter(url('/bkt/k', 'PUT'), 'Content-Type=a'),
      'SignatureDoesNotMatch',
    ],
    ['an MD5 more', withField(url('/bkt/k', 'PUT'), 'Content-MD5', 'a'), 'SignatureDoesNotMatch'],
    [
      'an ACL in the URL',
      withParameter(url('/bkt/k', 'PUT'), 'x-amz-acl=private'),
      'SignatureDoesNotMatch',
    ],
    [
      'a line break',
      withParameter(url('/bkt/k', 'PUT'), 'x-amz-meta-a=b%0Ax-amz-meta-c:d'),
      'InvalidArgument',
    ],
    ['a colon', withParameter(url('/bkt/k', 'PUT'), 'x-amz-meta-a:b=c'), 'InvalidArgument'],
    ['spaces around', withParameter(url('/bkt/k', 'PUT'), 'x-amz-meta-a=+b'), 'AccessDenied'],
    [
      'two Authorizations',
      withField(header('/bkt/k'), 'Authorization', 'AWS AK:a'),
      'InvalidArgument',
    ],
    [
      'no colon',
      withField(unsigned('GET', '/bkt/k'), 'Authorization', 'AWS AK'),
      'AuthorizationHeaderMalformed',
    ],
    [
      'a header in the query',
      withParameter(header('/bkt/k', 'PUT'), 'x-amz-acl=private'),
      'AccessDenied',
    ],
    ['a session token', withField(url('/bkt/k'), 'x-amz-security-token', 'T'), 'InvalidRequest'],
    ['one in the URL', withParameter(url('/bkt/k'), 'x-amz-security-token=T'), 'InvalidRequest'],
    ['no date', signedV2(unsigned('GET', '/bkt/k')), 'AccessDenied'],
    ['an empty x-amz-date', header('/bkt/k', 'GET', [['x-amz-date', '']]), 'AccessDenied'],
    [
      'a number for a date',
      signedV2(unsigned('GET', '/bkt/k', [['Date', String(EXPIRES)]])),
      'AccessDenied',
    ],
    ['another Date', withField(header('/bkt/k'), 'Date', DATE), 'AccessDenied'],
    [
      'x-amz-date besides',
      withField(header('/bkt/k'), 'x-amz-date', DATE),
      'SignatureDoesNotMatch',
    ],
  ])('%s', async (_, recorded, code) => {
    expect(await ask(recorded)).toMatchObject({ code, call: undefined, passed: [] });
  });

  it.each([
    'attributes',
    'foo',
    'list-type=2',
    'prefix=a',
    'encoding-type=url',
    'versionid=V',
    'ACL',
    'legal-hold',
    'awsaccesskeyid=AK',
    'expires=1',
    'response-content-length=1',
    'X_Amz_Acl=private',
    'Content_Type=a',
    'publicAccessBlock',
  ])('%s in a URL, which version 2 does not sign', async (parameter) => {
    for (const target of ['/bkt', '/bkt/k']) {
      const { code, argument } = await ask(url(`${target}?${parameter}`));
      expect([code, argument]).toEqual(['AccessDenied', parameter.split('=')[0]]);
    }
  });

  it.each([
    header('/bkt?prefix=a', 'PUT'),
    header('/bkt/k?prefix=a'),
    header('/bkt?list-type=2'),
    header('/bkt/k?max-parts=2'),
    header('/bkt/k?uploadId=a&partNumber=1&max-parts=2', 'PUT'),
    header('/bkt?tomorrow'),
  ])('what is not signed in $target', async (recorded) => {
    expect((await ask(recorded)).code).toBe('AccessDenied');
  });

  it.each([
    'versionId=V&response-content-type=text%2Fplain',
    'acl&response-expires=a',
    'partNumber=1&response-expires=a',
    'response-content-type=text%2Fplain%26versionId%3DV',
    'response-content-disposition=a%26response-content-type%3Dtext%2Fhtml',
    'response-content-disposition=a%26acl',
    'versionId=V%26versions',
    'uploadId=a%26b',
  ])('%s, which has the text of another query', async (query) => {
    expect((await ask(url(`/bkt/k?${query}`))).code).toBe('AccessDenied');
  });

  it('but a client that sends the request itself may override by version', async () => {
    const query = 'versionId=V&response-content-type=text%2Fplain';
    expect((await ask(header(`/bkt/k?${query}`))).status).toBe(200);
  });
});

describe('signatures of both versions are refused', () => {
  const at = NOW;
  it.each<[string, () => Recorded | Promise<Recorded>]>([
    ['2 in the header, 4 in the URL', () => withParameter(header('/bkt/k'), 'X-Amz-Signature=a')],
    [
      '4 in the header, 2 in the URL',
      async () => withParameter(await signed({ method: 'GET', path: '/bkt/k' }, at), 'Signature=a'),
    ],
    [
      '4 in the header, a key in the URL',
      async () =>
        withParameter(await signed({ method: 'GET', path: '/bkt/k' }, at), 'AWSAccessKeyId=AK'),
    ],
    ['2 in both', () => withField(url('/bkt/k'), 'Authorization', 'AWS AK:a')],
    [
      '2 in the URL, 4 in the header',
      () => withField(url('/bkt/k'), 'Authorization', 'AWS4-HMAC-SHA256 a'),
    ],
    ['both in the URL', () => withParameter(url('/bkt/k'), 'X-Amz-Algorithm=AWS4-HMAC-SHA256')],
    ['a part of 4 in the URL', () => withParameter(url('/bkt/k'), 'x-amz-credential=a')],
    [
      'both in the URL, 4 valid',
      async () =>
        presigned(
          { method: 'GET', path: '/bkt/k', query: { AWSAccessKeyId: 'AK', Signature: 'a' } },
          at,
        ),
    ],
    ['another scheme', () => withField(url('/bkt/k'), 'Authorization', 'Basic a')],
  ])('%s', async (_, request) => {
    const { status, message, call } = await ask(await request());
    expect([status, message, call]).toEqual([
      400,
      expect.stringContaining('Only one auth mechanism allowed'),
      undefined,
    ]);
  });
});

describe('times', () => {
  const atExpiry = (seconds: number) =>
    presignedV2(unsigned('GET', '/bkt/k'), NOW / 1000 + seconds);
  const week = 604_800;

  it.each([
    [0, 200],
    [-1, 403],
    [week, 200],
    [week + 900, 200],
    [week + 901, 403],
    [1e10, 403],
  ])('a URL that ends in %d seconds', async (seconds, status) => {
    expect((await ask(atExpiry(seconds))).status).toBe(status);
  });

  it('the configuration sets the longest time', async () => {
    const signatureV2 = { mode: 'urls' as const, maxAge: 60_000 };
    expect((await ask(atExpiry(960), { signatureV2 })).status).toBe(200);
    const { status, message } = await ask(atExpiry(961), { signatureV2 });
    expect([status, message]).toEqual([
      403,
      expect.stringContaining('at most 60 seconds from now'),
    ]);
    const { message: ofMistake } = await ask(atExpiry(2 ** 31), { signatureV2 });
    expect(ofMistake).toContain('Invalid date (should be seconds since epoch): ');
  });

  it.each([
    ['Tue, 14 Nov 2023 22:28:20 GMT', undefined],
    ['Tue, 14 Nov 2023 22:28:21 GMT', 'RequestTimeTooSkewed'],
    ['Tue, 14 Nov 2023 21:58:19 GMT', 'RequestTimeTooSkewed'],
    ['Tuesday, 14-Nov-23 22:13:20 GMT', undefined],
    ['Tue Nov 14 22:13:20 2023', undefined],
    ['20231114T221320Z', 'AccessDenied'],
  ])('a header signed at %s', async (date, code = '') => {
    for (const name of ['Date', 'x-amz-date'])
      expect((await ask(signedV2(unsigned('GET', '/bkt/k', [[name, date]])))).code).toBe(code);
  });
});

describe('the option signature_v2', () => {
  it.each([
    ['off', 400, 400],
    ['urls', 200, 400],
    ['all', 200, 200],
  ] as const)('%s', async (mode, ofUrl, ofHeader) => {
    const parts = { signatureV2: { ...SIGNATURE_V2, mode } };
    const answers = [await ask(url('/bkt/k'), parts), await ask(header('/bkt/k'), parts)];
    expect(answers.map(({ status }) => status)).toEqual([ofUrl, ofHeader]);
    for (const { status, message } of answers)
      if (status === 400) expect(message).toContain('Please use AWS4-HMAC-SHA256.');
  });
});
