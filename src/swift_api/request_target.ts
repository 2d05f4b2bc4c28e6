import { unquote } from '../http/bytes';
import { isApi, parseTarget } from './target';
import { readingsOf } from './readings';

/**
 * Who handles a request's target. `api`: the path, decoded once and not folded (as Swift
 * reads it), names something of the object API, or something the pipeline answers itself.
 * `outside`: no reader takes it for that. `ambiguous`: only other readers do.
 * `malformed`: it is not a valid target in HTTP.
 */
export type Reading = 'api' | 'outside' | 'ambiguous' | 'malformed';

/**
 * The target of a request, parsed once: every decision about a request uses this value.
 */
export interface RequestTarget {
  /** The path as received: percent-encoded, byte for byte, without the query. */
  readonly path: string;
  /** The query as received, without its question mark. */
  readonly query: string;
  /**
   * Host and port of a target in absolute form, which override Host (RFC 9112, 3.2.2).
   */
  readonly authority: string | undefined;
  readonly reading: Reading;
  /**
   * Whether a reader could take the start of the path for a host, as in `//host/path`.
   */
  readonly hasDoubtfulStart: boolean;
}

const ABSOLUTE = /^https?:\/\/((?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)((?:[/?].*)?)$/i;

/** Decoded paths that filters answer and that name no account, such as `/healthcheck`. */
export type FilterPaths = ReadonlySet<string>;

/**
 * Parses the target in a request line (RFC 9112, 3.2): a path, or a URL with only host
 * and port before its path; limited in length and number of parameters.
 *
 * @param paths of all filters, so that the configuration makes no difference
 */
export function readTarget(target: string, paths: FilterPaths): RequestTarget {
  if (exceedsLimits(target)) return MALFORMED;
  if (target === '*') return { ...MALFORMED, path: target, reading: 'outside' };
  if (target.startsWith('/')) return split(target, undefined, paths);
  const [, authority, rest] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined || rest === undefined) return MALFORMED;
  return split(rest.startsWith('/') ? rest : `/${rest}`, authority, paths);
}

/** Limits for unknown clients: each byte and parameter costs time. */
export const MAX_TARGET_BYTES = 32 * 1024;
export const MAX_PARAMETERS = 1000;

function exceedsLimits(target: string): boolean {
  if (target.length > MAX_TARGET_BYTES) return true;
  let [parameters, at] = [0, target.indexOf('?')];
  for (; at >= 0 && parameters <= MAX_PARAMETERS; parameters++) at = target.indexOf('&', at + 1);
  return parameters > MAX_PARAMETERS;
}

/** Has no part of the target, which may contain a password, so that none is logged. */
const MALFORMED = {
  path: '(malformed)',
  query: '',
  authority: undefined,
  reading: 'malformed',
  hasDoubtfulStart: false,
} as const;

/** The target as one string, as it is sent to the store. */
export function originForm({ path, query }: Pick<RequestTarget, 'path' | 'query'>): string {
  return query === '' ? path : `${path}?${query}`;
}

function split(target: string, authority: string | undefined, paths: FilterPaths): RequestTarget {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    path,
    query: mark < 0 ? '' : target.slice(mark + 1),
    authority,
    reading: classifyPath(path, paths),
    hasDoubtfulStart: /^\/[/\\]/.test(path),
  };
}

/**
 * Whether every reader sees the same path, so that a proxy that folds paths changes
 * nothing.
 */
export function isPlain({ path }: Pick<RequestTarget, 'path'>): boolean {
  const readings = readingsOf(path);
  const decoded = unquote(path);
  return readings !== undefined && [...readings].every((reading) => unquote(reading) === decoded);
}

function classifyPath(path: string, paths: FilterPaths): Reading {
  const target = parseTarget(path);
  if (target !== undefined && isApi(target)) return 'api';
  const readings = readingsOf(path);
  if (readings === undefined) return 'ambiguous';
  const decoded = unquote(path);
  const others = [...readings].filter((reading) => reading !== decoded && reading !== path);
  if (isPipelinePath(decoded, paths)) return others.some(namesAccount) ? 'ambiguous' : 'api';
  return others.some((reading) => isPipelinePath(reading, paths) || namesAccount(reading))
    ? 'ambiguous'
    : 'outside';
}

/** Whether a path belongs to the pipeline without naming an account. */
export function isPipelinePath(reading: string, paths: FilterPaths): boolean {
  return /^\/(?:v1(?:\.0)?\/*|info)$/.test(reading) || paths.has(reading);
}

function namesAccount(reading: string): boolean {
  return /^\/?v1(?:\.0)?\/+[^/]/.test(reading);
}
