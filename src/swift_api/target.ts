import { LRUCache } from 'lru-cache';
import { quote, unquote, type ByteString } from '../http/bytes';

/** What a path of the Swift API names; all parts are decoded. */
export interface Target {
  /** `v1` or `v1.0`, as the client wrote it. */
  readonly version: string;
  readonly account: ByteString;
  readonly container?: ByteString;
  readonly object?: ByteString;
}

/** A target that names a container. */
export type ContainerTarget = Target & { readonly container: ByteString };
/** A target that names an object. */
export type ObjectTarget = ContainerTarget & { readonly object: ByteString };

/**
 * Splits a path like Swift's proxy: decodes it first (so `/v1/a/c%2Fo` names an object),
 * rejects an empty account or container (except slashes after an account that name
 * nothing), keeps slashes in an object's name. Undefined unless it has the form
 * `/version/account[/container[/object]]`.
 */
export function parseTarget(rawPath: string): Target | undefined {
  // the filters of a pipeline ask for the same path one after the other
  if (last.rawPath !== rawPath) last = { rawPath, target: parse(rawPath) };
  return last.target;
}

let last: { readonly rawPath: string; readonly target: Target | undefined } = {
  rawPath: '',
  target: undefined,
};

function parse(rawPath: string): Target | undefined {
  const [root, version, account, container, ...rest] = unquote(rawPath).split('/');
  if (root !== '' || !version || !account) return undefined;
  const object = rest.join('/');
  if (container === undefined || (container === '' && object === '')) return { version, account };
  if (container === '') return undefined;
  return object === '' ? { version, account, container } : { version, account, container, object };
}

/** Parses the path of an object, as responses have it; undefined if it names none. */
export function parseObjectPath(rawPath: string): ObjectTarget | undefined {
  const target = parseTarget(rawPath);
  return target && isObject(target) ? target : undefined;
}

/** Whether a path belongs to the Swift API. */
export function isApi({ version }: Target): boolean {
  return /^v1(\.0)?$/.test(version);
}

export function isContainer(target: Target): target is ContainerTarget {
  return target.container !== undefined && target.object === undefined;
}

export function isObject(target: Target): target is ObjectTarget {
  return target.container !== undefined && target.object !== undefined;
}

/** Encodes a target as a path. */
export function formatTarget(target: Target): string {
  const parts = [target.version, target.account, target.container, target.object];
  return parts.flatMap((part) => (part === undefined ? [] : ['/' + quote(part)])).join('');
}

/**
 * Parses a `Destination` or `X-Copy-From` header (Swift's `check_path_header`): decoded,
 * a leading slash optional. Undefined unless it has the form `container/object`.
 */
export function parseCopyHeader(
  value: ByteString,
): { container: ByteString; object: ByteString } | undefined {
  const decoded = unquote(value);
  const [, container, ...rest] = (decoded.startsWith('/') ? decoded : '/' + decoded).split('/');
  const object = rest.join('/');
  return container && object ? { container, object } : undefined;
}

/** Parses a raw query into its parameters, in order and decoded as Swift decodes them. */
export function parseQueryPairs(query: string): [name: string, value: ByteString][] {
  const pairs: [string, ByteString][] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    pairs.push([unquote(name.replaceAll('+', ' ')), unquote(value.replaceAll('+', ' '))]);
  }
  return pairs;
}

/** Parsed queries: a pipeline parses the same one many times. */
const queryCache = new LRUCache<string, ReadonlyMap<string, ByteString>>({ max: 64 });
const NO_PARAMETERS: ReadonlyMap<string, ByteString> = new Map();

/** The parameters of a raw query by name; of those with the same name the last counts. */
export function parseQuery(query: string): ReadonlyMap<string, ByteString> {
  if (query === '') return NO_PARAMETERS;
  const cached = queryCache.get(query);
  if (cached) return cached;
  const parameters = new Map(parseQueryPairs(query));
  queryCache.set(query, parameters);
  return parameters;
}

/** Encodes parameters as a query; omits undefined values. */
export function formatQuery(parameters: Readonly<Record<string, ByteString | undefined>>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${quote(name)}=${quote(value).replaceAll('/', '%2F')}`],
    )
    .join('&');
}

/** Removes all parameters of one name from a raw query; the others stay as they are. */
export function withoutParameter(query: string, name: string): string {
  const others = query
    .split('&')
    .filter((pair) => !parseQueryPairs(pair).some(([each]) => each === name));
  return others.join('&');
}
