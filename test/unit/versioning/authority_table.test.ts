import { authorityFor, partsAuthority, signedAuthority } from '../../../src/versioning/authority';
import {
  BeyondAuthority,
  type Authority,
  type Right,
} from '../../../src/swift_api/authority/grants';
import { Headers } from '../../../src/http/headers';
import { rightTo } from '../../support/stores/authority';

const ACCOUNT = '/v1/AUTH_x';
const BUCKET = `${ACCOUNT}/c`;
const OBJECT = `${BUCKET}/o`;
const VERSIONS = `${ACCOUNT}/.hindsight-versions-c`;
const PARTS = `${ACCOUNT}/c%2Bsegments`;
const ARCHIVE = `${ACCOUNT}/archive`;

/** One place of each kind, by its name in the tables. */
const PLACES: Readonly<Record<string, string>> = {
  account: ACCOUNT,
  container: BUCKET,
  'another container': `${ACCOUNT}/d`,
  object: OBJECT,
  'another object': `${BUCKET}/p`,
  versions: VERSIONS,
  version: `${VERSIONS}/o%01%01123`,
  "another's version": `${VERSIONS}/p%01%01123`,
  index: `${VERSIONS}/%01%01o%01%01null`,
  "another's index": `${VERSIONS}/%01%01p%01%01null`,
  parts: PARTS,
  part: `${PARTS}/o/upload/1`,
  "another's part": `${PARTS}/p/upload/1`,
  tags: `${PARTS}/tags/sha256-00`,
  archive: ARCHIVE,
  archived: `${ARCHIVE}/001o/123`,
  "another's archived": `${ARCHIVE}/001p/123`,
};

/** Prefixes of listings, by their names in the tables. */
const PREFIXES: Readonly<Record<string, string>> = {
  all: '',
  'o…': 'o',
  'o/…': 'o/',
  'versions of o': 'o%01%01',
  'versions of p': 'p%01%01',
  'archived o': '001o/',
  'archived p': '001p/',
};
const METHODS = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];
const ITSELF = 'multipart-manifest=get&symlink=get';

function covers(authority: Authority, method: string, path: string, query: string): boolean {
  if (authority === 'client') throw new Error('not in the name of the service user');
  try {
    authority.check({ method, path, query, headers: Headers.none });
    return true;
  } catch (error) {
    if (error instanceof BeyondAuthority) return false;
    throw error;
  }
}

/** What an authority covers, of all places and methods: a row for each place. */
function tableOf(authority: Authority): Record<string, string> {
  const rows: Record<string, string> = {};
  for (const [place, path] of Object.entries(PLACES)) {
    const isObject = path.split('/').length > 4;
    const found = METHODS.filter((method) => {
      if (!isObject && method === 'GET') return false;
      return covers(authority, method, path, isObject && method !== 'PUT' ? ITSELF : '');
    });
    if (isObject && covers(authority, 'PUT', path, 'multipart-manifest=put'))
      found.push('manifests');
    if (!isObject)
      for (const [name, prefix] of Object.entries(PREFIXES))
        if (covers(authority, 'GET', path, `prefix=${prefix}`)) found.push(`[${name}]`);
    if (found.length > 0) rows[place] = found.join(' ');
  }
  return rows;
}

const EACH = 'HEAD GET PUT POST DELETE';
const WRITER = {
  account: '',
  container: 'HEAD [o…] [o/…] [versions of o]',
  object: `${EACH} manifests`,
  versions: 'HEAD PUT POST [versions of o]',
  version: `${EACH} manifests`,
  index: EACH,
  parts: 'HEAD POST',
};
const LISTED = '[all] [o…] [o/…] [versions of o] [versions of p] [archived o] [archived p]';
const LISTER = {
  object: 'HEAD',
  'another object': 'HEAD',
  versions: `HEAD ${LISTED}`,
  version: 'HEAD',
  "another's version": 'HEAD',
  index: 'HEAD',
  "another's index": 'HEAD',
};

/** Rows without those that are empty. */
function rowsOf(table: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(table).filter(([, found]) => found !== ''));
}

describe.each<[Right['kind'], string, Readonly<Record<string, string>>]>([
  [
    'read',
    OBJECT,
    { object: 'HEAD', versions: '[versions of o]', version: 'HEAD GET', index: 'HEAD' },
  ],
  ['write', OBJECT, WRITER],
  ['list', OBJECT, {}],
  ['change', OBJECT, {}],
  ['own', OBJECT, {}],
  ['read', BUCKET, {}],
  ['write', BUCKET, {}],
  ['list', BUCKET, LISTER],
  [
    'change',
    BUCKET,
    {
      ...LISTER,
      container: 'HEAD',
      versions: `HEAD PUT POST DELETE ${LISTED}`,
      index: 'HEAD DELETE',
      "another's index": 'HEAD DELETE',
      parts: 'HEAD POST',
    },
  ],
  ['own', BUCKET, {}],
  ['list', ACCOUNT, {}],
  ['change', ACCOUNT, {}],
])('all that a right to %s %s covers', (kind, path, table) =>
  it('is in the table', () =>
    expect(tableOf(authorityFor('service', rightTo(kind, path)))).toEqual(rowsOf(table))),
);

it('with an archive, a right to write also covers the archived versions of the object', () => {
  const archive = { archive: '[archived o]', archived: EACH };
  expect(tableOf(authorityFor('service', rightTo('write', OBJECT), 'archive'))).toEqual(
    rowsOf({ ...WRITER, ...archive }),
  );
  expect(
    tableOf(authorityFor('service', rightTo('read', OBJECT), 'archive'))['archived'],
  ).toBeUndefined();
});

describe.each<[Right['kind'], string, string | undefined, Readonly<Record<string, string>>]>([
  ['read', OBJECT, 'o', { part: 'GET', "another's part": 'GET', tags: 'GET' }],
  [
    'write',
    OBJECT,
    'o',
    { ...WRITER, parts: 'HEAD PUT POST [o/…]', part: `${EACH} manifests`, tags: 'PUT' },
  ],
  ['write', OBJECT, undefined, { parts: `HEAD PUT ${LISTED}` }],
  ['list', OBJECT, 'o', {}],
  ['change', OBJECT, 'o', {}],
  ['own', OBJECT, 'o', {}],
  ['read', BUCKET, 'o', {}],
  ['write', BUCKET, 'o', {}],
])('all that a right to %s %s covers of the parts of %s', (kind, path, key, table) =>
  it('is in the table', () =>
    expect(tableOf(partsAuthority('service', rightTo(kind, path), key))).toEqual(rowsOf(table))),
);

describe.each<[Right['kind'], string, string | undefined, Readonly<Record<string, string>>]>([
  ['read', OBJECT, undefined, { object: 'HEAD GET', version: 'HEAD GET' }],
  ['write', OBJECT, undefined, {}],
  ['list', OBJECT, undefined, {}],
  ['list', BUCKET, undefined, { container: LISTED }],
  ['list', BUCKET, 'o/', { container: '[o/…]' }],
  ['read', BUCKET, 'o/', {}],
  ['change', BUCKET, 'o/', {}],
  ['read', ACCOUNT, '', {}],
  ['list', ACCOUNT, '', {}],
])(
  'all that a signature covers, on a right to %s %s with the prefix %s',
  (kind, path, prefix, table) =>
    it('is in the table', () =>
      expect(tableOf(signedAuthority('service', rightTo(kind, path), prefix))).toEqual(
        rowsOf(table),
      )),
);

it('a signature gives the client no power without a service user', () =>
  expect(signedAuthority('client', rightTo('read', OBJECT))).toBe('client'));

it('a request beyond an authority is refused with what the authority is for', () => {
  const beyond = (authority: Authority): void => {
    covers(authority, 'HEAD', ACCOUNT, '');
    if (authority !== 'client')
      authority.check({ method: 'HEAD', path: ACCOUNT, query: '', headers: Headers.none });
  };
  const right = rightTo('read', OBJECT);
  for (const [authority, purpose] of [
    [authorityFor('service', right), 'on a right to read'],
    [partsAuthority('service', right, 'o'), 'over parts, on a right to read'],
    [signedAuthority('service', right), 'by a signature, on a right to read'],
  ] as const)
    expect(() => beyond(authority)).toThrow(`a HEAD is beyond the authority ${purpose}`);
  const forged = { kind: 'write', target: right.target } as Right;
  for (const grant of [authorityFor, partsAuthority, signedAuthority])
    expect(() => grant('service', forged, '')).toThrow('no right was established');
});
