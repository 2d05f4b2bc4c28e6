import { METHODS as PARSED } from 'node:http';
import { partOf } from '../../support/running/depth';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { CAPABILITIES } from './capabilities';
import { OBJECT, type Target } from './target';

const UNKNOWN_CAPABILITY =
  'is listed by /info but unknown here: find out which of its requests can write, make sure that each ' +
  'of them archives or is refused, and name them (or why it cannot write) in test/conformance/routes/capabilities.ts';

const UNKNOWN_METHOD =
  'is offered by the store but unknown here: find out whether it can write, make sure that it archives ' +
  'or is refused, and name it in test/conformance/routes/walk.ts';

/** The methods of the Swift API; of these PUT, DELETE, COPY and POST can write. */
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'COPY', 'OPTIONS'];
export const WRITING = ['PUT', 'POST', 'DELETE', 'COPY'];
/**
 * Methods between Swift's own servers, of other protocols, made up, and in the wrong
 * case.
 */
const MADE_UP = [
  'REPLICATE',
  'UPDATE',
  'SSYNC',
  'TRACE',
  'BREW',
  'put',
  'Delete',
  'PUT-',
  'GETPUT',
];

/** Every query that this Swift or another may know. */
const QUERIES = [
  '',
  'multipart-manifest=put',
  'multipart-manifest=get',
  'multipart-manifest=delete',
  'multipart-manifest=delete&async=yes',
  'multipart%2Dmanifest=delete',
  'x=y&multipart-manifest=get&multipart-manifest=delete',
  'multipart-manifest=put&heartbeat=on',
  'bulk-delete',
  'bulk%2Ddelete=1',
  'BULK-DELETE',
  'extract-archive=tar',
  'extract-archive=zip',
  'temp_url_sig=0&temp_url_expires=4102444800',
  'temp_url_expires=4102444800',
  'versions',
  'version-id=0000000001.00000',
  'version-id=null',
  'symlink=get',
  'part-number=1',
  'partNumber=1&uploadId=x',
  'uploads',
  'delete',
  'acl',
  'format=json',
  'swift.authorize_override=true',
  'X-Amz-Credential=x',
  'AWSAccessKeyId=test:tester',
];

/** Headers that might turn a request into another. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'X-HTTP-Method-Override': 'DELETE' },
  { 'X-Method-Override': 'PUT', 'X-HTTP-Method': 'PUT' },
  { 'X-Backend-Replication': 'true', 'X-Backend-Allow-Private-Methods': 'true' },
  { 'X-Timestamp': '1.00000' },
  { 'X-Timestamp': '9999999999.00000', 'X-Backend-Inbound-X-Timestamp': '9999999999.00000' },
  { 'X-Backend-Storage-Policy-Index': '1' },
  { 'X-Backend-Versioning-Mode-Override': 'stack', 'X-Object-Sysmeta-Versions-Symlink': 'true' },
  { 'X-Delete-After': '600' },
  { 'X-If-Delete-At': '1' },
  { 'If-None-Match': '*' },
  { 'X-Copy-From': 'nowhere/object' },
  { 'X-Fresh-Metadata': 'true' },
  { 'Content-Type': 'multipart/form-data; boundary=x' },
  { 'X-Original-Url': '/v1/AUTH_test/c/o', 'X-Rewrite-Url': '/v1/AUTH_test/c/o' },
  { 'X-Forwarded-Host': 'c.auth-test.domain.test' },
  { 'X-Container-Sync-Auth': 'lab x y' },
  { 'X-Versions-Enabled': 'true' },
];

/** Tries the ways to write of each capability, and reports unknown capabilities. */
export async function walkCapabilities(
  target: Target,
  capabilities: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of capabilities) {
    const capability = CAPABILITIES[name];
    if (capability === undefined) wrong.push(`${name} ${UNKNOWN_CAPABILITY}`);
    if (capability === undefined || 'why' in capability) continue;
    for (const way of capability.ways) {
      const fault = await target.keeps(() => way.write(target));
      if (fault) wrong.push(`${name}, ${way.name}: ${fault}`);
    }
  }
  return wrong;
}

/**
 * Reports unknown methods that the store offers for an object, a container and an
 * account, by OPTIONS and in its response to an unknown method.
 */
export async function walkOffers(target: Target): Promise<string[]> {
  const { owner, container, path } = target;
  const wrong: string[] = [];
  for (const each of [path, `${owner.account}/${container}`, owner.account]) {
    for (const method of ['OPTIONS', 'PATCH']) {
      const { headers } = await owner.send(method, each);
      const offered = (headers.get('allow') ?? '').split(',').map((name) => name.trim());
      const unknown = offered.filter((name) => name !== '' && !METHODS.includes(name));
      wrong.push(...unknown.map((name) => `${name} of ${each} ${UNKNOWN_METHOD}`));
    }
  }
  return wrong;
}

/**
 * Sends a writing method with every query and every header, to the object, its container
 * and its account.
 */
export async function walkQueries(target: Target, method: string): Promise<string[]> {
  const { owner, container, path } = target;
  const wrong: string[] = [];
  const paths = [path, `${owner.account}/${container}`, owner.account];
  const tries = [
    ...paths.flatMap((each) => QUERIES.map((query) => ({ each, query, headers: {} }))),
    ...HEADERS.map((headers) => ({ each: path, query: '', headers })),
  ];
  for (const { each, query, headers } of partOf(tries, {
    oneOf: 61,
    from: WRITING.indexOf(method),
  })) {
    const copied = method === 'COPY' ? { Destination: `${container}/${OBJECT}` } : {};
    const source =
      method === 'COPY' && each === path ? `${owner.account}/${target.plain}/source` : each;
    const body =
      method === 'PUT' ? 'after' : method === 'POST' ? `${container}/${OBJECT}` : undefined;
    const fault = await target.keeps(() =>
      owner.send(
        method,
        query === '' ? source : `${source}?${query}`,
        { ...copied, ...headers },
        body,
      ),
    );
    if (fault) wrong.push(`${method} ${each}?${query} ${JSON.stringify(headers)}: ${fault}`);
  }
  return wrong;
}

/** Sends every other method that exists anywhere, as bytes on a connection. */
export async function walkMethods(target: Target): Promise<string[]> {
  const { owner, container, path } = target;
  const wrong: string[] = [];
  const token = `X-Auth-Token: ${owner.credentials.get('x-auth-token') ?? ''}`;
  const methods = [
    ...PARSED.filter((each) => !WRITING.includes(each) && each !== 'CONNECT'),
    ...MADE_UP,
  ];
  for (const method of partOf(methods, { oneOf: 23 })) {
    const fault = await target.keeps(async () => {
      const connection = await RawConnection.open(owner.url);
      const lines = [token, `Destination: ${container}/${OBJECT}`, 'Content-Length: 5'];
      await connection.head(method, path, ...lines);
      await connection.write('after');
      const answer = await connection.answer(method);
      await connection.leave();
      const offered = values(answer, 'allow').flatMap((each) => each.split(/,\s*/));
      const unknown = offered.filter((name) => !METHODS.includes(name));
      wrong.push(...unknown.map((name) => `${name} of ${path} ${UNKNOWN_METHOD}`));
      return answer;
    });
    if (fault) wrong.push(`${method}: ${fault}`);
  }
  return wrong;
}
