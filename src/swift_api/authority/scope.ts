import { unquote, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import {
  isApi,
  isObject,
  parseCopyHeader,
  parseTarget,
  parseQueryPairs,
  type Target,
} from '../target';
import { X_COPY_FROM, X_SYMLINK_TARGET } from '../header_names';

/** A place in a store, and what may be done there. All names are decoded. */
export interface Scope {
  readonly account: ByteString;
  /** Undefined for the account itself. */
  readonly container?: ByteString;
  /** Undefined for the container itself. Objects by name or by prefix. */
  readonly object?: { readonly name: ByteString } | { readonly prefix: ByteString };
  /**
   * GET and HEAD of an object are of the object itself, never of its link target or
   * segments.
   */
  readonly methods: readonly string[];
  /** Of a container: the prefixes that its listing may show; undefined for all. */
  readonly listed?: readonly ByteString[];
  /** Manifests may be written there; the store then looks at their segments. */
  readonly takesManifests?: true;
}

/** The parts of a request that determine what it does. */
export interface ScopedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
}

/** Headers by which a request reaches another object than its path names. */
const POINTERS = [X_COPY_FROM, 'destination', X_SYMLINK_TARGET];

/**
 * Parameters that make the store turn one request into many, or follow what clients have
 * written.
 */
const SWEEPING = ['bulk-delete', 'extract-archive', 'temp_url_sig'];

/**
 * Whether a request stays within scopes, by its path and everything its headers point to.
 * It may reach only the object itself, and must not make the store turn it into many
 * requests.
 */
export function staysWithin(request: ScopedRequest, scopes: readonly Scope[]): boolean {
  const target = parseTarget(request.path);
  if (target === undefined || !isApi(target)) return false;
  const query = new Parameters(request.query);
  if (SWEEPING.some((name) => query.has(name))) return false;
  if (!query.isOnly('symlink', 'get') || (isObject(target) && !isOfItself(request, query)))
    return false;
  const isManifest = query.has('multipart-manifest') && !query.isOnly('multipart-manifest', 'get');
  if (isManifest && !isManifestPut(request, query)) return false;
  // several scopes may be of one place: a container can be its own archive
  const isCovered = scopes.some(
    (scope) =>
      isAt(target, scope) &&
      scope.methods.includes(request.method) &&
      (!isManifest || scope.takesManifests === true) &&
      (!isListing(request, target) || isListed(query, scope)),
  );
  if (!isCovered) return false;
  const targets = headerTargets(request.headers, target);
  return targets?.every((each) => scopes.some((scope) => isAt(each, scope))) === true;
}

/** The parameters of a query, including repeated ones. */
class Parameters {
  private readonly pairs: readonly [string, ByteString][];

  constructor(query: string) {
    this.pairs = parseQueryPairs(query);
  }

  has(name: string): boolean {
    return this.pairs.some(([each]) => each === name);
  }

  /** Whether every parameter of a name has this value. */
  isOnly(name: string, value: ByteString): boolean {
    return this.pairs.every(([each, actual]) => each !== name || actual === value);
  }

  all(name: string): ByteString[] {
    return this.pairs.flatMap(([each, value]) => (each === name ? [value] : []));
  }
}

/**
 * Whether a request for an object does not reach through it. A HEAD of a manifest does
 * not reach its segments.
 */
function isOfItself({ method, headers }: ScopedRequest, query: Parameters): boolean {
  const reads = method === 'GET' || method === 'COPY' || Boolean(headers.get(X_COPY_FROM));
  if (reads && !query.has('multipart-manifest')) return false;
  return !(reads || method === 'HEAD') || query.has('symlink');
}

function isManifestPut({ method, headers }: ScopedRequest, query: Parameters): boolean {
  return method === 'PUT' && !headers.get(X_COPY_FROM) && query.isOnly('multipart-manifest', 'put');
}

function isListing({ method }: ScopedRequest, { object }: Target): boolean {
  return method === 'GET' && object === undefined;
}

/** Whether a listing shows only names with an allowed prefix. */
function isListed(query: Parameters, { listed }: Scope): boolean {
  if (listed === undefined) return true;
  const prefixes = query.all('prefix');
  return (
    prefixes.length > 0 &&
    prefixes.every((prefix) => listed.some((allowed) => prefix.startsWith(allowed)))
  );
}

/** The objects that headers point to; undefined if one is malformed. */
function headerTargets(headers: Headers, { version, account }: Target): Target[] | undefined {
  const targets: Target[] = [];
  for (const name of POINTERS) {
    const value = headers.get(name);
    if (!value) continue;
    const path = parseCopyHeader(value);
    if (path === undefined) return undefined;
    const otherAccount = unquote(headers.get(`${name}-account`) ?? '');
    targets.push({ version, account: otherAccount || account, ...path });
  }
  return targets;
}

/** Whether a target is at the place of a scope. */
export function isAt({ account, container, object }: Target, scope: Scope): boolean {
  return (
    scope.account === account &&
    scope.container === container &&
    matchesObject(object, scope.object)
  );
}

function matchesObject(object: ByteString | undefined, pattern: Scope['object']): boolean {
  if (object === undefined || pattern === undefined)
    return object === undefined && pattern === undefined;
  return 'name' in pattern ? object === pattern.name : object.startsWith(pattern.prefix);
}
