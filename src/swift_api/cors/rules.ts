import type { ByteString } from '../../http/bytes';

/** The methods that a rule can allow. */
export const CORS_METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

/** What pages of some origins may do with a container and its objects. */
export interface CorsRule {
  readonly id?: ByteString | undefined;
  /** Each may have one `*`, which stands for any text. */
  readonly origins: readonly string[];
  /** Of `CORS_METHODS`. */
  readonly methods: readonly string[];
  /** Names of request headers; each may have one `*`, too. */
  readonly headers: readonly string[];
  /** Names of response headers that a page may read. */
  readonly exposed: readonly string[];
  /** Seconds for which a browser may cache the response to a preflight. */
  readonly maxAge?: number | undefined;
}

/** The rules of a container; of those that match a request the first counts. */
export interface CorsRules {
  readonly rules: readonly CorsRule[];
  /** Whether responses shall say that they vary by Origin, even without one. */
  readonly varies?: boolean | undefined;
}

/** A cross-origin request, or the one that a preflight announces. */
export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** The names of its headers; empty if it is not a preflight. */
  readonly headers: readonly string[];
}

/** The rule that allows a request. */
export interface CorsGrant {
  readonly rule: CorsRule;
  /** `*` if the rule allows every origin by that name, otherwise that of the request. */
  readonly origin: string;
}

/** Maximum number of header names in a preflight. */
const MAX_REQUESTED = 256;

/** Returns the first rule that allows a request. */
export function grantOf({ rules }: CorsRules, request: CorsRequest): CorsGrant | undefined {
  const { origin, method, headers } = request;
  if (headers.length > MAX_REQUESTED) return undefined;
  for (const rule of rules) {
    const allowed = rule.origins.find((pattern) => matches(pattern, origin));
    if (allowed === undefined || !rule.methods.includes(method)) continue;
    const patterns = rule.headers.map((pattern) => pattern.toLowerCase());
    const allowsAll = headers.every((name) =>
      patterns.some((pattern) => matches(pattern, name.toLowerCase())),
    );
    if (allowsAll) return { rule, origin: allowed === '*' ? '*' : origin };
  }
  return undefined;
}

function matches(pattern: string, text: string): boolean {
  const at = pattern.indexOf('*');
  if (at < 0) return pattern === text;
  const [start, end] = [pattern.slice(0, at), pattern.slice(at + 1)];
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
