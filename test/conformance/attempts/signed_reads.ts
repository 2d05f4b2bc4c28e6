import {
  versionName,
  versionsContainerOf,
} from '../../../src/versioning/object_versioning/version_names';
import { toBytes } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import { mustBe, newContainer, pathOf, put } from '../../support/clients/containers';
import { temporary } from '../../support/clients/temp_urls';
import { versionsIn } from '../../support/clients/with_ids';
import { partOf } from '../../support/running/depth';
import type { AttemptStore } from './world';

/** A store to try signed reads on. */
export interface SignedStore extends AttemptStore {
  /** The owner's client at the store behind, past the proxy, if there is one. */
  readonly direct?: () => Promise<Client>;
}

const KEY = 'the key of the container';
const ACCOUNT_KEY = 'the key of the account';
const SECRET = 'a secret';
const OBJECT = 'object';
const LURE = 'lure';
const ENABLED = { 'X-Versions-Enabled': 'true' };

/** Where the holder of a signed URL is let in, and what lies outside. */
interface Ground {
  readonly owner: Client;
  readonly direct: Client | undefined;
  /** The container whose key signs; its object has an old version that is secret. */
  readonly inside: string;
  /** The old version's place in the store. */
  readonly old: string;
  readonly oldId: string;
  /** Containers of the same account with a secret object. */
  readonly outside: string;
  readonly unversioned: string;
  readonly parts: string;
  /** A container of another account with a secret object that everybody may read. */
  readonly foreign: string;
}

async function makeGround(store: SignedStore): Promise<Ground> {
  const [owner, stranger] = [await store.login('tester'), await store.login('tester2')];
  const key = { 'X-Container-Meta-Temp-URL-Key': KEY };
  const inside = await newContainer(owner, 'inside', { ...ENABLED, ...key });
  const outside = await newContainer(owner, 'outside', ENABLED);
  const unversioned = await newContainer(owner, 'outside-plain');
  const parts = `${inside}+segments`;
  await mustBe(201, owner.ask('PUT', `/${parts}`, key));
  const foreign = await newContainer(stranger, 'foreign', { 'X-Container-Read': '.r:*' });
  await put(stranger, foreign, OBJECT, SECRET);
  for (const container of [inside, outside, unversioned, parts])
    await put(owner, container, OBJECT, SECRET);
  const [{ version_id: oldId } = { version_id: '' }] = await versionsIn(owner, inside);
  await put(owner, inside, OBJECT, 'current');
  await put(owner, inside, 'part', 'a part');
  await owner.ask('POST', '', { 'X-Account-Meta-Temp-URL-Key': ACCOUNT_KEY });
  const old = pathOf(versionsContainerOf(inside), toBytes(versionName(OBJECT, oldId)));
  const direct = await store.direct?.();
  return { owner, direct, inside, old, oldId, outside, unversioned, parts, foreign };
}

type Make = (ground: Ground) => Promise<Answer | undefined>;

const lure =
  (headers: (ground: Ground) => Record<string, string>): Make =>
  (ground) =>
    ground.owner.ask('PUT', `/${ground.inside}/${LURE}`, headers(ground), '');
const manifest =
  (segments: (ground: Ground) => readonly object[]): Make =>
  (ground) =>
    ground.owner.ask(
      'PUT',
      `/${ground.inside}/${LURE}?multipart-manifest=put`,
      {},
      JSON.stringify(segments(ground)),
    );
/** Writes the lure past the proxy, if there is one. */
const plant =
  (headers: (ground: Ground) => Record<string, string>): Make =>
  async (ground) =>
    ground.direct?.ask('PUT', `/${ground.inside}/${LURE}`, headers(ground), '');

const slash = (path: string) => path.replace(/^\//, '');

/** Objects in the container that lead out of it, within the account. */
const LURES: Readonly<Record<string, Make>> = {
  'a symlink to another container with ids': lure(({ outside }) => ({
    'X-Symlink-Target': `${outside}/${OBJECT}`,
  })),
  'a symlink to a container without versions': lure(({ unversioned }) => ({
    'X-Symlink-Target': `${unversioned}/${OBJECT}`,
  })),
  'a symlink to a symlink to another container': async (ground) => {
    const target = { 'X-Symlink-Target': `${ground.outside}/${OBJECT}` };
    await mustBe(201, ground.owner.ask('PUT', `/${ground.inside}/middle`, target, ''));
    return lure(({ inside }) => ({ 'X-Symlink-Target': `${inside}/middle` }))(ground);
  },
  'an SLO of another container': manifest(({ outside }) => [{ path: `/${outside}/${OBJECT}` }]),
  'an SLO of a container without versions': manifest(({ unversioned }) => [
    { path: `/${unversioned}/${OBJECT}` },
  ]),
  'an SLO that begins in the container': manifest(({ inside, outside }) => [
    { path: `/${inside}/part` },
    { path: `//${outside}/${OBJECT}` },
  ]),
  'an SLO of an SLO of another container': async (ground) => {
    const inner = JSON.stringify([{ path: `/${ground.outside}/${OBJECT}` }]);
    const path = `/${ground.inside}/inner?multipart-manifest=put`;
    await mustBe(201, ground.owner.ask('PUT', path, {}, inner));
    return manifest(({ inside }) => [{ path: `/${inside}/part` }, { path: `/${inside}/inner` }])(
      ground,
    );
  },
  'an SLO of parts of uploads': manifest(({ parts }) => [{ path: `/${parts}/${OBJECT}` }]),
  'a DLO of another container': lure(({ outside }) => ({
    'X-Object-Manifest': `${outside}/${OBJECT}`,
  })),
  'a DLO of a container whose name begins like this': async (ground) => {
    const container = `${ground.inside}2`;
    await mustBe(201, ground.owner.ask('PUT', `/${container}`, ENABLED));
    await put(ground.owner, container, OBJECT, SECRET);
    return lure(({ inside }) => ({ 'X-Object-Manifest': `${inside}2/${OBJECT}` }))(ground);
  },
  'a symlink to a DLO of another container': async (ground) => {
    const headers = { 'X-Object-Manifest': `${ground.outside}/${OBJECT}` };
    await mustBe(201, ground.owner.ask('PUT', `/${ground.inside}/middle`, headers, ''));
    return lure(({ inside }) => ({ 'X-Symlink-Target': `${inside}/middle` }))(ground);
  },
};

/** Objects that lead to what no key opens. */
const FORBIDDEN: Readonly<Record<string, Make>> = {
  'a symlink to another account': lure(({ foreign }) => ({
    'X-Symlink-Target': `${foreign}/${OBJECT}`,
    'X-Symlink-Target-Account': 'AUTH_test2',
  })),
  'a symlink to an old version': lure(({ old }) => ({ 'X-Symlink-Target': slash(old) })),
  'an SLO of an old version': manifest(({ old }) => [{ path: decodeURIComponent(old) }]),
  'a DLO of old versions': lure(({ old }) => ({ 'X-Object-Manifest': slash(old) })),
};

/** The same, written at the store, where the proxy sees nothing. */
const PLANTED: Readonly<Record<string, Make>> = {
  'a planted symlink to an old version': plant(({ old }) => ({ 'X-Symlink-Target': slash(old) })),
  'a planted SLO of an old version': async ({ direct, inside, old }) =>
    direct?.ask(
      'PUT',
      `/${inside}/${LURE}?multipart-manifest=put`,
      {},
      JSON.stringify([{ path: decodeURIComponent(old) }]),
    ),
  'a planted DLO of old versions': plant(({ old }) => ({ 'X-Object-Manifest': slash(old) })),
  'a planted symlink to another account': plant(({ foreign }) => ({
    'X-Symlink-Target': `${foreign}/${OBJECT}`,
    'X-Symlink-Target-Account': 'AUTH_test2',
  })),
};

interface Read {
  readonly name: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
}

const READS: readonly Read[] = [
  { name: 'GET', method: 'GET' },
  { name: 'HEAD', method: 'HEAD' },
  { name: 'GET of a range', method: 'GET', headers: { Range: 'bytes=1-7' } },
  { name: 'GET of two ranges', method: 'GET', headers: { Range: 'bytes=0-1,4-6' } },
];

/** Sends a read by a URL that a key has signed. */
function read(
  { owner, inside }: Ground,
  { method, headers = {} }: Read,
  {
    key = KEY,
    object = LURE,
    container = inside,
    query = '',
    path = pathOf(container, object),
  } = {},
): Promise<Answer> {
  const signature = temporary(method, `${owner.account}/${container}/${object}`, { key });
  const anonymous = new Client(owner.url, Headers.none, owner.account);
  return anonymous
    .ask(method, `${path}?${query}${signature}`, headers)
    .catch((error: unknown) => cutOff(error));
}

/** A response that breaks off before a segment that is refused. */
function cutOff(error: unknown): Answer {
  if (!/aborted|Data after/.test(String(error))) throw error;
  return { status: 409, headers: Headers.none, body: Buffer.alloc(0) };
}

/** Returns what is wrong with an answer that must show no secret. */
function fault({ status, headers, body }: Answer): string | undefined {
  const visible = [...headers.entries()].join('\n') + body.toString();
  if (visible.includes('secret')) return `${status}, and shows ${visible}`;
  if (status >= 500) return `${status}, which clients retry`;
  return undefined;
}

/**
 * The attempt table of signed URLs: each leads the holder of a URL into one container, or
 * one account. Nothing else opens, whatever objects, links and manifests name.
 */
export function signedReadsTable(store: () => SignedStore, kind: SignedStore['kind']): void {
  describe('a signed URL', () => signedReads(store, kind));
}

function signedReads(store: () => SignedStore, kind: SignedStore['kind']): void {
  const isSwift = kind === 'swift';
  /** Tries all reads of a lure. */
  async function attempt(make: Make, key: string): Promise<string[]> {
    const ground = await makeGround(store());
    const made = await make(ground);
    // what cannot be made cannot be read
    if (made === undefined || made.status >= 300) return [];
    const faults: string[] = [];
    for (const each of READS) {
      const found = fault(await read(ground, each, { key }));
      // Swift breaks a response off if a later segment is refused
      if (found !== undefined && !(isSwift && found.startsWith('500,')))
        faults.push(`${each.name}: ${found}`);
    }
    return faults;
  }

  const lures = Object.keys({ ...LURES, ...FORBIDDEN, ...PLANTED });
  it.each(partOf(lures, { oneOf: 3, from: kind.length }))(
    "a container's key does not open %s",
    async (name) => {
      const make = { ...LURES, ...FORBIDDEN, ...PLANTED }[name]!;
      expect(await attempt(make, KEY)).toEqual([]);
    },
  );

  it.each(Object.keys(FORBIDDEN))("an account's key does not open %s", async (name) => {
    expect(await attempt(FORBIDDEN[name]!, ACCOUNT_KEY)).toEqual([]);
  });

  it('a key opens no version but the current one', async () => {
    const ground = await makeGround(store());
    for (const key of [KEY, ACCOUNT_KEY])
      for (const query of [`version-id=${ground.oldId}`, 'version-id=null', 'versions'])
        for (const each of READS.slice(0, 2)) {
          const answer = await read(ground, each, { key, object: OBJECT, query: `${query}&` });
          // without a service user, the versions container is not within the key's scope
          const status = kind === "client's token" && key === KEY ? 401 : 200;
          expect([query, each.name, answer.status, fault(answer)]).toEqual([
            query,
            each.name,
            status,
            undefined,
          ]);
        }
  });

  it('a key opens no path but the signed one', async () => {
    const ground = await makeGround(store());
    const { old, outside, parts } = ground;
    const paths = [
      old,
      pathOf(parts, OBJECT),
      pathOf(outside, OBJECT),
      `${pathOf(ground.inside, LURE)}/../../${outside}/${OBJECT}`,
      `/${ground.inside}/..%2F${outside}/${OBJECT}`,
    ];
    for (const path of paths)
      for (const each of READS) {
        const answer = await read(ground, each, { object: 'part', path });
        expect([path, answer.status >= 400, fault(answer)]).toEqual([path, true, undefined]);
      }
  });

  it('the lures lead to secrets', async () => {
    const blind: string[] = [];
    for (const [name, make] of Object.entries(LURES)) {
      const ground = await makeGround(store());
      const { status } = (await make(ground))!;
      const got = await ground.owner.ask('GET', `/${ground.inside}/${LURE}`);
      // Swift itself counts the links to versions, and follows fewer of the client's
      if (isSwift && got.status === 409) continue;
      if (status !== 201 || !got.body.toString().includes(SECRET))
        blind.push(`${name}: ${status}, ${got.status} ${got.body.toString()}`);
    }
    expect(blind).toEqual([]);
  });

  afterEach(async () => {
    const owner = await store().login('tester');
    await owner.ask('POST', '', { 'X-Remove-Account-Meta-Temp-URL-Key': 'x' });
  });
}
