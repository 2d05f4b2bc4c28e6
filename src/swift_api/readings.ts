import { unquote, type ByteString } from '../http/bytes';

/**
 * Max length of a path that is examined: a key of 1,024 bytes, each encoded in three, and
 * a bucket.
 */
const MAX_PATH = 4096;
/** Max readings of a path; with more it counts as crafted to confuse. */
const MAX_READINGS = 64;

type Rule = (path: ByteString) => ByteString;

/**
 * What servers, proxies and libraries do to a path before they use it; each rule is one
 * such step.
 */
const RULES: readonly Rule[] = [
  unquote,
  // the URL Standard reads these as dots, and leaves encoded slashes alone
  (path) => path.replace(/%2e/gi, '.'),
  withoutOverlongForms,
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) => path.replace(/[\t\n\r]/g, ''),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => cutAt(path, '\0'),
  (path) => cutAt(path, '?'),
  (path) => cutAt(path, '#'),
  (path) => path.replace(/^\/*[a-z][a-z0-9+.-]*:(?=\/)/i, ''),
  withoutAuthority,
  withoutDotSegments,
];

/** Paths that no rule changes, as most are. */
const PLAIN = /^(?:\/(?!\.{1,2}(?:\/|$))[^%\\;?#/:\0-\x20\x80-\xff]+)*\/?$/;

/**
 * Everything a path can mean to a server that decodes, folds or cuts it, in any order and
 * any number of times. The first is the path as received.
 *
 * @returns undefined if the path is too long or has too many readings
 */
export function readingsOf(path: string): ReadonlySet<ByteString> | undefined {
  const readings = new Set<ByteString>([path]);
  if (PLAIN.test(path)) return readings;
  if (path.length > MAX_PATH) return undefined;
  for (const reading of readings) {
    for (const rule of RULES) readings.add(rule(reading));
    if (readings.size > MAX_READINGS) return undefined;
  }
  return readings;
}

function cutAt(path: ByteString, character: string): ByteString {
  const at = path.indexOf(character);
  return at < 0 ? path : path.slice(0, at);
}

/** Decodes overlong forms of ASCII, which old UTF-8 decoders accept. */
function withoutOverlongForms(path: ByteString): ByteString {
  if (!/[\xc0\xc1\xe0\xf0]/.test(path)) return path;
  return path.replace(
    /[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]|\xf0\x80[\x80\x81][\x80-\xbf]/g,
    (form) => {
      const last = form.charCodeAt(form.length - 1);
      const before = form.charCodeAt(form.length - 2);
      return String.fromCharCode(((before & 0x01) << 6) | (last & 0x3f));
    },
  );
}

/**
 * Some readers take a path that begins like a URL for one; `//host/path` has no scheme
 * (RFC 3986, 4.2).
 */
function withoutAuthority(path: ByteString): ByteString {
  const rest = /^(?:\/*[a-z][a-z0-9+.-]*:\/*|\/\/+)[^/]*(.*)$/is.exec(path)?.[1];
  return rest === undefined ? path : rest.startsWith('/') ? rest : `/${rest}`;
}

/** RFC 3986, 5.2.4: empty segments are segments, and above the root is the root. */
function withoutDotSegments(path: ByteString): ByteString {
  if (!/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) return path;
  const result: ByteString[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..' && result.length > 1) result.pop();
    if (segment !== '.' && segment !== '..') result.push(segment);
    else if (isLast) result.push('');
  }
  return result.join('/');
}
