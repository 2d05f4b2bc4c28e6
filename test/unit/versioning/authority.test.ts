import { authorityFor, partsAuthority, signedAuthority } from '../../../src/versioning/authority';
import { headersAuthority } from '../../../src/swift_api/authority/closed_list';
import {
  BeyondAuthority,
  type Authority,
  type Right,
} from '../../../src/swift_api/authority/grants';
import { Headers } from '../../../src/http/headers';
import { parseTarget } from '../../../src/swift_api/target';
import type { ScopedRequest } from '../../../src/swift_api/authority/scope';
import {
  rightOfOwner,
  provenRight,
  rightToChange,
  rightToLink,
} from '../../../src/swift_api/authority/shown_right';
import { rightTo, unlimited } from '../../support/stores/authority';

const ITSELF = 'multipart-manifest=get&symlink=get';
const OBJECT = '/v1/AUTH_x/c/o';
const VERSIONS = '/v1/AUTH_x/.hindsight-versions-c';
const ENTRY = `${VERSIONS}/o%01%01123`;
const INDEX = `${VERSIONS}/%01%01o%01%01null`;

function errand(line: string, headers: Record<string, string> = {}): ScopedRequest {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  return { method, path, query, headers: Headers.of(headers) };
}

function covers(authority: Authority, line: string, headers: Record<string, string> = {}): boolean {
  if (authority === 'client') throw new Error('not in the name of the service user');
  try {
    authority.check(errand(line, headers));
    return true;
  } catch (error) {
    if (error instanceof BeyondAuthority) return false;
    throw error;
  }
}

describe('the authority by a signature', () => {
  const toRead = signedAuthority('service', rightTo('read', OBJECT));
  const toList = signedAuthority('service', rightTo('list', '/v1/AUTH_x/c'), 'part/');

  it.each([
    `HEAD ${OBJECT}?symlink=get`,
    `GET ${OBJECT}?${ITSELF}`,
    `HEAD ${ENTRY}?${ITSELF}`,
    `GET ${ENTRY}?${ITSELF}`,
  ])('covers %s, to read the object', (line) => expect(covers(toRead, line)).toBe(true));

  it.each([
    `GET ${OBJECT}`,
    `PUT ${OBJECT}`,
    `DELETE ${OBJECT}`,
    `DELETE ${ENTRY}`,
    `GET ${VERSIONS}?prefix=o%01%01`,
    `HEAD ${INDEX}?${ITSELF}`,
    `GET ${OBJECT}2?${ITSELF}`,
    'GET /v1/AUTH_x/c?prefix=part/',
    `GET /v1/AUTH_x/other/o?${ITSELF}`,
    `GET /v1/AUTH_y/c/o?${ITSELF}`,
  ])('does not cover %s, to read the object', (line) => expect(covers(toRead, line)).toBe(false));

  it('covers a listing of names with the prefix, and nothing else', () => {
    expect(covers(toList, 'GET /v1/AUTH_x/c?format=json&prefix=part/&marker=')).toBe(true);
    for (const line of [
      'GET /v1/AUTH_x/c',
      'GET /v1/AUTH_x/c?prefix=par',
      'GET /v1/AUTH_x/d?prefix=part/',
      `GET ${VERSIONS}?prefix=part/`,
      `GET ${OBJECT}?${ITSELF}`,
    ])
      expect([line, covers(toList, line)]).toEqual([line, false]);
  });

  it('is none on a right to something else', () => {
    const others = [rightTo('write', OBJECT), rightTo('read', '/v1/AUTH_x/c')];
    for (const right of others)
      expect(covers(signedAuthority('service', right), `GET ${OBJECT}?${ITSELF}`)).toBe(false);
  });
});

describe('the authority on a right to write an object', () => {
  const authority = authorityFor('service', rightTo('write', OBJECT), 'archive');

  it.each([
    `HEAD ${OBJECT}?symlink=get`,
    `GET ${OBJECT}?${ITSELF}`,
    `PUT ${OBJECT}`,
    `PUT ${OBJECT}?multipart-manifest=put`,
    `DELETE ${OBJECT}`,
    'HEAD /v1/AUTH_x/c',
    `PUT ${ENTRY}`,
    `DELETE ${ENTRY}`,
    `PUT ${INDEX}`,
    `PUT ${VERSIONS}`,
    `GET ${VERSIONS}?prefix=o%01%01`,
    'GET /v1/AUTH_x/archive?prefix=001o/&limit=1',
    'PUT /v1/AUTH_x/archive/001o/123',
    'DELETE /v1.0/AUTH_x/archive/001o/123',
  ])('covers %s', (line) => expect(covers(authority, line)).toBe(true));

  it.each([
    ['what the object leads to', `GET ${OBJECT}`],
    ['what the object leads to, half', `GET ${OBJECT}?symlink=get`],
    [
      'what the object leads to, by a parameter that is there twice',
      `GET ${OBJECT}?${ITSELF}&symlink=x`,
    ],
    ['another object', 'PUT /v1/AUTH_x/c/p'],
    ['an object whose name goes on', `PUT ${OBJECT}/p`],
    ['versions of another object', `PUT ${VERSIONS}/p%01%01123`],
    ['the archive of another object', 'PUT /v1/AUTH_x/archive/002oo/123'],
    ['another account', 'PUT /v1/AUTH_y/c/o'],
    ['a listing of all', `GET ${VERSIONS}`],
    ['a listing of others', `GET ${VERSIONS}?prefix=`],
    ['a listing whose prefix counts only once', `GET ${VERSIONS}?prefix=o%01%01&prefix=p`],
    ['the listing of the container', 'GET /v1/AUTH_x/c'],
    ['an account', 'HEAD /v1/AUTH_x'],
    ['the container', 'POST /v1/AUTH_x/c'],
    ['the end of the versions container', `DELETE ${VERSIONS}`],
    ['segments', `DELETE ${OBJECT}?multipart-manifest=delete`],
    ['many objects', `DELETE ${OBJECT}?bulk-delete`],
    ['an archive to extract', `PUT ${OBJECT}?extract-archive=tar`],
    ['no path of the API', 'PUT /x/../v1/AUTH_x/c/o'],
  ])('does not cover %s', (_, line) => expect(covers(authority, line)).toBe(false));

  it('points nowhere else', () => {
    const copy = `PUT ${OBJECT}?${ITSELF}`;
    expect(covers(authority, copy, { 'X-Copy-From': '.hindsight-versions-c/o%01%01123' })).toBe(
      true,
    );
    expect(
      covers(authority, `PUT ${OBJECT}`, {
        'X-Symlink-Target': '.hindsight-versions-c/o%01%01123',
      }),
    ).toBe(true);
    for (const headers of [
      { 'X-Copy-From': 'c/p' },
      { 'X-Copy-From': 'c/o', 'X-Copy-From-Account': 'AUTH_y' },
      { 'X-Copy-From': 'nothing' },
      { 'X-Symlink-Target': 'other/o' },
      { 'X-Symlink-Target': 'c/o', 'X-Symlink-Target-Account': 'AUTH_y' },
    ])
      expect([headers, covers(authority, copy, headers)]).toEqual([headers, false]);
    // its target would be copied
    expect(covers(authority, `PUT ${OBJECT}`, { 'X-Copy-From': 'c/o' })).toBe(false);
  });

  it('covers both places in a container that is its own archive', () => {
    const both = authorityFor('service', rightTo('write', OBJECT), 'c');
    for (const line of [
      'GET /v1/AUTH_x/c?prefix=001o/&limit=1',
      'GET /v1/AUTH_x/c?prefix=o',
      'PUT /v1/AUTH_x/c/001o/123',
      `PUT ${OBJECT}?multipart-manifest=put`,
    ])
      expect([line, covers(both, line)]).toEqual([line, true]);
    for (const line of [
      'GET /v1/AUTH_x/c?prefix=001p/',
      'GET /v1/AUTH_x/c?prefix=001o/&prefix=001p/',
      'PUT /v1/AUTH_x/c/001p/123',
      'PUT /v1/AUTH_x/c/001o/123?multipart-manifest=put',
    ])
      expect([line, covers(both, line)]).toEqual([line, false]);
  });

  it('has no archive if the container names none', () =>
    expect(
      covers(authorityFor('service', rightTo('write', OBJECT)), 'PUT /v1/AUTH_x/archive/001o/1'),
    ).toBe(false));
});

describe.each<[Right['kind'], string, covered: readonly string[], not: readonly string[]]>([
  [
    'read',
    OBJECT,
    [
      `GET ${ENTRY}?${ITSELF}`,
      `GET ${VERSIONS}?prefix=o%01%01&limit=1`,
      `HEAD ${OBJECT}?symlink=get`,
    ],
    [
      `GET ${OBJECT}?${ITSELF}`,
      `PUT ${ENTRY}`,
      `GET ${VERSIONS}?prefix=p%01%01`,
      `GET ${VERSIONS}`,
    ],
  ],
  [
    'list',
    '/v1/AUTH_x/c',
    [`GET ${VERSIONS}`, `HEAD ${VERSIONS}`, `HEAD ${ENTRY}?${ITSELF}`],
    [`GET ${ENTRY}?${ITSELF}`, `DELETE ${VERSIONS}`, 'GET /v1/AUTH_x/.hindsight-versions-d'],
  ],
  [
    'change',
    '/v1/AUTH_x/c',
    [`PUT ${VERSIONS}`, `DELETE ${VERSIONS}`, `DELETE ${INDEX}`, 'POST /v1/AUTH_x/c%2Bsegments'],
    [`DELETE ${ENTRY}`, 'POST /v1/AUTH_x/c', `DELETE ${OBJECT}`],
  ],
])('the authority on a right to %s %s', (kind, path, covered, not) => {
  const authority = authorityFor('service', rightTo(kind, path));
  it.each(covered)('covers %s', (line) => expect(covers(authority, line)).toBe(true));
  it.each(not)('does not cover %s', (line) => expect(covers(authority, line)).toBe(false));
});

it('the authority over parts is over those of the object, or to list those of the bucket', () => {
  const right = rightTo('write', OBJECT);
  const PARTS = '/v1/AUTH_x/c%2Bsegments';
  const own = partsAuthority('service', right, 'o');
  for (const line of [
    `PUT ${PARTS}/o/upload/1`,
    `GET ${PARTS}?prefix=o/upload`,
    `PUT ${PARTS}`,
    `PUT ${PARTS}/tags/sha256-00`,
  ])
    expect([line, covers(own, line)]).toEqual([line, true]);
  for (const line of [
    `PUT ${PARTS}/p/upload/1`,
    `GET ${PARTS}`,
    `GET ${PARTS}/o/upload/1`,
    `PUT ${PARTS}/tags/upload/1`,
    `DELETE ${PARTS}/tags/sha256-00`,
  ])
    expect([line, covers(own, line)]).toEqual([line, false]);
  const ofBucket = partsAuthority('service', right, undefined);
  expect(covers(ofBucket, `GET ${PARTS}?prefix=p`)).toBe(true);
  expect(covers(ofBucket, `PUT ${PARTS}/o/upload/1`)).toBe(false);
  const reading = partsAuthority('service', rightTo('read', OBJECT), 'o');
  expect(covers(reading, `GET ${PARTS}/p/upload/manifest?${ITSELF}`)).toBe(true);
  expect(covers(reading, `GET ${PARTS}/tags/sha256-00?${ITSELF}`)).toBe(true);
  expect(covers(reading, `PUT ${PARTS}/tags/sha256-00`)).toBe(false);
  expect(covers(reading, `DELETE ${PARTS}/o/upload/1`)).toBe(false);
});

it('without a service user all is asked in the name of the client', () => {
  expect(authorityFor('client', rightTo('write', OBJECT))).toBe('client');
  expect(partsAuthority('client', rightTo('write', OBJECT), 'o')).toBe('client');
});

it('requests without a right only read headers', () => {
  const authority = headersAuthority({ version: 'v1', account: 'AUTH_x', container: 'c' });
  expect(covers(authority, 'HEAD /v1/AUTH_x/c')).toBe(true);
  for (const line of ['GET /v1/AUTH_x/c', 'HEAD /v1/AUTH_x', `HEAD ${OBJECT}?symlink=get`])
    expect([line, covers(authority, line)]).toEqual([line, false]);
});

describe('a right is shown by an answer to the client', () => {
  const kindOf = (right: Right | undefined) => right && [right.kind, right.target.object];
  const sent = (line: string, authority: Authority = 'client') => ({ ...errand(line), authority });
  const answer = (status: number, headers: Record<string, string> = {}) => ({
    status,
    headers: Headers.of(headers),
  });

  it.each([
    [`GET ${OBJECT}`, 200, {}, ['read', 'o']],
    [`HEAD ${OBJECT}`, 404, {}, ['read', 'o']],
    [`GET ${OBJECT}`, 403, {}, undefined],
    [`GET ${OBJECT}`, 503, {}, undefined],
    [`DELETE ${OBJECT}`, 204, {}, undefined],
    ['GET /v1/AUTH_x/c', 200, {}, ['list', undefined]],
    ['HEAD /v1/AUTH_x/c', 204, { 'X-Container-Read': '.r:*' }, ['change', undefined]],
    ['GET /v1/AUTH_x/c', 404, {}, undefined],
    ['POST /v1/AUTH_x/c', 204, {}, ['change', undefined]],
    ['POST /v1/AUTH_x/c', 403, {}, undefined],
    ['GET /v1/AUTH_x', 200, {}, undefined],
    ['GET /info', 200, {}, undefined],
  ] as const)('%s, %d %j', (line, status, headers, expected) =>
    expect(kindOf(provenRight(sent(line), answer(status, headers)))).toEqual(expected),
  );

  it('a link that was followed, an owner, and a change that may be made', () => {
    const followed = answer(401, { 'Content-Location': ENTRY });
    expect(kindOf(rightToLink(sent(`GET ${OBJECT}`), followed))).toEqual(['read', 'o']);
    expect(rightToLink(sent(`GET ${OBJECT}`), answer(401))).toBeUndefined();
    const object = { version: 'v1', account: 'AUTH_x', container: 'c', object: 'o' };
    const request = sent('GET /v1/AUTH_x/none/none');
    expect(kindOf(rightOfOwner(request, answer(404), object))).toEqual(['read', 'o']);
    expect(rightOfOwner(request, answer(403), object)).toBeUndefined();
    expect(rightOfOwner(request, answer(404), { ...object, account: 'AUTH_y' })).toBeUndefined();
    for (const [status, expected] of [
      [204, 'change'],
      [404, 'change'],
      [401, undefined],
      [403, undefined],
      [503, undefined],
    ] as const)
      expect(rightToChange(sent('POST /v1/AUTH_x/c'), answer(status))?.kind).toBe(expected);
  });

  it('but not by one to a request in the service user’s name', () => {
    const authority = unlimited();
    expect(provenRight(sent(`GET ${OBJECT}`, authority), answer(200))).toBeUndefined();
    expect(
      rightToLink(sent(`GET ${OBJECT}`, authority), answer(401, { 'Content-Location': ENTRY })),
    ).toBe(undefined);
    expect(rightToChange(sent('POST /v1/AUTH_x/c', authority), answer(204))).toBeUndefined();
  });
});

it('what only has the shape of a right is none', () => {
  const target = parseTarget(OBJECT);
  if (target === undefined) throw new Error('a path');
  const forged = { kind: 'write', target } as Right;
  expect(() => authorityFor('service', forged)).toThrow(BeyondAuthority);
  expect(() => partsAuthority('service', forged, 'o')).toThrow(BeyondAuthority);
});
