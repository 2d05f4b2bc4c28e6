import { LRUCache } from 'lru-cache';
import { quote, unquote, type ByteString } from '../http/bytes';

/** What a path of the Swift API names; all parts decoded. */
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
 * Splits a path as Swift's proxy does: decoded first (so `/v1/a/c%2Fo` names an object), empty account or container
 * refused (but for slashes after an account that name nothing), slashes in an object's name kept. Undefined for what is not `/version/account[/container[/object]]`.
 */
export function parseTarget(rawPath: string): Target | undefined {
  const [root, version, account, container, ...rest] = unquote(rawPath).split('/');
  if (root !== '' || !version || !account) return undefined;
  const object = rest.join('/');
  if (container === undefined || (container === '' && object === '')) return { version, account };
  if (container === '') return undefined;
  return object === '' ? { version, account, container } : { version, account, container, object };
}

/** Whether a path is of the Swift API: others are somebody else's to answer. */
export function isApi({ version }: Target): boolean {
  return /^v1(\.0)?$/.test(version);
}

export function isContainer(target: Target): target is ContainerTarget {
  return target.container !== undefined && target.object === undefined;
}

export function isObject(target: Target): target is ObjectTarget {
  return target.container !== undefined && target.object !== undefined;
}

/** The encoded path of a target. */
export function formatTarget(target: Target): string {
  const parts = [target.version, target.account, target.container, target.object];
  return parts.flatMap((part) => (part === undefined ? [] : ['/' + quote(part)])).join('');
}

/**
 * The container and the object that a `Destination` or `X-Copy-From` header names (Swift's `check_path_header`): decoded,
 * a leading slash optional. Undefined where it has not the form `container/object`.
 */
export function parseCopyHeader(
  value: ByteString,
): { container: ByteString; object: ByteString } | undefined {
  const decoded = unquote(value);
  const [, container, ...rest] = (decoded.startsWith('/') ? decoded : '/' + decoded).split('/');
  const object = rest.join('/');
  return container && object ? { container, object } : undefined;
}

/** The parameters of a raw query, decoded as Swift decodes them, in their order. */
export function queryPairs(query: string): [name: string, value: ByteString][] {
  const pairs: [string, ByteString][] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    pairs.push([unquote(name.replaceAll('+', ' ')), unquote(value.replaceAll('+', ' '))]);
  }
  return pairs;
}

/** Queries by their parameters: along a pipeline the same one is asked for many times. */
const parsed = new LRUCache<string, ReadonlyMap<string, ByteString>>({ max: 64 });
const NO_PARAMETERS: ReadonlyMap<string, ByteString> = new Map();

/** The parameters of a raw query by their names; of several of one name the last counts. */
export function parseQuery(query: string): ReadonlyMap<string, ByteString> {
  if (query === '') return NO_PARAMETERS;
  const known = parsed.get(query);
  if (known) return known;
  const found = new Map(queryPairs(query));
  parsed.set(query, found);
  return found;
}

/** A query of the given parameters, encoded; those without a value are left out. */
export function formatQuery(parameters: Readonly<Record<string, ByteString | undefined>>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${quote(name)}=${quote(value).replaceAll('/', '%2F')}`],
    )
    .join('&');
}

/** A raw query without the parameters of a name; all others as they came. */
export function withoutParameter(query: string, name: string): string {
  const others = query
    .split('&')
    .filter((pair) => !queryPairs(pair).some(([each]) => each === name));
  return others.join('&');
}
