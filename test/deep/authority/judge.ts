import { unquote } from '../../../src/http/bytes';
import type { Request } from '../../../src/swift_api/message';
import type { Model, Place, Who } from './model';

const VERSIONS = '.hindsight-versions-';
const SEGMENTS = '+segments';
const OWN = ['hindsight-self-test', 'hindsight-servers'];

/** A client's request. */
export interface Asked {
  readonly who: Who;
  /** All places the request names; undefined if that depends on what the store holds. */
  readonly named: readonly Place[] | undefined;
}

/** What a request in the service user's name is about: the place as clients know it. */
interface About extends Place {
  /**
   * The object itself, or something stored beside it: a version, an archive entry, a
   * part.
   */
  readonly kept: 'itself' | 'version' | 'entry' | 'part';
}

/**
 * Returns why a request in the service user's name must not have been made for a client.
 * Undefined if it is on the closed list, or is about something the client may access this
 * way.
 *
 * @param archives the containers whose versions go to an archive, by `account/archive`
 */
export function complaintOf(
  request: Request,
  { who, named }: Asked,
  model: Model,
  archives: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const parts = unquote(request.path).split('/');
  const [, , account = '', container, ...rest] = parts;
  const object = rest.length === 0 ? undefined : rest.join('/');
  // the closed list: HEAD of accounts and containers, and the proxy's own containers
  if (request.method === 'HEAD' && object === undefined) return undefined;
  if (container === undefined) return 'it is about an account';
  if (OWN.includes(container)) return undefined;
  const places = aboutOf({ account, container, object }, request, archives);
  const allowed = places.filter((place) => isAllowed(request, place, who, model));
  if (allowed.length === 0) return `${describe(who)} may not do that there`;
  const candidates = allowed.filter(
    (place) => !named || named.some((each) => concerns(each, place)),
  );
  if (candidates.length === 0) return 'the client asked for something else';
  const pointed = pointers(request, account);
  return candidates.some((place) => pointed.every((each) => isBeside(each, place, archives)))
    ? undefined
    : 'it points elsewhere';
}

function describe(who: Who): string {
  return typeof who === 'string' ? who : `whoever has a URL signed for ${who.method}`;
}

function isAllowed(request: Request, place: About, who: Who, model: Model): boolean {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const may = (deed: 'read' | 'list' | 'write' | 'own') => model.may(who, deed, place);
  if (place.kept === 'version' && place.object === undefined && request.method === 'DELETE')
    return may('own');
  return may('write') || (reads && (may('list') || may('read')));
}

function concerns(named: Place, { account, container, object }: About): boolean {
  const isHere = named.account === account && named.container === container;
  return isHere && (object === undefined || named.object === undefined || named.object === object);
}

/** Returns the client-visible places that a place in the store belongs to. */
function aboutOf(
  { account, container, object }: Place,
  { query }: Request,
  archives: ReadonlyMap<string, readonly string[]>,
): About[] {
  const prefix = new URLSearchParams(query.replaceAll('+', '%2B')).get('prefix');
  const name = object ?? (prefix === null ? undefined : Buffer.from(prefix).toString('latin1'));
  if (container.startsWith(VERSIONS)) {
    // the name of a null index begins with the separator, too
    const [first, second] = (name ?? '').split('\x01\x01');
    const of = name === undefined ? undefined : first || second;
    const objectName = of?.replaceAll('\x01\x02', '\x01');
    return [
      { account, container: container.slice(VERSIONS.length), object: objectName, kept: 'version' },
    ];
  }
  if (container.endsWith(SEGMENTS)) {
    const [, of] = /^(.*?)\/[0-9a-f]{12}-/s.exec(name ?? '') ?? [];
    return [{ account, container: container.slice(0, -SEGMENTS.length), object: of, kept: 'part' }];
  }
  const length = Number.parseInt((name ?? '').slice(0, 3), 16);
  const archived = (name ?? '').slice(3, 3 + length);
  return [
    { account, container, object, kept: 'itself' },
    ...(archives.get(`${account}/${container}`) ?? []).map((of) => ({
      account,
      container: of,
      object: archived,
      kept: 'entry' as const,
    })),
  ];
}

/** Returns the places that the headers of a request point to. */
function pointers({ headers }: Request, account: string): Place[] {
  return ['x-copy-from', 'x-symlink-target', 'destination'].flatMap((name) => {
    const value = headers.get(name);
    if (!value) return [];
    const [container = '', ...rest] = unquote(value).replace(/^\//, '').split('/');
    return [
      { account: headers.get(`${name}-account`) ?? account, container, object: rest.join('/') },
    ];
  });
}

function isBeside(
  pointed: Place,
  { account, container, object }: About,
  archives: ReadonlyMap<string, readonly string[]>,
): boolean {
  return aboutOf(pointed, { query: '' } as Request, archives).some(
    (each) => each.account === account && each.container === container && each.object === object,
  );
}
