import fc from 'fast-check';

/**
 * The beginnings of targets: none, and what some readers take for scheme and authority.
 */
const BEGINNINGS = [
  ...Array<string>(12).fill(''),
  'http://h',
  'HTTP://h:81',
  'https://[::1]:81',
  'http://u@h',
  'HTTP://u%2fx@h',
  'http://u:p@h',
  'http://h;x',
  'http://h\\',
  'http:/',
  'http:',
  'http://',
  'http:\\\\h',
  'ftp://h',
  '//h',
  '/\\h',
  '\\\\h',
  '/http://h',
  '/http:',
  '/%2F',
  '/%5c',
  'x:',
];

/** What is between two slashes: names, and what readers take for something else. */
const SEGMENTS = [
  ...[
    'v1',
    'v1',
    'v1',
    'v1.0',
    '%76%31',
    '%761',
    '%25761',
    'V1',
    'v1;x',
    'v1%00',
    'v1%3fx',
    'v%091',
    'v1%2FAUTH_x',
  ],
  ...[
    'AUTH_x',
    'AUTH_x',
    'AUTH%5Fx',
    'c',
    'c',
    'o',
    'auth',
    'auth',
    'info',
    'healthcheck',
    'recon',
    'x',
  ],
  ...[
    '',
    '',
    '.',
    '..',
    '..',
    '%2e%2e',
    '%2E.',
    '.%2e',
    '%252e%252e',
    '..;x',
    '..%00',
    '%c0%ae%c0%ae',
    '..%20',
  ],
  ...[
    '%2f',
    '%2F..',
    '..%2fv1',
    '%5c..',
    '\\..\\v1',
    'a\\b',
    '..\\',
    '%252f..',
    '%c0%af..',
    '%e0%80%af',
    '%ff',
    '%zz',
  ],
  ...['#', '#x', '%23', '%3F', ';', ';x=..', '%00', ':', '@', '~', '%7e'],
];

const ENDS = [
  '',
  '',
  '',
  '/',
  '?',
  '?x=/../v1/AUTH_x/c/o',
  '?/v1/AUTH_x',
  '#x',
  '#/../v1/AUTH_x/c/o',
  '?a#b',
];

const someOf = (values: readonly string[]) => fc.constantFrom(...values);

const wild = fc
  .array(fc.tuple(fc.constantFrom('/', '/', '/', '/', '/', '//', '\\', '%2F'), someOf(SEGMENTS)), {
    minLength: 1,
    maxLength: 7,
  })
  .map((segments) => segments.map(([slash, name]) => slash + name).join(''));

/** Paths that lead a reader that folds dots into the API, or out of it. */
const DETOURS = [
  '/v1/AUTH_x',
  '/v1/AUTH_x/c/o',
  '/auth',
  '/auth/..',
  '/x/../v1/AUTH_x/c',
  '/%2e%2e/v1/AUTH_x',
  '',
  '',
];

/**
 * A target as in a request's first line: all that Node's parser accepts, and some others.
 */
export const target: fc.Arbitrary<string> = fc
  .tuple(someOf(BEGINNINGS), someOf(DETOURS), wild, someOf(ENDS))
  .map((parts) => parts.join(''));

/** Decodes a path once. */
export const decode = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** Three readers of targets other than the proxy, written from their documentation. */
export const READERS: Readonly<Record<string, (target: string) => string>> = {
  /** Swift: WSGI decodes the path once; nothing folds it. */
  swift: (target) => decode(target.split('?', 1)[0] ?? ''),
  /** nginx's `location`: decoded, slashes merged, dots folded. */
  folding: (target) => {
    const path = target.replace(/^https?:\/\/[^/?]*/i, '').split(/[?#]/, 1)[0] ?? '';
    const segments: string[] = [];
    for (const segment of decode(path).split('/')) {
      if (segment === '..') segments.pop();
      else if (segment !== '' && segment !== '.') segments.push(segment);
    }
    const isFolder = /\/\.{0,2}$/.test(decode(path)) && segments.length > 0;
    return `/${segments.join('/')}${isFolder ? '/' : ''}`;
  },
  /** The URL Standard, as implemented by browsers, undici and http-proxy. */
  whatwg: (target) => {
    try {
      return decode(new URL(target, 'http://h').pathname);
    } catch {
      return '';
    }
  },
};

/** Whether a path belongs to the object API. */
export function isOfApi(path: string): boolean {
  return /^\/v1(\.0)?\/[^/]/.test(path);
}

/** Whether the readers disagree about whether a target belongs to the API. */
export function isDisputed(target: string): boolean {
  return new Set(Object.values(READERS).map((read) => isOfApi(read(target)))).size > 1;
}

const NAMES = [
  ...[
    'c',
    'c',
    'c',
    'o',
    'o',
    'other',
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    '%252F',
    'c%2Fo',
    '%00',
    '%ff',
    '?x',
    '#x',
  ],
  ...[
    'v1',
    'AUTH_x',
    'http:',
    'h',
    '\\',
    '%5c',
    ';x',
    'a b',
    '%20',
    '%',
    '%zz',
    '+',
    '%2B',
    '\xc3\xa9',
    '%C3%A9',
  ],
];

/** A `Destination` and a `Destination-Account`. */
export const destination: fc.Arbitrary<readonly [header: string, account: string]> = fc.tuple(
  fc
    .tuple(
      fc.constantFrom('', '/', '/', '//', 'http://h/'),
      fc.array(someOf(NAMES), { minLength: 1, maxLength: 5 }),
    )
    .map(([beginning, names]) => beginning + names.join('/')),
  fc.constantFrom('', '', 'AUTH_x', 'AUTH_y', 'AUTH%5Fy', 'a/b', 'a%2Fb', '..', '%00'),
);

/**
 * Returns the path of the container that Swift copies to (`check_path_header`,
 * `check_account_format`); undefined if it refuses.
 */
export function destinationOf(header: string, account: string): string | undefined {
  const path = decode(header.trim());
  const [, container, ...object] = (path.startsWith('/') ? path : `/${path}`).split('/');
  const named = decode(account);
  if (!container || object.join('/') === '' || named.includes('/')) return undefined;
  return `/v1/${named || 'AUTH_x'}/${container}`;
}
