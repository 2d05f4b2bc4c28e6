import fc from 'fast-check';
import { Headers } from '../../../../src/http/headers';
import { CORS_METHODS, type CorsRule, type CorsRules } from '../../../../src/swift_api/cors/rules';
import {
  changesSwiftRule,
  OWN_RULES_REMOVAL,
  readOwnRules,
  readRules,
  RULES_REMOVAL,
  settingHeaders,
} from '../../../../src/swift_api/cors/stored_rules';
import { LIMITS } from '../../../../src/swift_api/constraints';
import { isReserved } from '../../../../src/swift_api/reserved';
import { runs } from '../../../support/running/runs';

/** A container's metadata after requests with these headers, as a store keeps it. */
function containerAfter(...requests: readonly (Headers | undefined)[]): Headers {
  const kept = new Map<string, string>();
  for (const request of requests)
    for (const [name, value] of request?.entries() ?? []) {
      if (name.startsWith('x-remove-')) kept.delete(`x-${name.slice('x-remove-'.length)}`);
      else kept.set(name, value);
    }
  return Headers.of(Object.fromEntries(kept));
}

const swiftHeaders = (headers: Headers) =>
  Object.fromEntries([...headers.entries()].filter(([name]) => !isReserved(name)));

const DEFAULTS =
  'cache-control content-language content-type expires last-modified pragma etag x-timestamp x-trans-id x-openstack-request-id'.split(
    ' ',
  );
/** What Swift's headers can express. */
const OPEN: CorsRule = {
  origins: ['http://a.test', 'http://b.test'],
  methods: CORS_METHODS,
  headers: ['*'],
  exposed: [...DEFAULTS, 'x-more'],
  maxAge: 60,
};
const PREFIX = 'x-container-meta-access-control-';

const word = fc.stringMatching(/^[a-zA-Z0-9.:/*-]{1,12}$/);
const rule: fc.Arbitrary<CorsRule> = fc.record(
  {
    id: fc.stringMatching(/^[ -~\x80-\xff]{1,20}$/),
    origins: fc.array(word, { minLength: 1, maxLength: 4 }),
    methods: fc.subarray([...CORS_METHODS], { minLength: 1 }),
    headers: fc.array(word, { maxLength: 4 }),
    exposed: fc.array(word, { maxLength: 4 }),
    maxAge: fc.nat(),
  },
  { requiredKeys: ['origins', 'methods', 'headers', 'exposed'] },
);

test('rules are read as they were set, whatever was set before', () => {
  const rules: fc.Arbitrary<CorsRules> = fc.record(
    { rules: fc.array(rule, { minLength: 1, maxLength: 8 }), varies: fc.constant(true) },
    { requiredKeys: ['rules'] },
  );
  fc.assert(
    fc.property(rules, rules, (first, second) => {
      const [before, after] = [settingHeaders(first), settingHeaders(second)];
      fc.pre(before !== undefined && after !== undefined);
      const container = containerAfter(before, after);
      expect(readRules(container)).toEqual(second);
      expect(readRules(containerAfter(before, RULES_REMOVAL))).toBeUndefined();
    }),
    { numRuns: runs(300) },
  );
});

test('what Swift expresses is shown in its headers, and comes back', () => {
  const container = containerAfter(
    settingHeaders({ rules: [{ ...OPEN, maxAge: undefined, headers: [] }] }),
    settingHeaders({ rules: [OPEN] }),
  );
  expect(swiftHeaders(container)).toEqual({
    [`${PREFIX}allow-origin`]: 'http://a.test http://b.test',
    [`${PREFIX}max-age`]: '60',
    [`${PREFIX}expose-headers`]: 'x-more',
  });
  expect([...container.entries()]).toHaveLength(3);
  expect(readRules(container)).toEqual({ rules: [OPEN] });
  expect(readOwnRules(container)).toBeUndefined();
});

test.each<[string, CorsRules]>([
  ['a method is missing', { rules: [{ ...OPEN, methods: ['GET', 'PUT', 'POST', 'DELETE'] }] }],
  ['headers are limited', { rules: [{ ...OPEN, headers: ['x-*'] }] }],
  ['an origin is a pattern', { rules: [{ ...OPEN, origins: ['http://*.test'] }] }],
  ['fewer headers are exposed', { rules: [{ ...OPEN, exposed: ['etag'] }] }],
  ['it has an id', { rules: [{ ...OPEN, id: 'x' }] }],
  ['there are two', { rules: [OPEN, OPEN] }],
  ['all responses vary', { rules: [OPEN], varies: true }],
  ['the origins are too long', { rules: [{ ...OPEN, origins: [`http://${'a'.repeat(250)}`] }] }],
])('Swift clients see no rule if %s', (_, rules) => {
  const container = containerAfter(settingHeaders({ rules: [OPEN] }), settingHeaders(rules));
  expect(swiftHeaders(container)).toEqual({});
  expect(readOwnRules(container)).toEqual(rules);
});

test('what a Swift client sets becomes the one rule', () => {
  const own = settingHeaders({ rules: [{ ...OPEN, id: 'x' }] });
  const change = Headers.of({ 'X-Container-Meta-Access-Control-Allow-Origin': '*' });
  expect(changesSwiftRule(change)).toBe(true);
  for (const container of [
    containerAfter(own, change.withAll(OWN_RULES_REMOVAL)),
    // in a store that other proxies write to
    containerAfter(own, change),
  ])
    expect(readRules(container)).toEqual({
      rules: [{ origins: ['*'], methods: CORS_METHODS, headers: ['*'], exposed: DEFAULTS }],
    });
});

test.each([
  [{ 'X-Container-Meta-Access-Control-Max-Age': '1' }, true],
  [{ x_remove_container_meta_access_control_expose_headers: 'x' }, true],
  [{ 'X-Container-Meta-Access-Control': '1', 'X-Container-Read': '.r:*' }, false],
])('%p changes the rule of Swift: %p', (headers, expected) =>
  expect(changesSwiftRule(Headers.of(headers))).toBe(expected),
);

test.each(['', ' ', 'http://*.test', 'http*'])(
  'the origin %p of Swift allows no page in any API',
  (origin) => {
    const container = Headers.of({ [`${PREFIX}allow-origin`]: origin });
    expect(readRules(container)).toBeUndefined();
  },
);

test("Swift's other values are taken if they mean something", () => {
  const container = Headers.of({
    [`${PREFIX}allow-origin`]: ' http://a.test  http://*.b.test ',
    [`${PREFIX}max-age`]: 'never',
    [`${PREFIX}expose-headers`]: 'X-A  *  ümlaut ETag',
  });
  expect(readRules(container)?.rules).toEqual([
    { ...OPEN, origins: ['http://a.test'], exposed: [...DEFAULTS, 'x-a'], maxAge: undefined },
  ]);
});

test.each(['', '1', '2abc', '1@@@', `1${Buffer.from('x').toString('base64url')}`])(
  'unreadable rules %p allow nothing',
  (piece) => {
    const container = Headers.of({ 'X-Container-Meta-Hindsight-Cors-0': piece });
    expect(readRules(container)).toBeUndefined();
  },
);

test('what does not fit is not set; what fits leaves room for other metadata', () => {
  const many = (n: number): CorsRules => ({
    rules: Array.from({ length: n }, (_, i) => ({
      ...OPEN,
      id: `rule ${i}`,
      origins: [`https://customer-${i * 7919}.example.com`],
    })),
  });
  const headers = settingHeaders(many(100));
  const container = containerAfter(headers);
  expect(readRules(container)).toEqual(many(100));
  const sizes = [...container.entries()].map(([name, value]) => [
    name.length - 'x-container-meta-'.length,
    value.length,
  ]);
  expect(Math.max(...sizes.map(([, size = 0]) => size))).toBeLessThanOrEqual(
    LIMITS.max_meta_value_length,
  );
  expect(sizes.flat().reduce((a, b) => a + b, 0)).toBeLessThan(LIMITS.max_meta_overall_size - 800);
  expect(settingHeaders(many(1000))).toBeUndefined();
});
