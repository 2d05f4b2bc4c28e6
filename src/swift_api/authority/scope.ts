import { unquote, type ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { isApi, isObject, parseCopyHeader, parseTarget, queryPairs, type Target } from '../target';

/** A place in a store, and what may be done there. All names are decoded. */
export interface Scope {
  readonly account: ByteString;
  /** Undefined: the account itself. */
  readonly container?: ByteString;
  /** Undefined: the container itself. Objects by their name, or by what that begins with. */
  readonly object?: { readonly name: ByteString } | { readonly prefix: ByteString };
  /** GET and HEAD of an object are of the object itself, never of what it leads to or consists of. */
  readonly methods: readonly string[];
  /** Of a container: how the names begin that its listing may show; undefined: all. */
  readonly listed?: readonly ByteString[];
  /** Manifests may be put there, whose segments the store then looks at. */
  readonly takesManifests?: true;
}

/** What of a request says what it does. */
export interface ScopedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
}

/** Headers by which a request reaches another object than its path names. */
const POINTERS = ['x-copy-from', 'destination', 'x-symlink-target'];

/** Parameters that make many requests of one at the store, or make it follow what clients have written. */
const SWEEPING = ['bulk-delete', 'extract-archive', 'temp_url_sig'];

/**
 * Whether a request stays within scopes, by its path and by all that its headers point to. An object is
 * asked for itself only, and nothing is asked for that makes many requests of one.
 */
export function staysWithin(errand: ScopedRequest, scopes: readonly Scope[]): boolean {
  const target = parseTarget(errand.path);
  if (target === undefined || !isApi(target)) return false;
  const query = new Parameters(errand.query);
  if (SWEEPING.some((name) => query.has(name))) return false;
  if (!query.isOnly('symlink', 'get') || (isObject(target) && !isOfItself(errand, query)))
    return false;
  const found = scopes.find(
    (scope) => isAt(target, scope) && scope.methods.includes(errand.method),
  );
  if (found === undefined) return false;
  const isManifest = query.has('multipart-manifest') && !query.isOnly('multipart-manifest', 'get');
  if (isManifest && !(found.takesManifests && isManifestPut(errand, query))) return false;
  if (isListing(errand, target) && !isListed(query, found)) return false;
  const pointed = pointedTo(errand.headers, target);
  return pointed?.every((each) => scopes.some((scope) => isAt(each, scope))) === true;
}

/** The parameters of a query, also if one is there more than once. */
class Parameters {
  private readonly pairs: readonly [string, ByteString][];

  constructor(query: string) {
    this.pairs = queryPairs(query);
  }

  has(name: string): boolean {
    return this.pairs.some(([each]) => each === name);
  }

  /** Whether each parameter of a name has a value. */
  isOnly(name: string, value: ByteString): boolean {
    return this.pairs.every(([each, given]) => each !== name || given === value);
  }

  all(name: string): ByteString[] {
    return this.pairs.flatMap(([each, given]) => (each === name ? [given] : []));
  }
}

/** Whether a request for an object does not reach through it. A HEAD of a manifest does not reach its segments. */
function isOfItself({ method, headers }: ScopedRequest, query: Parameters): boolean {
  const reads = method === 'GET' || method === 'COPY' || Boolean(headers.get('x-copy-from'));
  if (reads && !query.has('multipart-manifest')) return false;
  return !(reads || method === 'HEAD') || query.has('symlink');
}

function isManifestPut({ method, headers }: ScopedRequest, query: Parameters): boolean {
  return (
    method === 'PUT' && !headers.get('x-copy-from') && query.isOnly('multipart-manifest', 'put')
  );
}

function isListing({ method }: ScopedRequest, { object }: Target): boolean {
  return method === 'GET' && object === undefined;
}

/** Whether a listing shows only names that begin as they may. */
function isListed(query: Parameters, { listed }: Scope): boolean {
  if (listed === undefined) return true;
  const prefixes = query.all('prefix');
  return (
    prefixes.length > 0 &&
    prefixes.every((prefix) => listed.some((allowed) => prefix.startsWith(allowed)))
  );
}

/** Where headers point to; undefined if one cannot be read. */
function pointedTo(headers: Headers, { version, account }: Target): Target[] | undefined {
  const found: Target[] = [];
  for (const name of POINTERS) {
    const value = headers.get(name);
    if (!value) continue;
    const path = parseCopyHeader(value);
    if (path === undefined) return undefined;
    const named = unquote(headers.get(`${name}-account`) ?? '');
    found.push({ version, account: named || account, ...path });
  }
  return found;
}

/** Whether a place is one of a scope. */
export function isAt({ account, container, object }: Target, scope: Scope): boolean {
  return (
    scope.account === account && scope.container === container && isNamed(object, scope.object)
  );
}

function isNamed(object: ByteString | undefined, named: Scope['object']): boolean {
  if (object === undefined || named === undefined)
    return object === undefined && named === undefined;
  return 'name' in named ? object === named.name : object.startsWith(named.prefix);
}
