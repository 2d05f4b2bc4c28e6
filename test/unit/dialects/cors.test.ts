import fc from 'fast-check';
import { accessKeyIn } from '../../../middleware/s3api/access_key';
import { cosAccessKeyIn } from '../../../middleware/cosapi/signature';
import { qsAccessKeyIn } from '../../../middleware/qsapi/signature';
import { Credentials } from '../../../src/auth/credential';
import { LoginRefused } from '../../../src/auth/logins';
import { Sessions } from '../../../src/buckets/sessions';
import { PartsMemory } from '../../../src/buckets/uploads/parts_memory';
import { addressIn } from '../../../src/dialects/address';
import { CorsExchange, type DialectCors } from '../../../src/dialects/cors';
import { Headers } from '../../../src/http/headers';
import { settingHeaders } from '../../../src/swift_api/cors/stored_rules';
import type { CorsRules } from '../../../src/swift_api/cors/rules';
import { NO_BODY, type Handler, type Request } from '../../../src/swift_api/message';
import { StoreError } from '../../../src/util/store_error';
import { runs } from '../../support/running/runs';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

const PAGE = 'http://page.test';
const RULES: CorsRules = {
  rules: [
    {
      origins: [PAGE],
      methods: ['PUT'],
      headers: ['*'],
      exposed: ['ETag', 'x-amz-version-id'],
      maxAge: 60,
    },
  ],
};

/** A store whose containers have rules, and how often users log in to it. */
function world(rules: CorsRules | undefined, parts: Partial<DialectCors> = {}) {
  const requests: Request[] = [];
  let logins = 0;
  const next: Handler = (request) => {
    requests.push(request);
    const headers = rules === undefined ? undefined : settingHeaders(rules);
    const status = headers === undefined ? 404 : 204;
    return Promise.resolve({ status, headers: headers ?? Headers.none, body: NO_BODY });
  };
  const credential = { accessKey: 'AK', secretKey: 'SK', user: 'u', key: 'k' };
  const cors: DialectCors = {
    power: 'service',
    logins: {
      credentialSource: new Credentials([credential]),
      sessions: new Sessions(() => {
        logins++;
        return Promise.resolve({ token: 'token', accountPath: '/v1/AUTH_test' });
      }),
    },
    anonymous: undefined,
    addressOf: ({ path }) => addressIn(path, undefined),
    accessKeyIn,
    allowsCredentials: true,
    ...parts,
  };
  const exchange = (request: Partial<Request> & { readonly headers: Headers }) => {
    const whole: Request = { ...ROOT_REQUEST, method: 'OPTIONS', path: '/bucket/key', ...request };
    return new CorsExchange(cors, whole, (principal) => ({
      next,
      request: whole,
      user: principal.user,
      parts: new PartsMemory(),
      session: (refused) => principal.session(refused),
    }));
  };
  return { requests, exchange, logins: () => logins };
}

const announcing = (method = 'PUT', origin = PAGE) =>
  Headers.of({
    Origin: origin,
    'Access-Control-Request-Method': method,
    Cookie: 'secret',
    'X-Auth-Token': 'mine',
  });
const BY_KEY = 'X-Amz-Credential=AK%2F20260101%2Fr%2Fs3%2Faws4_request';

describe('a preflight', () => {
  it('sends one HEAD of the container as the service user, and nothing of the client', async () => {
    const { requests, exchange } = world(RULES);
    await exchange({ headers: announcing(), query: BY_KEY }).preflight();
    expect(requests).toHaveLength(1);
    const [head] = requests;
    expect(head).toMatchObject({ method: 'HEAD', path: '/v1/AUTH_test/bucket', query: '' });
    expect([...(head?.headers.byName().keys() ?? [])]).toEqual(['x-trans-id-extra']);
    const authority = head?.authority === 'client' ? undefined : head?.authority;
    const other = { ...(head as Request), path: '/v1/AUTH_test/bucket/key' };
    expect(() => authority?.check(head as Request)).not.toThrow();
    expect(() => authority?.check(other)).toThrow('beyond the authority');
  });

  it('logs the owner of the key in once, however many there are', async () => {
    const { exchange, logins } = world(RULES);
    for (let i = 0; i < 3; i++)
      await exchange({ headers: announcing(), query: BY_KEY }).preflight();
    expect(logins()).toBe(1);
  });

  it.each<[string, string, Partial<DialectCors>]>([
    ['a key that nobody has', BY_KEY.replace('AK', 'other'), {}],
    ['two keys', `${BY_KEY}&AWSAccessKeyId=AK`, {}],
    ['the same key twice', 'AWSAccessKeyId=AK&AWSAccessKeyId=AK', {}],
    ['no key', '', {}],
    [
      'a key that nobody has, though unsigned requests are allowed',
      BY_KEY.replace('AK', 'other'),
      { anonymous: { account: 'AUTH_open', token: undefined } },
    ],
  ])('by %s sends nothing, and logs nobody in', async (_, query, parts) => {
    const { requests, exchange, logins } = world(RULES, parts);
    const preflight = exchange({ headers: announcing(), query }).preflight();
    // two keys name none, so with an anonymous account it would be that
    await expect(preflight).rejects.toMatchObject({ code: 'cors-forbidden' });
    expect([requests.length, logins()]).toEqual([0, 0]);
  });

  it('by the key of a user who cannot log in does not say so', async () => {
    const { exchange } = world(RULES, {
      logins: {
        credentialSource: new Credentials([
          { accessKey: 'AK', secretKey: 'SK', user: 'u', key: 'k' },
        ]),
        sessions: new Sessions(() => Promise.reject(new LoginRefused('no'))),
      },
    });
    const preflight = exchange({ headers: announcing(), query: BY_KEY }).preflight();
    await expect(preflight).rejects.toMatchObject({ code: 'cors-forbidden' });
  });

  it('by no key is one of the anonymous account', async () => {
    const anonymous = { account: 'AUTH_open', token: undefined };
    const { requests, exchange, logins } = world(RULES, { anonymous });
    expect((await exchange({ headers: announcing() }).preflight()).status).toBe(200);
    expect([requests[0]?.path, logins()]).toEqual(['/v1/AUTH_open/bucket', 0]);
  });

  it('without a service user is sent as the owner of the key, who logs in again', async () => {
    const { requests, exchange } = world(RULES, { power: 'client' });
    await exchange({ headers: announcing(), query: BY_KEY }).preflight();
    expect(
      requests.map(({ headers, authority }) => [headers.get('x-auth-token'), authority]),
    ).toEqual([['token', 'client']]);
  });

  it.each([undefined, RULES])('is refused in the same words, with the rules %#', async (rules) => {
    const { exchange } = world(rules);
    const error: unknown = await exchange({
      headers: announcing('PUT', 'http://other.test'),
      query: BY_KEY,
    })
      .preflight()
      .catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: 'cors-forbidden',
      message: expect.stringMatching(/^CORSResponse: This CORS request is not allowed/) as unknown,
      details: { fields: { Method: 'PUT', ResourceType: 'OBJECT' } },
    });
  });

  it.each(['/', '/b+segments/key', '/ab', '/..%2fbucket/key'])(
    'of %s reaches no container',
    async (path) => {
      const { requests, exchange } = world(RULES);
      const preflight = exchange({ headers: announcing(), query: BY_KEY, path }).preflight();
      await expect(preflight).rejects.toMatchObject({
        code: expect.stringMatching(/^(cors-forbidden|invalid-bucket-name)$/) as unknown,
      });
      expect(requests).toEqual([]);
    },
  );
});

describe('a response', () => {
  const plain = Headers.of({ ETag: 'x' });

  it('to a request without an origin is as it is, and nothing is read for it', async () => {
    const { requests, exchange } = world(RULES);
    const request = { method: 'PUT', headers: Headers.none, query: BY_KEY };
    expect(await exchange(request).headersFor(plain)).toBe(plain);
    expect(requests).toEqual([]);
  });

  it('is for no page if the store does not answer', async () => {
    const { exchange } = world(RULES, {
      logins: {
        credentialSource: {
          find: () => Promise.reject(new StoreError('unavailable', 'no answer')),
        },
        sessions: new Sessions(() => Promise.reject(new Error('nobody logs in'))),
      },
    });
    const request = { method: 'PUT', headers: Headers.of({ Origin: PAGE }), query: BY_KEY };
    const headers = await exchange(request).headersFor(plain);
    expect([...headers.entries()]).toEqual([
      ['etag', 'x'],
      ['vary', 'Origin'],
    ]);
  });

  it('has the rules from before the operation', async () => {
    const { exchange, requests } = world(RULES);
    const one = exchange({ method: 'PUT', headers: Headers.of({ Origin: PAGE }) });
    one.begin({
      user: 'u',
      session: () => Promise.resolve({ account: 'AUTH_signer', token: 't' }),
    });
    await one.begun();
    expect(requests.map(({ path }) => path)).toEqual(['/v1/AUTH_signer/bucket']);
    expect((await one.headersFor(plain)).get('access-control-allow-origin')).toBe(PAGE);
    expect(requests).toHaveLength(1);
  });
});

test('any origin never comes with credentials, and no origin but that of the page is named', async () => {
  const origin = fc.constantFrom(PAGE, 'http://other.test', 'null', '*', 'http://page.test, x');
  const pattern = fc.constantFrom('*', PAGE, 'http://*', 'null', '*.test');
  const rule = fc.record({
    origins: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    methods: fc.constant(['PUT', 'GET']),
    headers: fc.constant(['*']),
    exposed: fc.constant([]),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(rule, { minLength: 1, maxLength: 3 }),
      origin,
      async (rules, from) => {
        const { exchange } = world({ rules });
        const asked = exchange({ headers: announcing('PUT', from), query: BY_KEY });
        const preflight = await asked.preflight().catch(() => undefined);
        const request = { method: 'PUT', headers: Headers.of({ Origin: from }), query: BY_KEY };
        const response = await exchange(request).headersFor(Headers.none);
        for (const headers of [preflight?.headers ?? Headers.none, response]) {
          const allowed = headers.get('access-control-allow-origin');
          const credentials = headers.get('access-control-allow-credentials');
          expect([undefined, '*', from]).toContain(allowed);
          const isNamed = allowed !== undefined && allowed !== '*' && allowed !== 'null';
          expect(credentials).toBe(isNamed ? 'true' : undefined);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});

describe('the access key that a request names', () => {
  const s3 = (query: string, authorization?: string) =>
    accessKeyIn({ ...ROOT_REQUEST, query, headers: Headers.of({ Authorization: authorization }) });

  test.each<[string, string | undefined, string | undefined]>([
    ['X-Amz-Credential=a%2Fb%3Ac%2F20260101%2Fr%2Fs3%2Faws4_request', undefined, 'a/b:c'],
    ['AWSAccessKeyId=test%3Atester&Signature=x', undefined, 'test:tester'],
    [
      '',
      'AWS4-HMAC-SHA256 Credential=AK/20260101/r/s3/aws4_request, SignedHeaders=h, Signature=x',
      'AK',
    ],
    ['', 'AWS4-HMAC-SHA256 SignedHeaders=h,Credential=AK/20260101/r/s3/aws4_request', 'AK'],
    ['', 'AWS test:tester:signature=', 'test:tester'],
    ['X-Amz-Credential=AK', undefined, undefined],
    ['AWSAccessKeyId=AK', 'AWS AK:x', undefined],
    ['', 'Basic x:y', undefined],
    ['', undefined, undefined],
  ])('of S3: ?%s, %s', (query, authorization, expected) =>
    expect(s3(query, authorization)).toBe(expected),
  );

  test.each<[string, string | undefined, string | undefined]>([
    ['q-ak=test%3Atester&q-signature=x', undefined, 'test:tester'],
    ['', 'q-sign-algorithm=sha1&q-ak=a+b&q-signature=x', 'a+b'],
    ['q-ak=a&q-ak=a', undefined, undefined],
    ['q-ak=a', 'q-sign-algorithm=sha1&q-ak=a', undefined],
  ])('of COS: ?%s, %s', (query, authorization, expected) =>
    expect(cosAccessKeyIn(authorization, query)).toBe(expected),
  );

  test.each<[string, string | undefined, string | undefined]>([
    ['access_key_id=test%3Atester&expires=1', undefined, 'test:tester'],
    ['', 'QS test:tester:x=', 'test:tester'],
    ['access_key_id=a&access_key_id=b', undefined, undefined],
    ['access_key_id=a', 'QS a:x', undefined],
  ])('of QingStor: ?%s, %s', (query, authorization, expected) =>
    expect(qsAccessKeyIn(authorization, query)).toBe(expected),
  );
});
