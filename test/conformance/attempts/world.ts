import type { Headers } from '../../../src/http/headers';
import { archiveOf } from '../../support/clients/archives';
import type { Client } from '../../support/clients/client';
import {
  MODE_HEADER,
  MODES,
  mustBe,
  pathOf,
  uniqueName,
  type Mode,
} from '../../support/clients/containers';

/** Users to log in as; every store under test has them. */
export type UserName = 'tester' | 'tester2' | 'tester3' | 'service';

/** A store to try the table on. */
export interface AttemptStore {
  /**
   * The kind: a proxy that archives with a service user or with the client's token, a
   * proxy with an embedded store, or a Swift with its own versioning, which verifies the
   * table itself.
   */
  readonly kind: 'service user' | "client's token" | 'embedded' | 'swift';
  login(user: UserName): Promise<Client>;
  /** A token of tester's that has expired. */
  expired?(): string;
}

/**
 * Headers and ACLs that grant rights on the versioned containers to others than their
 * owner.
 */
export interface Grants {
  readonly container?: Readonly<Record<string, string>>;
  readonly archive?: Readonly<Record<string, string>>;
  readonly account?: object;
}

/** The object in a versioned container; it has one archived version. */
export const OBJECT = 'object';
export const MISSING = 'missing';
export const LARGE = 'large';
/** Bodies that nobody without the right to read may see. */
export const SECRETS = ['the oldest secret', 'the current secret'] as const;
/** The owner's containers sign temporary URLs and forms with this key. */
export const KEY = 'the key of the containers';
export const OTHER_KEY = 'the key of another container';

/** A versioned container, with its one archived version. */
export interface Place {
  readonly mode: Mode;
  readonly container: string;
  readonly archive: string;
  readonly entry: string;
}

/** A container with object versioning; `OBJECT` has two versions. */
interface PlaceWithIds {
  readonly container: string;
  readonly oldest: string;
  readonly newest: string;
}

/** The containers and clients under attack. */
export interface World {
  readonly owner: Client;
  /** The prefix of every name made here. */
  readonly prefix: string;
  readonly places: readonly Place[];
  readonly ids: PlaceWithIds;
  /**
   * A container of the owner's that tester2 and tester3 may read, with the object
   * `source`.
   */
  readonly shared: string;
  /** A container of the owner's that tester3 may write to. */
  readonly writable: string;
  /** A container that only its owner may read, with its own key for temporary URLs. */
  readonly closed: string;
  /**
   * A container in tester2's own account, with the object `source` that everybody may
   * read.
   */
  readonly foreign: string;
  readonly stranger: Client;
  /** Revokes the grants on the account. */
  end(): Promise<void>;
}

/** Makes containers and objects for one test alone, and applies the grants. */
export async function makeWorld(store: AttemptStore, grants: Grants): Promise<World> {
  const [owner, stranger] = await Promise.all([store.login('tester'), store.login('tester2')]);
  const prefix = uniqueName('attempt');
  const make = async (client: Client, name: string, headers: Readonly<Record<string, string>>) => {
    await mustBe(201, client.ask('PUT', `/${prefix}-${name}`, headers));
    return `${prefix}-${name}`;
  };
  const everybody = 'test:tester3,test2:tester2';
  const [shared, writable, closed, foreign] = await Promise.all([
    make(owner, 'shared', { 'X-Container-Read': everybody }),
    make(owner, 'writable', { 'X-Container-Write': 'test:tester3' }),
    make(owner, 'closed', { 'X-Container-Meta-Temp-Url-Key': OTHER_KEY }),
    make(stranger, 'foreign', { 'X-Container-Read': `${everybody},test:tester` }),
  ]);
  await mustBe(201, owner.ask('PUT', `/${shared}/source`, {}, 'copied'));
  await mustBe(201, stranger.ask('PUT', `/${foreign}/source`, {}, 'copied from afar'));
  const places: Place[] = [];
  for (const mode of MODES) {
    const key = { 'X-Container-Meta-Temp-Url-Key': KEY };
    const archive = await make(owner, `${mode}-archive`, { ...key, ...grants.archive });
    const headers = { ...key, [MODE_HEADER[mode]]: archive, ...grants.container };
    const container = await make(owner, mode, headers);
    await fill(owner, container, shared);
    const [entry = ''] = await owner.names(archive);
    places.push({ mode, container, archive, entry });
  }
  const headers = {
    'X-Versions-Enabled': 'true',
    'X-Container-Meta-Temp-Url-Key': KEY,
    ...grants.container,
  };
  const container = await make(owner, 'with-ids', headers);
  await fill(owner, container, shared);
  const [newest = '', oldest = ''] = await versionIds(owner, container);
  const ids = { container, oldest, newest };
  const account = grants.account && JSON.stringify(grants.account);
  if (account) await mustBe(204, owner.ask('POST', '', { 'X-Account-Access-Control': account }));
  const end = async () => {
    if (account) await mustBe(204, owner.ask('POST', '', { 'X-Account-Access-Control': '{}' }));
  };
  return { owner, prefix, places, ids, shared, writable, closed, foreign, stranger, end };
}

async function versionIds(owner: Client, container: string): Promise<string[]> {
  const query = `versions&format=json&prefix=${OBJECT}`;
  const { body } = await mustBe(200, owner.ask('GET', `/${container}?${query}`));
  return (JSON.parse(body.toString()) as { version_id: string }[]).map(({ version_id: id }) => id);
}

async function fill(owner: Client, container: string, shared: string): Promise<void> {
  const metadata = { 'X-Object-Meta-Kept': 'as it was', 'Content-Type': 'text/x-kept' };
  for (const body of SECRETS)
    await mustBe(201, owner.ask('PUT', pathOf(container, OBJECT), metadata, body));
  const manifest = manifestOf(shared);
  await mustBe(
    201,
    owner.ask('PUT', `/${container}/${LARGE}?multipart-manifest=put`, {}, manifest),
  );
}

/** The manifest of a large object whose one segment everybody may read. */
export function manifestOf(container: string): string {
  return JSON.stringify([{ path: `/${container}/source` }]);
}

/** A tar archive with a file for each name. */
export function tarOf(...names: string[]): Promise<Buffer> {
  return archiveOf(names.map((name) => ({ name, body: 'after' })));
}

/**
 * A snapshot of a world: settings, listings, and objects with their headers and bodies,
 * by description.
 */
export type Sight = ReadonlyMap<string, string>;

/**
 * Takes a snapshot in the owners' names. Unless `closely`, it has only settings and
 * listings, which contain the size and time of each object.
 */
export async function look(world: World, closely = true): Promise<Sight> {
  const { owner, stranger, places, ids, shared, writable, closed, foreign, prefix } = world;
  const containers = [
    ...places.flatMap(({ container, archive }) => [container, archive]),
    ids.container,
    shared,
    writable,
    closed,
  ];
  const parts = await Promise.all([
    lookAt(owner, '', closely, `prefix=${prefix}&`),
    ...containers.map((each) => lookAt(owner, `/${each}`, closely)),
    lookAt(stranger, `/${foreign}`, closely),
    versionIds(owner, ids.container).then((all): [string, string][] => [
      [`the versions in /${ids.container}`, JSON.stringify(all)],
    ]),
  ]);
  return new Map(parts.flat());
}

async function lookAt(
  client: Client,
  path: string,
  closely: boolean,
  query = '',
): Promise<[string, string][]> {
  const { headers, body } = await mustBe(200, client.ask('GET', `${path}?${query}format=json`));
  const entries = JSON.parse(body.toString()) as { name: string }[];
  const kind = path || 'account';
  const sight: [string, string][] = [[`the settings of ${kind}`, steady(headers)]];
  if (path === '')
    return [...sight, [`the containers`, JSON.stringify(entries.map(({ name }) => name))]];
  sight.push([`the listing of ${kind}`, JSON.stringify(entries)]);
  for (const { name } of closely ? entries : []) {
    const query = '?multipart-manifest=get&symlink=get';
    const object = await client.ask('GET', pathOf(path.slice(1), name) + query);
    sight.push([
      `${path}/${name}`,
      `${object.status} ${steady(object.headers)} ${object.body.toString('latin1')}`,
    ]);
  }
  return sight;
}

/**
 * Headers that differ in each response, and the counts and times of accounts and
 * containers, which Swift updates later.
 */
const CHANGING =
  /^(date|x-trans-id|x-openstack-request-id|connection|keep-alive|x-(account|container)-.*(count|used))$/;
const OF_CONTAINERS = /^(content-length|x-put-timestamp|x-timestamp|last-modified)$/;

function steady(headers: Headers): string {
  const isContainer = [...headers.entries()].some(([name]) => /^x-(account|container)-/.test(name));
  const stable = [...headers.entries()].filter(
    ([name]) => !CHANGING.test(name) && !(isContainer && OF_CONTAINERS.test(name)),
  );
  return JSON.stringify(stable.sort());
}

/** Lists the differences between two snapshots. */
export function changes(before: Sight, after: Sight): string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) =>
    before.get(key) === after.get(key)
      ? []
      : [`${key}: was ${before.get(key) ?? 'not there'}, is ${after.get(key) ?? 'not there'}`],
  );
}
