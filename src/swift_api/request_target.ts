import { unquote } from '../http/bytes';
import { isApi, parseTarget } from './target';
import { readingsOf } from './readings';

/**
 * Whose a request's target is. `api`: the path, decoded once and not folded as Swift reads it, names
 * something of the object API, or what the pipeline answers itself. `outside`: it does to no reader.
 * `ambiguous`: it does only to another reader. `malformed`: it is no target that HTTP knows.
 */
export type Reading = 'api' | 'outside' | 'ambiguous' | 'malformed';

/** The target of a request, read once: whatever is decided about a request is decided by this value. */
export interface RequestTarget {
  /** The path as it came: percent-encoded, byte for byte, without the query. */
  readonly path: string;
  /** The query as it came, without its question mark. */
  readonly query: string;
  /** Host and port of a target in absolute form, which count instead of Host (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
  readonly reading: Reading;
  /** Whether a reader could take the beginning of the path for a host, as in `//host/path`. */
  readonly hasDoubtfulStart: boolean;
}

const ABSOLUTE = /^https?:\/\/((?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)((?:[/?].*)?)$/i;

/**
 * Reads the target of a request as it stands in its first line (RFC 9112, 3.2): a path, or a whole
 * URL with nothing but host and port before its path; of bounded length, and with a bounded number of parameters.
 */
export function readTarget(given: string): RequestTarget {
  if (isTooMuch(given)) return MALFORMED;
  if (given === '*') return { ...MALFORMED, path: given, reading: 'outside' };
  if (given.startsWith('/')) return split(given, undefined);
  const [, authority, rest] = ABSOLUTE.exec(given) ?? [];
  if (authority === undefined || rest === undefined) return MALFORMED;
  return split(rest.startsWith('/') ? rest : `/${rest}`, authority);
}

/** The client is not known yet, and each byte and parameter costs time. */
export const MAX_BYTES = 32 * 1024;
export const MAX_PARAMETERS = 1000;

function isTooMuch(given: string): boolean {
  if (given.length > MAX_BYTES) return true;
  let [parameters, at] = [0, given.indexOf('?')];
  for (; at >= 0 && parameters <= MAX_PARAMETERS; parameters++) at = given.indexOf('&', at + 1);
  return parameters > MAX_PARAMETERS;
}

/** Nothing of what was given, which may have a password in it, goes into a log. */
const MALFORMED = {
  path: '(malformed)',
  query: '',
  authority: undefined,
  reading: 'malformed',
  hasDoubtfulStart: false,
} as const;

/** The target as one string again: what leaves for the store. */
export function originForm({ path, query }: Pick<RequestTarget, 'path' | 'query'>): string {
  return query === '' ? path : `${path}?${query}`;
}

function split(target: string, authority: string | undefined): RequestTarget {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    path,
    query: mark < 0 ? '' : target.slice(mark + 1),
    authority,
    reading: readingOf(path),
    hasDoubtfulStart: /^\/[/\\]/.test(path),
  };
}

/** Whether every reader sees the same path, so that a proxy that folds paths changes nothing. */
export function isPlain({ path }: Pick<RequestTarget, 'path'>): boolean {
  const readings = readingsOf(path);
  const decoded = unquote(path);
  return readings !== undefined && [...readings].every((reading) => unquote(reading) === decoded);
}

function readingOf(path: string): Reading {
  const target = parseTarget(path);
  if (target !== undefined && isApi(target)) return 'api';
  const readings = readingsOf(path);
  if (readings === undefined) return 'ambiguous';
  const own = unquote(path);
  const others = [...readings].filter((reading) => reading !== own && reading !== path);
  if (isOwn(own)) return others.some(namesMore) ? 'ambiguous' : 'api';
  return others.some((reading) => isOwn(reading) || namesMore(reading)) ? 'ambiguous' : 'outside';
}

/** What belongs to the pipeline without naming an account. */
function isOwn(reading: string): boolean {
  return /^\/(?:v1(?:\.0)?\/*|info|healthcheck)$/.test(reading);
}

function namesMore(reading: string): boolean {
  return /^\/?v1(?:\.0)?\/+[^/]/.test(reading);
}
