import { type ByteString, quote, toBytes, unquote } from '../../../src/http/bytes';

/** The lab's accounts that contain the suite's containers. */
export type AccountName = 'test' | 'test2';

/** An object; its names are percent-encoded. */
export interface Place {
  readonly account: AccountName;
  readonly container: string;
  readonly object: string;
}

/** The purpose of a container. Steps name it by its letter. */
export interface Role {
  readonly account: AccountName;
  /** The part of its name after the prefix of its side; UTF-8. */
  readonly suffix: string;
  /** Headers to create it with before the first step; otherwise only steps create it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Used instead if only tester acts, and archives in tester's own name. */
  readonly headersForTester?: Readonly<Record<string, string>>;
  /** Whether its versions may have ids. It exists only in sequences about these. */
  readonly ids?: true;
}

/**
 * The containers of one sequence. In headers, `{x}` stands for the container x's name.
 */
export const ROLES: Readonly<Record<string, Role>> = {
  // archives first, since containers are created in this order
  x: { account: 'test', suffix: '-x', headers: {} },
  y: { account: 'test', suffix: '-y', headers: {} },
  q: {
    account: 'test2',
    suffix: '-q',
    headers: {},
    headersForTester: { 'X-Container-Read': 'test:tester', 'X-Container-Write': 'test:tester' },
  },
  s: {
    account: 'test',
    suffix: '-s',
    headers: { 'X-Versions-Location': '{x}', 'X-Container-Write': 'test2:tester2' },
  },
  h: {
    account: 'test',
    suffix: '-h',
    headers: {
      'X-History-Location': '{y}',
      'X-Container-Write': 'test2:tester2',
      'X-Container-Read': '.r:*',
    },
  },
  // shares its archive with s, so that entries of two containers share a prefix
  b: { account: 'test', suffix: '-b', headers: { 'X-History-Location': '{x}' } },
  p: {
    account: 'test',
    suffix: '-p',
    headers: {
      'X-Container-Write': 'test2:tester2',
      'X-Container-Read': 'test2:tester2,.rlistings',
    },
  },
  o: {
    account: 'test2',
    suffix: '-o',
    headers: {
      'X-Versions-Location': '{q}',
      'X-Container-Write': 'test:tester',
      'X-Container-Read': 'test:tester',
    },
  },
  z: { account: 'test', suffix: '-zé %+;', headers: {} },
  // versions with ids
  k: {
    account: 'test',
    suffix: '-k',
    headers: {
      'X-Versions-Enabled': 'true',
      'X-Container-Write': 'test2:tester2',
      'X-Container-Read': '.r:*',
    },
    ids: true,
  },
  t: { account: 'test', suffix: '-t', headers: {}, ids: true },
  u: {
    account: 'test2',
    suffix: '-u',
    headers: {
      'X-Versions-Enabled': 'true',
      'X-Container-Write': 'test:tester',
      'X-Container-Read': 'test:tester',
    },
    ids: true,
  },
  // the workshops, without versions
  w: {
    account: 'test',
    suffix: '-w',
    headers: { 'X-Container-Read': 'test2:tester2,test:tester3' },
  },
  v: {
    account: 'test2',
    suffix: '-v',
    headers: { 'X-Container-Read': 'test:tester', 'X-Container-Write': 'test:tester' },
  },
  m: { account: 'test', suffix: '-m' },
  l: { account: 'test', suffix: '-' + 'l'.repeat(243) },
};

/** Returns a container's name on a side, as bytes. */
export function containerName(base: string, role: string): ByteString {
  return base + toBytes(ROLES[role]!.suffix);
}

/** Returns the prefix of the archive entries of an object, percent-encoded. */
export function encodedArchivePrefix(encodedName: string): string {
  return unquote(encodedName).length.toString(16).padStart(3, '0') + encodedName + '/';
}

/** Object names as they are sent, percent-encoded or not. */
export const NAMES: readonly string[] = [
  'foo',
  'foo-bar',
  'foo/',
  'foo/1234567890.12345',
  '003foo/1234567890.12345',
  'a//b',
  'a/../b',
  '..',
  '.',
  './x',
  'a/.',
  '%2E%2E/y',
  'a%2Fb',
  '%25ff',
  '%2525ff',
  '%252F',
  'one+two',
  'one%2Btwo',
  'one%20two',
  '%20',
  'trailing%20',
  '%23hash%3Fquery',
  'back%5Cslash',
  'back\\slash',
  'semi;colon',
  'eq=and&amp',
  "q'uote%22s",
  '%3Cangle%3E',
  '%C3%A9',
  '%E2%98%83/%F0%9F%92%A9',
  'e%CC%81',
  '%E4%B8%AD%E6%96%87+%25',
  'tab%09newline%0A',
  'a:b@c,d*e!f(g)~$',
  'n'.repeat(1004),
  'n'.repeat(1005),
  'n'.repeat(1024),
  'n'.repeat(1025),
  'n'.repeat(1003) + '%C3%A9',
  'n'.repeat(1002) + '%C3%A9',
  '%ff',
  'nul%00',
];

/** Percent-encodes UTF-8 text fully, as query values require. */
export function encodeValue(bytes: ByteString): string {
  return quote(bytes).replaceAll('/', '%2F');
}
