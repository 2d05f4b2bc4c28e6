import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '../../../middleware/s3api/operations';
import { VOCABULARY } from '../../../middleware/s3api/vocabulary';
import type { Route } from '../../../src/dialects/s3/call';
import { acceptingFilter, asRequest, textOf } from '../../support/clients/s3/requests';
import { modelOperations, type ModelOperation } from '../../support/clients/s3/model';
import { signed } from '../../support/clients/s3/signing';

const NOW = 1_700_000_100_000;
const PATHS = { service: '/', bucket: '/bkt', object: '/bkt/k' } as const;
const operations = modelOperations();

/** What is sent in a request besides what the operation is chosen by. */
interface Extra {
  readonly header?: string;
  readonly parameter?: string;
}

/** Returns the refusal of a request, and how many requests reached the store. */
async function refusalOf(operation: ModelOperation, { header, parameter }: Extra) {
  const { method, on } = operation;
  const { handler, passed } = acceptingFilter({ routes, now: () => NOW });
  const required = (routeFor(operation)?.parameters ?? []).map((name) => [name, '1']);
  const query = { ...(Object.fromEntries(required) as object), ...operation.query };
  const sent = header === undefined ? {} : { [header.replace('*', 'x')]: 'x' };
  const headers = { ...(/^P/.test(method) ? { 'content-length': '0' } : {}), ...sent };
  const parameters = parameter === undefined ? {} : { [parameter]: 'x' };
  const request = { method, path: PATHS[on], query: { ...query, ...parameters }, headers };
  const response = await handler(asRequest(await signed(request, NOW)));
  const code = /<Code>(.*?)</.exec(textOf(response))?.[1];
  return { status: response.status, code, asked: passed.length };
}

/** Returns the route of an operation; undefined if there is none. */
function routeFor({ method, on, query, headers, parameters }: ModelOperation): Route | undefined {
  const names = [...Object.keys(query), ...parameters];
  const candidates = routes.filter(
    (route) =>
      route.on === on &&
      route.method === method &&
      (route.parameters ?? []).every((name) => names.includes(name)) &&
      (route.header === undefined || headers.includes(route.header)),
  );
  return candidates[0];
}

const isImplemented = (operation: ModelOperation) => {
  const route = routeFor(operation);
  return route !== undefined && route.name !== 'NotImplemented' && !REFUSED.has(operation.name);
};

/** What AWS answers elsewhere: neither has a path of its own here. */
const REFUSED = new Map([
  ['ListDirectoryBuckets', 501],
  ['WriteGetObjectResponse', 405],
]);

const isHonoured = (route: Route, name: string) =>
  VOCABULARY.common.includes(name) ||
  route.header === name ||
  route.vocabulary?.headers?.includes(name) === true;

const takesParameter = (route: Route, name: string) =>
  route.parameters?.includes(name) === true ||
  route.vocabulary?.parameters?.includes(name) === true;

/** `it.each`, also for none. */
const eachOf = (names: readonly string[]) =>
  names.length === 0 ? () => undefined : it.each(names);

it('the model has all operations of S3', () => {
  expect(operations.length).toBeGreaterThanOrEqual(112);
  const put = operations.find(({ name }) => name === 'PutObject');
  expect(put).toMatchObject({ method: 'PUT', on: 'object' });
  expect(put?.headers).toEqual(expect.arrayContaining(['if-match', 'x-amz-meta-*', 'x-amz-acl']));
});

describe.each(operations.filter(isImplemented))('$name', (operation) => {
  const route = routeFor(operation);
  const { headers, parameters } = operation;

  eachOf(headers)('honours, ignores or refuses the header %s', async (header) => {
    if (route && isHonoured(route, header)) return;
    if (Object.hasOwn(VOCABULARY.ignored, header)) return;
    const refusal = {
      status: 501,
      code: operation.method === 'HEAD' ? undefined : 'NotImplemented',
    };
    expect(await refusalOf(operation, { header })).toEqual({ ...refusal, asked: 0 });
  });

  eachOf(parameters)('honours, ignores or refuses the parameter %s', async (parameter) => {
    if (route && takesParameter(route, parameter)) return;
    if (Object.hasOwn(VOCABULARY.ignored, parameter)) return;
    const refusal = { status: 501, code: 'NotImplemented', asked: 0 };
    expect(await refusalOf(operation, { parameter })).toEqual(refusal);
  });
});

it.each(operations.filter((each) => !isImplemented(each)))(
  '$name is refused as a whole',
  async (operation) => {
    const { status, code, asked } = await refusalOf(operation, {});
    expect(status).toBe(REFUSED.get(operation.name) ?? 501);
    if (operation.method !== 'HEAD')
      expect(code).toBe(status === 405 ? 'MethodNotAllowed' : 'NotImplemented');
    expect(asked).toBe(0);
  },
);

describe('what is not in the model of an operation', () => {
  it('is refused, if it is in that of another', async () => {
    const wrong: [string, Extra][] = [
      ['PutObject', { parameter: 'prefix' }],
      ['PutObject', { header: 'x-amz-if-match-size' }],
      ['PutObject', { header: 'if-modified-since' }],
      ['DeleteObject', { header: 'x-amz-acl' }],
      ['DeleteObject', { parameter: 'partNumber' }],
      ['DeleteObjects', { header: 'if-match' }],
      ['DeleteBucket', { header: 'if-match' }],
      ['PutObjectTagging', { header: 'if-match' }],
      ['UploadPart', { header: 'if-none-match' }],
      ['ListObjectsV2', { parameter: 'key-marker' }],
      ['GetObject', { header: 'x-amz-nonsense' }],
      ['GetObject', { parameter: 'x-amz-acl' }],
    ];
    for (const [name, extra] of wrong) {
      const operation = operations.find((each) => each.name === name);
      const { status, asked } = operation ? await refusalOf(operation, extra) : {};
      expect([name, extra, status, asked]).toEqual([name, extra, 501, 0]);
    }
  });

  it('is a version of what has none', async () => {
    const put = operations.find(({ name }) => name === 'PutObject');
    const refusal = { status: 400, code: 'InvalidArgument', asked: 0 };
    expect(put && (await refusalOf(put, { parameter: 'versionId' }))).toEqual(refusal);
  });

  it("is nobody's: other parameters and headers have no effect", async () => {
    const get = operations.find(({ name }) => name === 'GetObject');
    for (const extra of [{ parameter: 'utm_source' }, { header: 'x-forwarded-for' }])
      expect(get && (await refusalOf(get, extra)).asked).toBeGreaterThan(0);
  });
});

test('the document lists what is ignored, with the reasons', () => {
  const page = readFileSync(join(__dirname, '../../../docs/s3.md'), 'utf8');
  const [, section = ''] = /^## What is ignored\n(.*?)^## /ms.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| `(.*?)` \| (.*?) \|$/gm)];
  expect(Object.fromEntries(rows.map(([, name, reason]) => [name, reason]))).toEqual(
    VOCABULARY.ignored,
  );
});
