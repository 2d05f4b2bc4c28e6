import { filterPaths } from '../../../src/pipeline/registry';
import {
  isPlain,
  MAX_TARGET_BYTES,
  MAX_PARAMETERS,
  readTarget,
  type Reading,
} from '../../../src/swift_api/request_target';

const readings: Readonly<Record<Reading, readonly string[]>> = {
  api: [
    '/v1/AUTH_x',
    '/v1/AUTH_x/c/o',
    '/v1.0/AUTH_x/c/o',
    '/%76%31/AUTH_x/c/o',
    '/v1%2FAUTH_x%2Fc%2Fo',
    '/v1/AUTH_x/c/../../../y',
    '/v1/AUTH_x/c//a\\b%2F..;x#y',
    '/v1/AUTH_x/c/o?x=/../v1/AUTH_y',
    '/v1/AUTH_x/c/%00',
    '/v1/../../v1/AUTH_x/c',
    '/v1',
    '/v1/',
    '/info',
    '/info?x',
    '/healthcheck',
    'http://host/v1/AUTH_x/c/o',
    'HTTPS://[::1]:8080/v1/AUTH_x/c/o',
  ],
  outside: [
    '/',
    '*',
    '/auth/v1.0',
    '/bucket/key',
    '/v2/AUTH_x/c',
    '/V1/AUTH_x/c',
    '/a/../b//c',
    '/x?/v1/AUTH_x/c/o',
    '/x/v1/AUTH_x/c/o',
    '//host/x',
    'http://host',
    'http://my_host:1?x=/v1/AUTH_x',
  ],
  ambiguous: [
    '//v1/AUTH_x/c/o',
    '///v1/AUTH_x/c/o',
    '//host/v1/AUTH_x/c/o',
    '/v1//AUTH_x/c/o',
    '/v1/AUTH_x//o',
    '/x/../v1/AUTH_x/c/o',
    '/x/%2e%2e/v1/AUTH_x/c/o',
    '/x/%252e%252e/v1/AUTH_x/c/o',
    '/x%2f..%2fv1/AUTH_x/c/o',
    '/a%2fb/../v1/AUTH_x/c/o',
    '/a%2Fb/%2e%2e/v1%2FAUTH_x',
    '/%2e%2e/v1/AUTH_x/%2e%2e%2F%2e%2e/o',
    '//h/%2e%2e/v1/AUTH_x%2F../.%2e/AUTH_x/c',
    '/x/..;/v1/AUTH_x/c/o',
    '/x/%c0%ae%c0%ae/v1/AUTH_x/c/o',
    '/x%c0%af..%e0%80%afv1/AUTH_x/c/o',
    '/./v1/AUTH_x/c/o',
    '/v1;x/AUTH_x/c/o',
    '/v1\\AUTH_x\\c\\o',
    '/\\v1/AUTH_x/c/o',
    '/%2Fv1/AUTH_x/c/o',
    '/%5Cv1/AUTH_x/c/o',
    '/%2576%31/AUTH_x/c/o',
    '/v%0A1/AUTH_x/c/o',
    '/http://host/v1/AUTH_x/c/o',
    '/http:/v1/AUTH_x/c/o',
    '/x#/../v1/AUTH_x/c/o',
    '/v1%3Fx',
    '/v1%00/AUTH_x/c/o',
    '/x/../info',
    '//healthcheck',
    'http://host//v1/AUTH_x/c/o',
    `/${'%25'.repeat(2000)}`,
  ],
  malformed: [
    'v1/AUTH_x/c/o',
    '\\v1\\AUTH_x\\c\\o',
    '*x',
    'http:/v1/AUTH_x/c/o',
    'http:///v1/AUTH_x/c/o',
    'http:\\\\host\\v1\\AUTH_x\\c\\o',
    'HTTP://u%2fx@host/v1/AUTH_x/c/o',
    'http://u:p@host/v1/AUTH_x/c/o',
    'http://host;/v1/AUTH_x/c/o',
    'http://host\\v1/AUTH_x/c/o',
    'http://host#/v1/AUTH_x/c/o',
    'http://host:80:81/v1/AUTH_x/c/o',
    'http://%68ost/v1/AUTH_x/c/o',
    'http://[::1/v1/AUTH_x/c/o',
    'ftp://host/v1/AUTH_x/c/o',
    'mailto:v1/AUTH_x',
    '',
  ],
};

describe('the target of a request', () => {
  for (const [reading, targets] of Object.entries(readings))
    it.each(targets)(`is ${reading}: %s`, (target) =>
      expect(readTarget(target, filterPaths).reading).toBe(reading),
    );

  it('is a path and a query as they came, and host and port if they are given', () => {
    expect(readTarget('/v1/AUTH_x/c/../%2F?a?b=%2f#c', filterPaths)).toMatchObject({
      path: '/v1/AUTH_x/c/../%2F',
      query: 'a?b=%2f#c',
      authority: undefined,
    });
    expect(readTarget('http://host:81?a', filterPaths)).toMatchObject({
      path: '/',
      query: 'a',
      authority: 'host:81',
    });
  });

  it('begins with what could be a host', () => {
    for (const target of ['//host/x', '/\\host/x', 'http://host//x'])
      expect([target, readTarget(target, filterPaths).hasDoubtfulStart]).toEqual([target, true]);
    expect(readTarget('/%2Fhost/x', filterPaths).hasDoubtfulStart).toBe(false);
  });

  it('is plain if a proxy that folds paths changes nothing', () => {
    const plain = [
      '/v1/AUTH_x/c/o',
      '/v1/AUTH_x/c/a%2Fb',
      '/v1/AUTH_x/c/%C3%A9%20x',
      '/v1/AUTH_x/c/a:b',
    ];
    const folded = [
      'a/../b',
      './a',
      'a//b',
      '%2e%2e',
      'a\\b',
      'a;b',
      'a#b',
      'a%3Fb',
      '%252e',
      'a%00b',
    ];
    for (const path of plain) expect([path, isPlain({ path })]).toEqual([path, true]);
    for (const name of folded)
      expect([name, isPlain({ path: `/v1/AUTH_x/c/${name}` })]).toEqual([name, false]);
  });
});

describe('a target that is too much for a client that nobody knows', () => {
  const withParameters = (count: number) => `/v1/a/c/o?${Array(count).fill('a').join('&')}`;

  it.each([
    ['32 KiB', `/v1/a/c/${'x'.repeat(MAX_TARGET_BYTES - 8)}`, 'api'],
    ['a byte more', `/v1/a/c/${'x'.repeat(MAX_TARGET_BYTES - 7)}`, 'malformed'],
    ['1,000 parameters', withParameters(MAX_PARAMETERS), 'api'],
    ['one more', withParameters(MAX_PARAMETERS + 1), 'malformed'],
    ['a name of many ampersands', `/v1/a/c/${'&'.repeat(1024)}`, 'api'],
  ])('%s', (_, target, reading) => expect(readTarget(target, filterPaths).reading).toBe(reading));
});
