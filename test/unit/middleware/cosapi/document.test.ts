import type { CallHead } from '../../../../src/dialects/s3/call';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '../../../../middleware/cosapi/operations';
import { cosHandler } from '../../../../middleware/cosapi/filter';
import { Credentials } from '../../../../src/auth/credential';
import { Headers } from '../../../../src/http/headers';
import type { Handler } from '../../../../src/swift_api/message';
import { parseQuery } from '../../../../src/swift_api/target';
import { createLog } from '../../../../src/util/log';
import { DELETE_MARKER_TYPE } from '../../../../src/swift_api/markers';
import { cosSigned } from '../../../support/clients/cos/signed';
import { accepting, asRequest, textOf as bodyOf } from '../../../support/clients/s3/requests';
import { all, parseXml, textOf, type Element } from '../../../support/clients/s3/xml';

/** The example response in COS's documentation of GET Bucket Object Versions. */
const EXAMPLE = readFileSync(join(__dirname, '../../../captures/cos-versions.xml'));
const BUCKET = 'exampleBucket-1250000000';
const OWNER = '1250000000';

/** A store with the example's entries: contents of gigabytes exist in name only. */
const store: Handler = ({ method, path, query }) => {
  expect(path).toBe(`/v1/AUTH_test/${BUCKET}`);
  const headers = Headers.of({ 'X-Versions-Enabled': 'true' });
  const entries = parseXml(EXAMPLE).children.filter(({ name }) =>
    /^(Version|DeleteMarker)$/.test(name),
  );
  const behind = parseQuery(query).get('marker') === '25M.txt';
  const body = method === 'HEAD' ? '' : JSON.stringify(behind ? [] : entries.map(entryOf));
  return Promise.resolve({ status: 200, headers, body: Buffer.from(body) });
};

function entryOf(element: Element) {
  const isMarker = element.name === 'DeleteMarker';
  return {
    name: textOf(element, 'Key'),
    version_id: textOf(element, 'VersionId'),
    is_latest: textOf(element, 'IsLatest') === 'true',
    last_modified: textOf(element, 'LastModified')?.replace('.000Z', '.000000'),
    hash: textOf(element, 'ETag')?.replaceAll('"', ''),
    bytes: Number(textOf(element, 'Size') ?? 0),
    content_type: isMarker ? DELETE_MARKER_TYPE : 'text/plain',
  };
}

const key = { accessKey: 'AKID15IsskiBQKTZbAo6WhgcBqVls9Sm', secretKey: 'SK' };

async function ask(target: string, parameters: readonly string[]): Promise<Element> {
  const handler = cosHandler(store, {
    routes,
    logins: {
      credentialSource: new Credentials([{ ...key, user: OWNER, key: 'testing' }]),
      sessions: accepting<CallHead>().sessions,
    },
    domains: [],
    location: 'ap-chengdu',
    skew: 900_000,
    takesUrlsWithoutBucket: false,
    takesHeadersWithoutOperation: false,
    server: 'tencent-cos',
    readersReadVersions: false,
    anonymous: undefined,
    log: createLog('silent'),
    power: 'service',
    isOwnByPath: () => false,
    now: () => 1_480_932_300_000,
  });
  const request = cosSigned({
    ...key,
    target,
    host: `${BUCKET}.cos.ap-chengdu.myqcloud.com`,
    headers: { Connection: 'keep-alive', Accept: '*/*', 'User-Agent': 'python-requests/2.12.4' },
    signs: { headers: ['host'], parameters },
    at: 1_480_932_292,
  });
  const response = await handler(asRequest(request));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/xml']);
  expect(response.headers.get('x-cos-request-id')).toBe('tx0');
  return parseXml(Buffer.from(bodyOf(response)));
}

/** Returns an element's children with names and texts, without white space between. */
const plain = ({ name, namespace, text, children }: Element): unknown => ({
  name,
  namespace,
  content: children.length > 0 ? children.map(plain) : text.trim(),
});

/** Returns the document as before owners had more than their UID. */
function asBefore(element: Element): Element {
  const children = element.children.filter(
    ({ name }) => element.name !== 'Owner' || name === 'UID',
  );
  return { ...element, children: children.map(asBefore) };
}

it('the answer is what the documentation shows, element by element', async () => {
  const answer = await ask('/?versions', ['versions']);
  expect(plain(asBefore(answer))).toEqual(plain(parseXml(EXAMPLE)));
  const [owner] = all(
    answer.children.find(({ name }) => name === 'Version')!,
    'Owner',
  );
  expect(owner?.children.map(({ name, text }) => [name, text])).toEqual([
    ['UID', OWNER],
    ['ID', OWNER],
    ['DisplayName', OWNER],
  ]);
});

it('each parameter is shown, and what follows from it', async () => {
  const query =
    'prefix=1&delimiter=/&key-marker=0&version-id-marker=Default&max-keys=2&encoding-type=url';
  const names = query.split('&').map((pair) => pair.split('=')[0] ?? '');
  const { children } = await ask(`/?versions&${query}`, ['versions', ...names]);
  expect(children.slice(0, 11).map(({ name, text }) => [name, text])).toEqual([
    ['EncodingType', 'url'],
    ['Encoding-Type', 'url'],
    ['Name', BUCKET],
    ['Prefix', '1'],
    ['KeyMarker', '0'],
    ['VersionIdMarker', 'Default'],
    ['MaxKeys', '2'],
    ['IsTruncated', 'true'],
    ['NextKeyMarker', '100K.txt'],
    ['NextVersionIdMarker', 'MTg0NDUxODM2NDYxNTg1MTgxODk'],
    ['Delimiter', '/'],
  ]);
  expect(children.slice(11).map(({ name }) => name)).toEqual(['DeleteMarker', 'Version']);
});
