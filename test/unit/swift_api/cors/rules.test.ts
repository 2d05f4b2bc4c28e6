import { grantOf, type CorsRule } from '../../../../src/swift_api/cors/rules';

const RULE: CorsRule = {
  origins: ['https://*.example.com', 'http://one.test'],
  methods: ['GET', 'PUT'],
  headers: ['x-amz-*', 'Content-Type'],
  exposed: [],
};

const grant = (
  origin: string,
  method = 'GET',
  headers: readonly string[] = [],
  rules: readonly CorsRule[] = [RULE],
) => grantOf({ rules }, { origin, method, headers })?.origin;

test.each([
  'https://a.example.com',
  'https://a.b.example.com',
  'https://.example.com',
  'http://one.test',
])('the origin %s is allowed by its name', (origin) => expect(grant(origin)).toBe(origin));

test.each([
  'https://example.com',
  'http://a.example.com',
  'https://a.example.com.evil.test',
  'https://a.example.com:8080',
  'HTTP://one.test',
  'http://one.test/',
  'http://one.testing',
  'null',
  '',
])('the origin %p is not allowed', (origin) => expect(grant(origin)).toBeUndefined());

test('a pattern does not overlap with itself', () => {
  const rule = { ...RULE, origins: ['http://aba*aba'] };
  expect(grant('http://aba', 'GET', [], [rule])).toBeUndefined();
  expect(grant('http://abaaba', 'GET', [], [rule])).toBe('http://abaaba');
});

test.each([
  [['content-type'], true],
  [['CONTENT-TYPE', 'X-Amz-Meta-A'], true],
  [['x-amz-'], true],
  [['authorization'], false],
  [['content-type', 'authorization'], false],
  [['content-types'], false],
])('the headers %p', (headers, isAllowed) =>
  expect(grant('http://one.test', 'PUT', headers) !== undefined).toBe(isAllowed),
);

test('methods are those of the rule, in capitals', () => {
  const allowed = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'get', ''].filter(
    (method) => grant('http://one.test', method) !== undefined,
  );
  expect(allowed).toEqual(['GET', 'PUT']);
});

test('the first rule that allows a request counts', () => {
  const rules = [
    { ...RULE, methods: ['DELETE'], exposed: ['first'] },
    { ...RULE, origins: ['*'], exposed: ['second'] },
    { ...RULE, exposed: ['third'] },
  ];
  const request = { origin: 'http://one.test', method: 'GET', headers: [] };
  const granted = grantOf({ rules }, request);
  expect([granted?.origin, granted?.rule.exposed]).toEqual(['*', ['second']]);
});

test('a preflight that announces very many headers is refused', () => {
  const rules = [{ ...RULE, headers: ['*'] }];
  const names = (n: number) => Array.from({ length: n }, (_, i) => `x-${i}`);
  expect(grant('http://one.test', 'GET', names(256), rules)).toBeDefined();
  expect(grant('http://one.test', 'GET', names(257), rules)).toBeUndefined();
});
