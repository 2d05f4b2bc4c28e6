import fc from 'fast-check';
import { routes } from '../../../../middleware/qsapi/operations';
import { computeQsSignature, SIGNED_PARAMETERS } from '../../../../middleware/qsapi/signature';
import { quote } from '../../../../src/http/bytes';
import { Headers } from '../../../../src/http/headers';
import type { Recorded } from '../../../support/clients/captures';
import {
  changesOf,
  haveOneReading,
  saying,
  type Vocabulary,
} from '../../../support/judges/one_reading';
import { acceptingQs } from '../../../support/clients/qs/requests';
import { runs } from '../../../support/running/runs';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';
const NOW = Date.parse(DATE);
const EXPIRES = String(NOW / 1000 + 300);
const DOMAINS = ['pek3a.example'];
const VIRTUAL = 'bkt-name.pek3a.example';
const HERE = '127.0.0.1:8080';

/** Signs a request as the holder of the secret does. */
function signedForQs(unsigned: Recorded, isUrl: boolean): Recorded {
  const { method, target, fields } = unsigned;
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const allFields = isUrl ? fields : [...fields, ['x-qs-date', DATE] as const];
  const headers = Headers.fromRaw(allFields.flat());
  const folder = headers.get('host') === VIRTUAL ? '/bkt-name' : '';
  const request = { method, path: folder + path, query, headers };
  const signature = computeQsSignature(request, 'SK', isUrl ? EXPIRES : undefined);
  if (!isUrl)
    return { ...unsigned, fields: [...allFields, ['Authorization', `QS AK:${signature}`]] };
  const signatureQuery = `access_key_id=AK&expires=${EXPIRES}&signature=${encodeURIComponent(signature)}`;
  return { ...unsigned, target: `${target}${target.includes('?') ? '&' : '?'}${signatureQuery}` };
}

const { routes: ours, said } = saying(routes);
const { handler: filter } = acceptingQs({ now: () => NOW, domains: DOMAINS, routes: ours });

/** Returns the meaning of a request: operation, bucket, key, and all that is signed. */
async function readingOf(recorded: Recorded): Promise<string | undefined> {
  const request = asRequest(recorded);
  await filter(request);
  const match = said.pop();
  if (match === undefined) return undefined;
  const { name, call } = match;
  const { headers } = call.request;
  const parameters = [...SIGNED_PARAMETERS].map((each) => [each, call.parameters.get(each)]);
  const keys = [...headers.entries()].map(([key]) => key).filter((key) => key.startsWith('x-qs-'));
  const sent = [...new Set(keys)].sort().map((key) => [key, headers.get(key)]);
  const body = [headers.get('content-type') ?? '', headers.get('content-md5') ?? ''];
  return JSON.stringify([name, call.bucket, call.key, parameters, sent, body]);
}

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '&', '=', ' ', '+', '\n', '.'),
  maxLength: 4,
});
/** Values in which their author has hidden another parameter. */
const value = fc.oneof(
  text,
  fc.constantFrom('x&version_id=ID', 'x&version_id', 'x&response-content-type=t'),
);
const FREE = ['response-content-disposition', 'response-content-type', 'image'];
const DECIDING = ['version_id', 'acl', 'delete', 'uploads', 'upload_id', 'part_number', 'versions'];
const HEADERS: readonly (readonly [string, string])[] = [
  ['x-qs-copy-source', '/bkt-name/a b'],
  ['x-qs-meta-a', 'b,c'],
  ['x-qs-meta-a_b', 'c'],
  ['content-type', 'a/b'],
  ['content-type', ''],
];

const requests = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
    host: fc.constantFrom(VIRTUAL, HERE),
    key: text,
    parameters: fc.dictionary(fc.constantFrom(...FREE, ...DECIDING, 'prefix'), value, {
      maxKeys: 3,
    }),
    headers: fc.uniqueArray(fc.constantFrom(...HEADERS), {
      maxLength: 3,
      selector: ([each]) => each,
    }),
    isUrl: fc.boolean(),
  })
  .map(({ method, host, key, parameters, headers, isUrl }) => {
    const query = Object.entries(parameters)
      // a client that sends the request itself may sign any texts with it
      .filter(([name]) => isUrl || !FREE.includes(name))
      .map((pair) => pair.map(encodeURIComponent).join('='));
    const path = `${host === HERE ? '/bkt-name' : ''}/${key.split('/').map(quote).join('/')}`;
    const target = query.length === 0 ? path : `${path}?${query.join('&')}`;
    const fields = [['Host', host] as const, ...headers];
    return signedForQs({ method, target, fields, body: Buffer.alloc(0) }, isUrl);
  });

const VOCABULARY: Vocabulary = {
  methods: ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'],
  hosts: [
    'other.pek3a.example',
    HERE,
    VIRTUAL.toUpperCase(),
    'bkt-name?acl.pek3a.example',
    VIRTUAL,
  ],
  parameters: ['version_id=ID', 'acl', 'upload_id=a', 'Version_Id=ID', 'response-content-type=t'],
  headers: [
    ...HEADERS,
    ['x-qs-copy_source', '/bkt-name/c'],
    ['x_qs_copy_source', '/bkt-name/b'],
    ['x-qs-copy-source', '/bkt-name/b'],
  ],
};

it('two requests with one signature of QingStor never mean two things', () =>
  haveOneReading(changesOf(requests, VOCABULARY), readingOf, {
    numRuns: runs(5000),
    seldom: runs(500),
  }));

it('whatever decides which operation is meant is signed', () => {
  const deciding = routes.flatMap((route) => route.parameters ?? []);
  expect(deciding.filter((name) => !SIGNED_PARAMETERS.has(name))).toEqual([]);
  const headers = routes.flatMap(({ header }) => (header === undefined ? [] : [header]));
  expect(headers.filter((name) => !name.startsWith('x-qs-'))).toEqual([]);
});

it('a header in two spellings is refused, in either order, but for metadata', async () => {
  const outcome = async (...fields: (readonly [string, string])[]) => {
    const unsigned = {
      method: 'PUT',
      target: '/bkt-name/k',
      fields: [['Host', HERE] as const, ...fields],
    };
    const { handler } = acceptingQs({ now: () => NOW });
    return (await handler(asRequest(signedForQs({ ...unsigned, body: Buffer.alloc(0) }, false))))
      .status;
  };
  expect(await outcome(['x-qs-meta-a-b', '1'], ['x-qs-meta-a_b', '2'])).toBe(200);
  const twins = [
    ['x-qs-copy-source', '/bkt-name/a'] as const,
    ['x-qs-copy_source', '/bkt-name/b'] as const,
  ];
  await expect(outcome(...twins)).rejects.toThrow(
    'The header x-qs-copy_source appears in two spellings.',
  );
});

describe('free text that is signed in a URL', () => {
  const outcome = async (recorded: Recorded, parts: Parameters<typeof acceptingQs>[0] = {}) => {
    const { handler, accepted } = acceptingQs({ now: () => NOW, ...parts });
    const response = await handler(asRequest(recorded));
    const message = /"message":"(.*?)[:"]/.exec(textOf(response))?.[1];
    return message === undefined
      ? [...(accepted[0]?.call.parameters ?? [])]
      : `${response.status} ${message}`;
  };
  const signed = (query: string, isUrl = true) =>
    signedForQs(
      {
        method: 'GET',
        target: `/bkt-name/k?${query}`,
        fields: [['Host', HERE]],
        body: Buffer.alloc(0),
      },
      isUrl,
    );

  it('has any bytes, and stays what it is', async () => {
    const recorded = signed('response-content-disposition=x%26version_id=ID');
    expect(await outcome(recorded)).toEqual([['response-content-disposition', 'x&version_id=ID']]);
    const other = { ...recorded, target: recorded.target.replace('%26', '&') };
    expect(await outcome(other)).toBe(
      '403 A signed URL cannot have response-content-disposition and version_id',
    );
  });

  it.each([
    ['response-content-disposition=x&version_id=ID', 'response-content-disposition and version_id'],
    ['version_id=ID&response-expires=x', 'response-expires and version_id'],
    [
      'response-content-type=t&response-cache-control=c',
      'response-cache-control and response-content-type',
    ],
    ['image=a&part_number=1', 'image and part_number'],
  ])('is refused before another: %s', async (query, names) => {
    expect(await outcome(signed(query))).toBe(`403 A signed URL cannot have ${names}`);
    expect(await outcome(signed(query), { takesUrlsWithFreeText: true })).toHaveLength(2);
    expect(await outcome(signed(query, false))).toHaveLength(2);
  });

  it.each([
    'acl&response-content-type=t',
    'part_number=1&response-expires=e',
    'response-expires=e&prefix=p',
  ])('may be the last, or beside what is not signed: %s', async (query) => {
    expect(await outcome(signed(query))).toHaveLength(2);
  });

  it.each([true, false])('no other value has an & (in a URL: %s)', async (isUrl) => {
    expect(await outcome(signed('acl=a%26delete', isUrl), { takesUrlsWithFreeText: true })).toBe(
      '403 The value of acl has an & in it.',
    );
  });
});

it('a bucket in Host is no part of a query', async () => {
  const recorded = signedForQs(
    {
      method: 'GET',
      target: '/bkt-name?versions',
      fields: [['Host', HERE]],
      body: Buffer.alloc(0),
    },
    true,
  );
  const { handler, accepted } = acceptingQs({ now: () => NOW, domains: DOMAINS });
  const target = recorded.target.replace('/bkt-name?versions&', '/?');
  const moved = {
    ...recorded,
    target,
    fields: [['Host', 'bkt-name?versions.pek3a.example'] as const],
  };
  expect([(await handler(asRequest(moved))).status, accepted]).toEqual([401, []]);
});
