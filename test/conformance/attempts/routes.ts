import { gzipSync } from 'node:zlib';
import { MODE_HEADER, pathOf, type Mode } from '../../support/clients/containers';
import { WITH_IDS } from './routes_with_ids';
import { LARGE, manifestOf, MISSING, OBJECT, tarOf, type Place, type World } from './world';

/** One request of an attacker. */
export interface Attempt {
  readonly method: string;
  /** Below the attacked account, unless `account` names another. */
  readonly path: string;
  readonly account?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /**
   * How it is signed over its path: as a form that uploads the object, or for the S3 API
   * in a header, in a URL or as a form.
   */
  readonly signed?: 'form' | 's3' | 's3 url' | 's3 form';
}

/** A column of the table: a way to write, or to read what only others may read. */
export interface Route {
  readonly name: string;
  /** The modes to try it in; by default only the history mode. */
  readonly modes?: readonly Mode[];
  /** Further statuses that count as a refusal. */
  readonly also?: readonly number[];
  /** Swift itself does not have it, or answers differently. */
  readonly notOnSwift?: boolean;
  /** Only reads, so a client that may read may do it. */
  readonly reads?: boolean;
  attempt(place: Place, world: World): Attempt | Promise<Attempt>;
}

const BOTH: readonly Mode[] = ['stack', 'history'];
/** Statuses of requests that are malformed or addressed to nobody. */
const MALFORMED = [400, 404, 405, 411, 412];

const at = ({ container }: Place, name = OBJECT) => pathOf(container, name);
const entryOf = ({ archive, entry }: Place) => pathOf(archive, entry);
const named =
  (method: string, path: (place: Place) => string, more: Omit<Attempt, 'method' | 'path'> = {}) =>
  (place: Place) => ({
    method,
    path: path(place),
    ...more,
  });

const WRITES: readonly Route[] = [
  {
    name: 'PUT of a new object',
    attempt: named('PUT', (place) => at(place, 'new'), { body: 'after' }),
  },
  { name: 'PUT', modes: BOTH, attempt: named('PUT', at, { body: 'after' }) },
  { name: 'an empty PUT', modes: BOTH, attempt: named('PUT', at) },
  { name: 'a long PUT', attempt: named('PUT', at, { body: Buffer.alloc(200_000, 'after') }) },
  {
    name: 'PUT that If-None-Match: * lets fail',
    also: [412],
    attempt: named('PUT', at, { body: 'after', headers: { 'If-None-Match': '*' } }),
  },
  {
    name: 'PUT of a symlink',
    attempt: (place, { shared }) => ({
      ...named('PUT', at)(place),
      headers: { 'X-Symlink-Target': `${shared}/source` },
    }),
    also: [400],
  },
  {
    name: 'PUT of a dynamic large object',
    attempt: (place, { shared }) => ({
      ...named('PUT', at)(place),
      headers: { 'X-Object-Manifest': `${shared}/s` },
    }),
    also: [400],
  },
  {
    name: 'PUT of a static large object',
    attempt: (place, { shared }) => ({
      ...named('PUT', at, { query: 'multipart-manifest=put' })(place),
      body: manifestOf(shared),
    }),
    also: [400],
  },
  { name: 'DELETE', modes: BOTH, attempt: named('DELETE', at) },
  {
    name: 'DELETE of what is not there',
    modes: BOTH,
    attempt: named('DELETE', (place) => at(place, MISSING)),
  },
  {
    name: 'DELETE that X-If-Delete-At lets fail',
    attempt: named('DELETE', at, { headers: { 'X-If-Delete-At': '1' } }),
  },
  {
    name: 'DELETE of a large object with its segments',
    attempt: named('DELETE', (place) => at(place, LARGE), {
      query: 'multipart-manifest=delete',
      headers: { Accept: 'application/json' },
    }),
  },
  { name: 'POST', attempt: named('POST', at, { headers: { 'X-Object-Meta-Kept': 'no more' } }) },
  {
    name: 'POST of an end in the future',
    attempt: named('POST', at, { headers: { 'X-Delete-After': '60' } }),
  },
];

const COPIES: readonly Route[] = [
  {
    name: 'COPY',
    modes: BOTH,
    attempt: (place, { shared }) => ({
      method: 'COPY',
      path: `/${shared}/source`,
      headers: { Destination: at(place).slice(1) },
    }),
    also: MALFORMED,
  },
  {
    name: 'COPY from another account',
    attempt: (place, world) => ({
      method: 'COPY',
      account: world.stranger.account,
      path: `/${world.foreign}/source`,
      headers: { Destination: at(place), 'Destination-Account': accountOf(world) },
    }),
    also: MALFORMED,
  },
  {
    name: 'PUT with X-Copy-From',
    modes: BOTH,
    attempt: (place, { shared }) =>
      named('PUT', at, { headers: { 'X-Copy-From': `/${shared}/source` } })(place),
    also: [400],
  },
  {
    name: 'PUT with X-Copy-From of another account',
    attempt: (place, { foreign, stranger }) =>
      named('PUT', at, {
        headers: {
          'X-Copy-From': `${foreign}/source`,
          'X-Copy-From-Account': stranger.account.slice(4),
        },
      })(place),
    also: [400],
  },
  {
    name: 'PUT of an archived version over it',
    attempt: (place) => named('PUT', at, { headers: { 'X-Copy-From': entryOf(place) } })(place),
    also: [400],
  },
  {
    name: 'PUT of what is current under another name',
    attempt: (place) =>
      named('PUT', () => at(place, 'stolen'), { headers: { 'X-Copy-From': at(place) } })(place),
    also: [400],
  },
  {
    name: 'COPY to another account',
    reads: true,
    attempt: (place, { stranger, foreign }) => ({
      method: 'COPY',
      path: at(place),
      headers: {
        Destination: `${foreign}/stolen`,
        'Destination-Account': stranger.account.slice(4),
      },
    }),
    also: MALFORMED,
  },
  {
    name: 'COPY of an archived version',
    attempt: (place) => ({
      method: 'COPY',
      path: entryOf(place),
      headers: { Destination: at(place, 'stolen') },
    }),
    also: MALFORMED,
  },
];

const bulk =
  (method: string, names: (place: Place) => string[]) =>
  (place: Place): Attempt => ({
    method,
    path: '',
    query: 'bulk-delete',
    headers: { 'Content-Type': 'text/plain', Accept: 'application/json' },
    body: names(place).join('\n'),
  });

const extract =
  (format: string, pack: (tar: Buffer) => Buffer = (tar) => tar) =>
  async (place: Place): Promise<Attempt> => ({
    method: 'PUT',
    path: `/${place.container}`,
    query: `extract-archive=${format}`,
    headers: { Accept: 'application/json' },
    body: pack(await tarOf(OBJECT)),
  });

/**
 * An archive of the one file `object`, made by tar and bzip2: Node cannot compress to
 * bzip2.
 */
const TAR_BZ2 = Buffer.from(
  'QlpoOTFBWSZTWb3kdzoAAHH7hMmAAEBgAGeAABB6EJ5AAACACCAAVDSjaJhNMQbRqYSRQGR6gDQHXzSZ0IPa0kIhouInKwxZJA4M/bj1JLVhB0zhWzjZuKYTCfUDQj7qedlX/giIDQu5IpwoSF7yO50A',
  'base64',
);

const MANY: readonly Route[] = [
  {
    name: 'POST ?bulk-delete',
    modes: BOTH,
    attempt: bulk('POST', (place) => [at(place), at(place, MISSING)]),
  },
  { name: 'DELETE ?bulk-delete', modes: BOTH, attempt: bulk('DELETE', (place) => [at(place)]) },
  {
    name: 'bulk delete of the archived version',
    attempt: bulk('POST', (place) => [entryOf(place), `/${place.archive}`]),
  },
  {
    name: 'bulk delete by names that lead elsewhere',
    attempt: bulk('POST', (place) => [
      `${place.container}%2F${OBJECT}`,
      `//${place.container}//${OBJECT}`,
      `x/../${place.container}/${OBJECT}`,
      `%2e%2e/AUTH_test/${place.container}/${OBJECT}`,
      `${place.container}/${OBJECT}%00`,
      `${place.container}/%0d%0a${OBJECT}`,
    ]),
  },
  { name: 'PUT ?extract-archive=tar', modes: BOTH, attempt: extract('tar') },
  { name: 'PUT ?extract-archive=tar.gz', attempt: extract('tar.gz', (tar) => gzipSync(tar)) },
  { name: 'PUT ?extract-archive=tar.bz2', attempt: extract('tar.bz2', () => TAR_BZ2) },
  {
    name: 'PUT ?extract-archive=tar into the account',
    attempt: async ({ container, archive, entry }, { prefix }) => ({
      ...(await extract('tar')({ container, archive, entry, mode: 'history' })),
      path: '',
      body: await tarOf(
        `${container}/${OBJECT}`,
        `${archive}/${entry}`,
        `${prefix}-made/object`,
        `./../${container}/x`,
      ),
    }),
    also: [412],
  },
];

const SIGNED: readonly Route[] = [
  {
    name: 'a form',
    modes: BOTH,
    also: [401, 412],
    attempt: ({ container }) => ({ method: 'POST', path: `/${container}/`, signed: 'form' }),
  },
  {
    name: 'a form for the archive',
    also: [401, 412],
    attempt: ({ archive }) => ({ method: 'POST', path: `/${archive}/`, signed: 'form' }),
  },
  ...(['PUT', 'DELETE', 'POST'] as const).map((method): Route => ({
    name: `${method} with a made-up signature of a temporary URL`,
    also: [401, 412],
    attempt: named(method, at, {
      query: `temp_url_sig=${'0'.repeat(64)}&temp_url_expires=4102444800`,
      ...(method === 'PUT' ? { body: 'after' } : {}),
    }),
  })),
  ...(['PUT', 'DELETE'] as const).map((method): Route => ({
    name: `${method} by the S3 API`,
    also: [400, 403, 501],
    attempt: (place) => ({
      method,
      account: '',
      path: at(place),
      signed: 's3',
      ...(method === 'PUT' ? { body: 'after' } : {}),
    }),
  })),
  ...(['PUT', 'DELETE'] as const).map((method): Route => ({
    name: `${method} by a URL of the S3 API`,
    also: [400, 403, 501],
    attempt: (place) => ({
      method,
      account: '',
      path: at(place),
      signed: 's3 url',
      ...(method === 'PUT' ? { body: 'after' } : {}),
    }),
  })),
  {
    name: 'a form of the S3 API',
    // of an unknown key
    also: [...MALFORMED, 403],
    attempt: ({ container }) => ({
      method: 'POST',
      account: '',
      path: `/${container}`,
      signed: 's3 form',
    }),
  },
  {
    name: 'POST ?delete by the S3 API',
    also: [400, 403, 501],
    attempt: ({ container }) => ({
      method: 'POST',
      account: '',
      path: `/${container}`,
      query: 'delete',
      signed: 's3',
      body: '<Delete/>',
    }),
  },
];

const settings = (
  name: string,
  headers: (place: Place, world: World) => Record<string, string>,
): Route[] =>
  ['PUT', 'POST'].map((method) => ({
    name: `container ${method} ${name}`,
    modes: BOTH,
    attempt: (place, world) => ({
      method,
      path: `/${place.container}`,
      headers: headers(place, world),
    }),
  }));

const CONTAINERS: readonly Route[] = [
  ...settings('that keeps versions elsewhere', ({ mode }, { shared }) => ({
    [MODE_HEADER[mode]]: shared,
  })),
  ...settings('that changes the mode', ({ mode, archive }) => ({
    [MODE_HEADER[mode === 'stack' ? 'history' : 'stack']]: archive,
  })),
  ...settings('that keeps versions where only the owner may write', ({ mode }, { closed }) => ({
    [MODE_HEADER[mode]]: closed,
  })),
  ...settings('that lets pages of every origin read', () => ({
    'X-Container-Meta-Access-Control-Allow-Origin': '*',
  })),
  ...settings('that switches versions off', () => ({ 'X-Remove-Versions-Location': 'x' })),
  ...settings('with a blank location', ({ mode }) => ({ [MODE_HEADER[mode]]: '' })),
  ...settings('that gives rights and a key', () => ({
    'X-Container-Write': 'test:tester3',
    'X-Container-Read': '.r:*',
    'X-Container-Meta-Temp-Url-Key': 'mine',
  })),
  {
    name: 'PUT of a container that keeps its versions in the archive',
    attempt: ({ archive }, { prefix }) => ({
      method: 'PUT',
      path: `/${prefix}-made`,
      headers: { 'X-Versions-Location': archive },
    }),
  },
  {
    name: 'container DELETE',
    modes: BOTH,
    attempt: ({ container }) => ({ method: 'DELETE', path: `/${container}` }),
  },
  {
    name: 'DELETE of the archive',
    attempt: ({ archive }) => ({ method: 'DELETE', path: `/${archive}` }),
  },
  {
    name: 'POST to the archive',
    attempt: ({ archive }) => ({
      method: 'POST',
      path: `/${archive}`,
      headers: { 'X-Container-Read': '.r:*' },
    }),
  },
  {
    name: 'account POST',
    attempt: () => ({
      method: 'POST',
      path: '',
      headers: { 'X-Account-Meta-Temp-Url-Key-2': 'mine', 'X-Account-Access-Control': '{}' },
    }),
  },
  { name: 'account PUT', attempt: () => ({ method: 'PUT', path: '' }) },
  { name: 'account DELETE', attempt: () => ({ method: 'DELETE', path: '' }), also: [400] },
];

const ARCHIVE: readonly Route[] = [
  { name: 'PUT of an archived version', attempt: named('PUT', entryOf, { body: 'forged' }) },
  {
    name: 'PUT of what looks like one',
    attempt: named('PUT', ({ archive }) => `/${archive}/006object/9999999999.99999`, {
      body: 'forged',
    }),
  },
  { name: 'DELETE of an archived version', attempt: named('DELETE', entryOf) },
  {
    name: 'POST of an archived version',
    attempt: named('POST', entryOf, {
      headers: { 'Content-Type': 'application/x-deleted;swift_versions_deleted=1' },
    }),
  },
  {
    name: 'COPY to an archived version',
    attempt: (place, { shared }) => ({
      method: 'COPY',
      path: `/${shared}/source`,
      headers: { Destination: entryOf(place) },
    }),
    also: MALFORMED,
  },
];

const READS: readonly Route[] = [
  { name: 'GET', reads: true, modes: BOTH, attempt: named('GET', at) },
  { name: 'GET of an archived version', reads: true, attempt: named('GET', entryOf) },
  {
    name: 'GET of a part of an archived version',
    reads: true,
    attempt: named('GET', entryOf, { headers: { Range: 'bytes=0-3' } }),
  },
  {
    name: 'the listing of the archive',
    reads: true,
    attempt: ({ archive }) => ({ method: 'GET', path: `/${archive}` }),
  },
];

/** What a page of a browser asks before it writes. */
const PREFLIGHT = {
  Origin: 'http://page.test',
  'Access-Control-Request-Method': 'PUT',
  'Access-Control-Request-Headers': 'x-auth-token',
};

/** Requests as of S3's API, without a signature: everybody's, for reading only. */
const UNSIGNED: readonly Route[] = [
  {
    name: 'GET by an unsigned path',
    reads: true,
    also: [403, ...MALFORMED],
    attempt: named('GET', at, { account: '' }),
  },
  {
    name: 'GET of an archived version by an unsigned path',
    reads: true,
    also: [403, ...MALFORMED],
    attempt: named('GET', entryOf, { account: '' }),
  },
  {
    name: 'the CORS rules by an unsigned path',
    also: [403, ...MALFORMED],
    attempt: ({ container }) => ({
      method: 'GET',
      account: '',
      path: `/${container}`,
      query: 'cors',
    }),
  },
  ...['PUT', 'DELETE', 'POST', 'COPY'].map((method): Route => ({
    name: `${method} by an unsigned path`,
    modes: BOTH,
    also: [403, ...MALFORMED],
    attempt: named(method, at, {
      account: '',
      headers: { Origin: 'http://page.test', Destination: 'other/object' },
      ...(method === 'PUT' ? { body: 'after' } : {}),
    }),
  })),
  { name: 'a preflight', also: [401], attempt: named('OPTIONS', at, { headers: PREFLIGHT }) },
  {
    name: 'a preflight by an unsigned path',
    also: [401, 403, ...MALFORMED],
    attempt: named('OPTIONS', at, { account: '', headers: PREFLIGHT }),
  },
  {
    name: 'a preflight for a URL signed by somebody',
    also: [401, 403, ...MALFORMED],
    attempt: named('OPTIONS', at, {
      account: '',
      headers: PREFLIGHT,
      query: 'AWSAccessKeyId=test:tester&Signature=x&Expires=1',
    }),
  },
];

const UNKNOWN: readonly Route[] = ['PATCH', 'PROPFIND', 'MOVE', 'REPLICATE', 'UPDATE', 'ASDF'].map(
  (method) => ({
    name: `${method}, which nobody knows`,
    also: [400, 405, 412],
    attempt: named(method, at),
  }),
);

/** The columns of the table. */
export const ROUTES: readonly Route[] = [
  ...WRITES,
  ...COPIES,
  ...MANY,
  ...SIGNED,
  ...CONTAINERS,
  ...ARCHIVE,
  ...READS,
  ...WITH_IDS,
  ...UNSIGNED,
  ...UNKNOWN,
];

function accountOf({ owner }: World): string {
  return owner.account.slice('/v1/'.length);
}
