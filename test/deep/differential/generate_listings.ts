import fc from 'fast-check';
import { pick, weighted, withHeaders } from './generate_parts';
import { ROLES } from './places';
import { headerText, type Step, type User } from './steps';

type Fields = Readonly<Record<string, string>>;

const users: fc.Arbitrary<User> = weighted<User>([
  [10, fc.constant('tester')],
  [3, pick(['tester2', 'tester3', 'admin', 'anonymous'])],
  [0.5, fc.constant('badtoken')],
]);

const container = weighted([
  [4, fc.constant('w')],
  [1, fc.constant('v')],
]);

/** A query in which each parameter is absent more often than not. */
function query(parameters: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<string> {
  return withHeaders(parameters).map((values) => {
    const pairs = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? '' : '?' + pairs.join('&');
  });
}

const FORMATS = ['json', 'xml', 'plain', 'JSON', 'x', '', '%ff'];
const LIMITS = ['1', '2', '0', '-1', 'x', '10000', '10001', ''];
const TRUE = ['true', 'on', 'no', ''];

const accept = withHeaders({
  Accept: [
    'application/json',
    'text/xml',
    'application/xml;q=0.5, text/plain;q=0.9',
    'text/*',
    '*/*',
    'image/png',
    'text/plain;q=0',
    'junk',
    '',
  ],
  Origin: ['http://a.example'],
});

const objectQuery = query({
  format: FORMATS,
  prefix: ['d', 'd/', 'd/e/', '{n0}', 'zz', '%C3', '%ff', ''],
  delimiter: ['/', '-', '/e', '%C3%A9', '', 'ab'],
  marker: ['d/', 'd/1', 'd/2', '{n0}', 'zz', '%ff'],
  end_marker: ['d/2', 'e', '{n1}', 'a'],
  limit: LIMITS,
  reverse: TRUE,
  path: ['', '/', 'd', 'd/', 'd/e', 'zz'],
});

const listing: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    at: container,
    query: objectQuery,
    headers: accept,
    method: pick(['GET', 'GET', 'HEAD']),
  })
  .map(({ user, at, query, headers, method }) => ({
    user,
    method,
    account: ROLES[at]!.account,
    path: `/{${at}}${query}`,
    headers,
  }));

/** Only containers of the sequence; those of other sequences come and go. */
const accountQuery = query({
  format: FORMATS,
  delimiter: ['-', '-l', ''],
  marker: ['{p}', '{w}', 'zz'],
  end_marker: ['{x}', '{p}'],
  limit: LIMITS,
  reverse: TRUE,
}).map((text) => `${text}${text === '' ? '?' : '&'}prefix={base}`);

const accountListing: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    account: pick(['test', 'test', 'test2'] as const),
    query: accountQuery,
    headers: accept,
    method: pick(['GET', 'GET', 'GET', 'HEAD']),
  })
  .map(({ query, ...step }) => ({ ...step, path: query }));

const many = (count: number, length: number): Fields =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`X-Container-Meta-N${i}`, 'v'.repeat(length)]),
  );

const ACLS = [
  '.r:*',
  '.r:*,.rlistings',
  '.r:-a.example,.r:.example',
  'test2:tester2',
  'test:tester3',
  'test2',
  '*:*',
  ' test:tester3 , test2:tester2,',
  '.ref: *.example',
  '.r:',
  '.x:y',
  '',
  headerText('tést:é'),
];

const changes = weighted<Fields>([
  [
    4,
    withHeaders({
      'X-Container-Read': ACLS,
      'X-Container-Write': ACLS,
      'X-Container-Meta-Colour': ['red', '', headerText('grün')],
      'X-Container-Meta-Access-Control-Allow-Origin': [
        '*',
        'http://a.example',
        'http://a.example http://b.example',
        '',
      ],
      'X-Container-Meta-Access-Control-Max-Age': ['5', 'x'],
      'X-Container-Meta-Access-Control-Expose-Headers': ['X-Object-Meta-Colour x-other', ''],
      'X-Remove-Container-Read': ['x'],
      'X-Remove-Container-Meta-Colour': ['x', ''],
    }),
  ],
  [
    1,
    pick<Fields>([
      { ['X-Container-Meta-' + 'n'.repeat(128)]: 'v' },
      { ['X-Container-Meta-' + 'n'.repeat(129)]: 'v' },
      { 'X-Container-Meta-': 'v' },
      { 'X-Container-Meta-Long': 'v'.repeat(256) },
      { 'X-Container-Meta-Long': 'v'.repeat(257) },
      { 'X-Container-Meta-Bytes': '\xff' },
      many(30, 1),
      many(91, 1),
      many(17, 250),
      { 'X-Container-Sysmeta-A': 'b' },
      { 'X-Storage-Policy': 'none' },
      { 'X-Container-Meta-Temp-URL-Key': 'secret' },
      { 'X-Timestamp': '1' },
    ]),
  ],
]);

const change: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    at: weighted([
      [6, container],
      [1, pick(['m', 'l'])],
    ]),
    method: pick(['POST', 'POST', 'PUT', 'DELETE']),
    headers: changes,
  })
  .map(({ user, at, method, headers }) => ({
    user,
    method,
    account: ROLES[at]!.account,
    path: `/{${at}}`,
    ...(method !== 'DELETE' && { headers }),
  }));

const preflight: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    at: container,
    object: pick(['', '/d/1', '/{n0}']),
    headers: withHeaders({
      Origin: ['http://a.example', 'http://b.example', ''],
      'Access-Control-Request-Method': ['GET', 'PUT', 'COPY', 'PATCH', ''],
      'Access-Control-Request-Headers': ['x-auth-token, x-other', ''],
    }),
  })
  .map(({ user, at, object, headers }) => ({
    user,
    method: 'OPTIONS',
    account: ROLES[at]!.account,
    path: `/{${at}}${object}`,
    headers,
  }));

const odd: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    method: pick(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'COPY', 'OPTIONS', 'PATCH']),
    path: pick([
      '/{w}/',
      '//',
      '/',
      '/{w}//',
      '/{m}',
      '/{m}/x',
      '/%ff',
      '/{w}/%ff',
      '/{w}%2Fd%2F1',
      '',
    ]),
  })
  // no account is changed or deleted, since other sequences use it
  .filter(({ method, path }) => !/^(PUT|POST|DELETE)$/.test(method) || /^\/[{%]/.test(path))
  // an account is only queried about this sequence's containers
  .map(({ path, ...step }) => ({
    ...step,
    account: 'test' as const,
    path: /^\/?\/?$/.test(path) ? `${path}?prefix={base}` : path,
  }));

/**
 * Lists accounts and containers, changes container metadata and ACLs, sends preflights.
 */
export const listingStep: fc.Arbitrary<Step> = weighted([
  [5, listing],
  [2, accountListing],
  [3, change],
  [1, preflight],
  [1, odd],
]);
