import { unquote, type ByteString } from '../http/bytes';

/** The longest path whose readings are sought: a key of 1,024 bytes, each encoded in three, and a bucket. */
const MAX_PATH = 4096;
/** How many readings one path may have before it counts as made to confuse. */
const MAX_READINGS = 64;

type Rule = (path: ByteString) => ByteString;

/** What servers, proxies and libraries do to a path before they look at it, each rule one thing that one of them does. */
const RULES: readonly Rule[] = [
  unquote,
  // the URL Standard sees dots in these, and leaves encoded slashes alone
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

/** Paths that no rule changes: most. */
const PLAIN = /^(?:\/(?!\.{1,2}(?:\/|$))[^%\\;?#/:\0-\x20\x80-\xff]+)*\/?$/;

/**
 * All that a path can mean to a server that decodes it, folds it, or cuts it, in any order, any
 * number of times. The first is the path as it came.
 *
 * @returns undefined for a path that is too long, or has too many readings
 */
export function readingsOf(path: string): ReadonlySet<ByteString> | undefined {
  const found = new Set<ByteString>([path]);
  if (PLAIN.test(path)) return found;
  if (path.length > MAX_PATH) return undefined;
  for (const reading of found) {
    for (const rule of RULES) found.add(rule(reading));
    if (found.size > MAX_READINGS) return undefined;
  }
  return found;
}

function cutAt(path: ByteString, character: string): ByteString {
  const at = path.indexOf(character);
  return at < 0 ? path : path.slice(0, at);
}

/** ASCII that is encoded in more bytes than it takes: old decoders of UTF-8 accept it. */
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

/** A path that begins as a URL does is one to some readers, and `//host/path` has no scheme (RFC 3986, 4.2). */
function withoutAuthority(path: ByteString): ByteString {
  const rest = /^(?:\/*[a-z][a-z0-9+.-]*:\/*|\/\/+)[^/]*(.*)$/is.exec(path)?.[1];
  return rest === undefined ? path : rest.startsWith('/') ? rest : `/${rest}`;
}

/** RFC 3986, 5.2.4: empty segments are segments, and above the root is the root. */
function withoutDotSegments(path: ByteString): ByteString {
  if (!/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) return path;
  const kept: ByteString[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..' && kept.length > 1) kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (isLast) kept.push('');
  }
  return kept.join('/');
}
