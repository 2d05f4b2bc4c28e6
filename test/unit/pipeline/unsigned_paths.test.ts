import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Headers } from '../../../src/http/headers';
import { readConfig } from '../../../src/pipeline/load';
import { runs } from '../../support/running/runs';

const SAMPLE = readFileSync(join(__dirname, '../../../config/embedded.conf'), 'utf8');

/** A configuration in which S3's API answers unsigned requests by path. */
const config = readConfig(
  SAMPLE.replace('use = s3api', 'use = s3api\nanonymous_account = AUTH_test')
    .replace('use = cosapi', 'use = cosapi\nstorage_domain = cos.example')
    .replace('use = tempauth', 'use = tempauth\nauth_prefix = /login/'),
  'test.conf',
  {},
);
const passthrough = {
  rules: [
    { methods: ['GET'], path: '/recon/', isPrefix: true },
    { methods: ['GET'], path: '/status-page', isPrefix: false },
  ],
  hosts: ['.sites.example'],
};

function owns(target: string, method = 'GET', headers: Record<string, string> = {}): boolean {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  return config.ownsUnsigned({ method, path, query, headers: Headers.of(headers) }, passthrough);
}

test.each([
  '/bucket/key',
  '/bucket',
  '/bucket/',
  '/bucket/a/b%2Fc%20d',
  '/bucket/key?versionId=x',
  '/bucket?list-type=2&prefix=a',
  '/recons/x',
  '/status-page/x',
  '/logins/x',
  '/healthchecks',
])('%s is of the API', (target) => {
  expect(owns(target)).toBe(true);
  expect(owns(target, 'HEAD')).toBe(true);
});

const PREFLIGHT = { Origin: 'http://page.test', 'Access-Control-Request-Method': 'PUT' };

test('a preflight of such a path is, too, and nothing else', () => {
  expect(owns('/bucket/key', 'OPTIONS', PREFLIGHT)).toBe(true);
  expect(owns('/bucket/key', 'OPTIONS')).toBe(false);
  expect(owns('/bucket/key', 'OPTIONS', { Origin: 'http://page.test' })).toBe(false);
  for (const method of ['PUT', 'POST', 'DELETE', 'COPY', 'PATCH', 'get'])
    expect(owns('/bucket/key', method, PREFLIGHT)).toBe(false);
});

const NAMED = [
  '/',
  '/ab/key',
  '/b+segments/key',
  '/v1/AUTH_test/c/o',
  '/v1.0/AUTH_test/c',
  '/v1',
  '/v2.0/tokens',
  '/info',
  '/healthcheck',
  '/auth/v1.0',
  '/auth',
  '/login/v1.0',
  '/login',
  '/recon/load',
  '/recon',
  '/status-page',
  // other readers may read one of these
  '/bucket/../v1/AUTH_test/c',
  '/x/%2e%2e/recon/load',
  '/%72econ/load',
  '//recon/load',
  '//host/path',
  '/bucket/..%2f..%2finfo',
];
test.each(NAMED)('%s is not', (target) => {
  expect(owns(target)).toBe(false);
  expect(owns(target, 'OPTIONS', PREFLIGHT)).toBe(false);
});

test.each([
  'temp_url_sig=x',
  'X-Amz-Signature=x',
  'x-amz-credential=x',
  'AWSAccessKeyId=x',
  'Signature=x',
  'Expires=1',
  'q-ak=x',
  'q-signature=x',
  'access_key_id=x',
  'signature=x',
  '%58-Amz-Algorithm=x',
])('a request with a part of a signature is not: ?%s', (query) =>
  expect(owns(`/bucket/key?a=b&${query}`)).toBe(false),
);

test.each([
  { Authorization: 'Basic eDp5' },
  { 'X-Auth-Token': 'x' },
  { X_Auth_Token: 'x' },
  { 'X-Storage-Token': 'x' },
  { 'X-Service-Token': 'x' },
  { 'X-Auth-User': 'x' },
  { 'X-Auth-Key': 'x' },
  { 'X-Storage-User': 'x' },
])('a request with a credential is not: %p', (headers) =>
  expect(owns('/bucket/key', 'GET', headers as Record<string, string>)).toBe(false),
);

test.each([
  'bucket-1250000000.cos.ap-chengdu.myqcloud.com',
  'bucket.cos.example',
  'bucket.pek3a.qingstor.com',
  'www.sites.example',
])('a request for the host %s is not', (Host) =>
  expect(owns('/bucket/key', 'GET', { Host })).toBe(false),
);

test('a form of S3 and a signed request are of the filter that claims them', () => {
  const authorization = { Authorization: 'AWS4-HMAC-SHA256 Credential=x' };
  expect(owns('/bucket/key', 'GET', authorization)).toBe(false);
});

test('nothing is without anonymous_account', () => {
  const without = readConfig(SAMPLE, 'test.conf', {});
  const head = { method: 'GET', path: '/bucket/key', query: '', headers: Headers.none };
  expect(without.ownsUnsigned(head, passthrough)).toBe(false);
});

test('whatever is around it, no reading of a path leads to what others name', () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '%2f',
    '.',
    '..',
    '%2e',
    '\\',
    '%5c',
    ';x',
    'bucket',
    'key',
    '%00',
    '%09',
  );
  const named = fc.constantFrom(
    'recon/load',
    'auth/v1.0',
    'login/x',
    'info',
    'v1/AUTH_test',
    'healthcheck',
  );
  const target = fc
    .tuple(fc.array(piece, { maxLength: 5 }), named)
    .map(([before, end]) => `/${before.join('')}/${end}`);
  fc.assert(
    fc.property(target, (path) => {
      const normal = new URL(`http://x${path.replaceAll('\\', '/')}`).pathname.replace(/\/+/g, '/');
      fc.pre(/^\/(recon\/|auth\/|login\/|info$|v1\/|healthcheck$)/.test(normal));
      expect(owns(path)).toBe(false);
    }),
    { numRuns: runs(500) },
  );
});
