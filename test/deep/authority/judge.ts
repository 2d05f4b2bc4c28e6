import { unquote } from '../../../src/http/bytes';
import type { Request } from '../../../src/swift_api/message';
import type { Model, Place, Who } from './model';

const VERSIONS = '.hindsight-versions-';
const SEGMENTS = '+segments';
const OWN = ['hindsight-self-test', 'hindsight-servers'];

/** What a client asked for. */
export interface Asked {
  readonly who: Who;
  /** All that the request names; undefined: that depends on what the store has. */
  readonly named: readonly Place[] | undefined;
}

/** What a request in the service user's name is about: the place that clients know it by. */
interface About extends Place {
  /** It is beside that place: a version, an entry of its archive, a part. */
  readonly kept: 'itself' | 'version' | 'entry' | 'part';
}

/**
 * Why a request in the service user's name must not have been made for a client: undefined if it is on the closed list,
 * or is about what the client may have done there.
 *
 * @param archives the containers whose versions go to an archive, by `account/archive`
 */
export function complaintOf(
  sent: Request,
  { who, named }: Asked,
  model: Model,
  archives: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const parts = unquote(sent.path).split('/');
  const [, , account = '', container, ...rest] = parts;
  const object = rest.length === 0 ? undefined : rest.join('/');
  // the closed list: a look at headers, and the proxy's own containers
  if (sent.method === 'HEAD' && object === undefined) return undefined;
  if (container === undefined) return 'it is about an account';
  if (OWN.includes(container)) return undefined;
  const places = aboutOf({ account, container, object }, sent, archives);
  const allowed = places.filter((place) => isAllowed(sent, place, who, model));
  if (allowed.length === 0) return `${describe(who)} may not do that there`;
  const asked = allowed.filter((place) => !named || named.some((each) => concerns(each, place)));
  if (asked.length === 0) return 'the client asked for something else';
  const pointed = pointers(sent, account);
  return asked.some((place) => pointed.every((each) => isBeside(each, place, archives)))
    ? undefined
    : 'it points elsewhere';
}

function describe(who: Who): string {
  return typeof who === 'string' ? who : `whoever has a URL signed for ${who.method}`;
}

function isAllowed(sent: Request, place: About, who: Who, model: Model): boolean {
  const reads = sent.method === 'GET' || sent.method === 'HEAD';
  const may = (deed: 'read' | 'list' | 'write' | 'own') => model.may(who, deed, place);
  if (place.kept === 'version' && place.object === undefined && sent.method === 'DELETE')
    return may('own');
  return may('write') || (reads && (may('list') || may('read')));
}

function concerns(named: Place, { account, container, object }: About): boolean {
  const isHere = named.account === account && named.container === container;
  return isHere && (object === undefined || named.object === undefined || named.object === object);
}

/** The places that clients know something in the store by. */
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
    const known = of?.replaceAll('\x01\x02', '\x01');
    return [
      { account, container: container.slice(VERSIONS.length), object: known, kept: 'version' },
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

/** Where the headers of a request point to. */
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
