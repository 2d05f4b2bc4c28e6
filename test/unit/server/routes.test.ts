import { filterPaths } from '../../../src/pipeline/registry';
import {
  passthroughHostsOption,
  passthroughOption,
  type Passthrough,
} from '../../../src/config/passthrough';
import { Headers } from '../../../src/http/headers';
import { readTarget } from '../../../src/swift_api/request_target';
import type { RequestHead } from '../../../src/plugin/plugin';
import { routeOf, type Route } from '../../../src/server/routes';

const passthrough: Passthrough = {
  rules: passthroughOption.parse(undefined),
  hosts: passthroughHostsOption.parse('.sites.test'),
};
const SIGNED = { Authorization: 'AWS key:signature' };

function route(
  line: string,
  headers: Record<string, string> = {},
  { claimed = false, isEmbedded = false } = {},
): Route {
  const [method = '', target = ''] = line.split(' ');
  const head = { method, target: readTarget(target, filterPaths), headers: Headers.of(headers) };
  return routeOf(
    head,
    { claims: () => claimed, ownsUnsigned: () => false },
    isEmbedded ? undefined : passthrough,
  );
}

const ROUTES: readonly (readonly [Route, string, Record<string, string>?])[] = [
  ['pipeline', 'PUT /v1/AUTH_x/c/../o'],
  ['pipeline', 'COPY http://host/v1/AUTH_x/c/o'],
  ['pipeline', 'GET /v1/AUTH_x/c/o', { Host: 'c.sites.test' }],
  ['pipeline', 'DELETE /v1/AUTH_x/c/o', SIGNED],
  ['pipeline', 'GET /info'],
  ['store', 'GET /auth/v1.0'],
  ['absent', 'PUT /auth/v1.0'],
  ['absent', 'GET /recon'],
  ['absent', 'OPTIONS *'],
  ['s3', 'GET /bucket/key', SIGNED],
  ['s3', 'GET /bucket/key?X-Amz-Signature=x'],
  ['s3', 'PUT /bucket/key', SIGNED],
  ['site', 'GET /index.html', { Host: 'c.sites.test:80' }],
  ['site', 'GET http://c.sites.test/index.html', { Host: 'other.test' }],
  ['absent', 'GET http://other.test/index.html', { Host: 'c.sites.test' }],
  ['absent', 'PUT /index.html', { Host: 'c.sites.test' }],
  ['refused', 'GET /x/../v1/AUTH_x', SIGNED],
  ['refused', 'GET /x/../v1/AUTH_x', { Host: 'c.sites.test' }],
  ['refused', 'GET //host/auth/v1.0'],
  ['refused', 'GET /\\host/auth/v1.0'],
  ['refused', 'GET http://u@host/auth/v1.0'],
];

test.each(ROUTES.map(([expected, line, headers = {}]) => [expected, line, headers] as const))(
  '%s: %s %p',
  (expected, line, headers) => expect(route(line, headers)).toBe(expected),
);

test('another API is known by the Host that counts', () => {
  const requests: string[] = [];
  const claims = ({ headers }: RequestHead) => requests.push(headers.get('host') ?? '') < 0;
  for (const target of ['http://one.test/x', '/x'])
    routeOf(
      {
        method: 'GET',
        target: readTarget(target, filterPaths),
        headers: Headers.of({ Host: 'other.test' }),
      },
      { claims, ownsUnsigned: () => false },
      undefined,
    );
  expect(requests).toEqual(['one.test', 'other.test']);
});

test('another API reads its own paths, whatever they are to others', () => {
  for (const path of ['/bucket/../v1/AUTH_x/c', '//key', '/bucket/a/../b'])
    expect([path, route(`PUT ${path}`, {}, { claimed: true })]).toEqual([path, 'pipeline']);
  expect(route('PUT http://u@host/bucket/key', {}, { claimed: true })).toBe('refused');
});

test('an embedded store gets everything that has one reading', () => {
  const options = { isEmbedded: true };
  expect(route('GET /auth/v1.0', {}, options)).toBe('pipeline');
  expect(route('GET /x/../v1/AUTH_x', {}, options)).toBe('refused');
});
