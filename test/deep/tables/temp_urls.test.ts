import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import {
  bodies,
  current,
  everything,
  MODE_HEADER,
  MODES,
  mustBe,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { temporary, type Temporary } from '../../support/clients/temp_urls';
import { partOf } from '../../support/running/depth';

const OBJECT = 'a folder/object';
const KEYS = {
  'X-Container-Meta-Temp-Url-Key': 'first',
  'X-Container-Meta-Temp-Url-Key-2': 'second',
};

/** What an attempt finds: a container with versions of the object, and clients. */
interface Scene {
  readonly owner: Client;
  readonly anonymous: Client;
  readonly stranger: Client;
  readonly container: string;
  readonly archive: string;
  /** The object's path, as it is signed. */
  readonly path: string;
  /** The same, encoded. */
  readonly url: string;
  /** Signs a query for the object by default. */
  readonly sign: (method: string, options?: Partial<Temporary>, path?: string) => string;
}

type Attempt = (scene: Scene) => Promise<Answer>;

const putBy =
  (options: Partial<Temporary>): Attempt =>
  ({ anonymous, url, sign }) =>
    anonymous.send('PUT', `${url}?${sign('PUT', options)}`, {}, 'after');

const putWith =
  (query: (scene: Scene) => string, headers: Record<string, string> = {}): Attempt =>
  (scene) =>
    scene.anonymous.send('PUT', `${scene.url}?${query(scene)}`, headers, 'after');

const deleteWith =
  (query: (scene: Scene) => string, headers: Record<string, string> = {}): Attempt =>
  (scene) =>
    scene.anonymous.send('DELETE', `${scene.url}?${query(scene)}`, headers);

const ISO = '2999-12-31T23:59:59Z';
const ISO_TIME = String(Date.parse(ISO) / 1000);

const ATTEMPTS: readonly (readonly [what: string, attempt: Attempt])[] = [
  ['PUT', putBy({})],
  ['PUT with the other key', putBy({ key: 'second' })],
  ['PUT with SHA-1', putBy({ digest: 'sha1' })],
  ['PUT with SHA-512', putBy({ digest: 'sha512' })],
  ['PUT until a date', putBy({ expires: ISO, time: ISO_TIME })],
  ['PUT below a prefix', putBy({ prefix: 'a fold' })],
  ['PUT below the empty prefix', putBy({ prefix: '' })],
  ['PUT below another prefix', putBy({ prefix: 'other' })],
  ['PUT from an address', putBy({ ipRange: '127.0.0.0/8' })],
  ['PUT from another address', putBy({ ipRange: '10.0.0.0/8' })],
  ['PUT with a key that is none', putBy({ key: 'wrong' })],
  ['PUT when it is too late', putBy({ expires: '1' })],
  ['PUT that was signed for another time', putBy({ time: '9999999998' })],
  ['PUT that was signed for GET', putWith(({ sign }) => sign('GET'))],
  ['PUT that was signed for DELETE', putWith(({ sign }) => sign('DELETE'))],
  [
    'PUT that was signed for another object',
    putWith(({ sign, path }) => sign('PUT', {}, `${path}2`)),
  ],
  ['PUT with a time only', putWith(() => `temp_url_expires=9999999999`)],
  ['PUT with a signature only', putWith(({ sign }) => sign('PUT').replace(/&.*/, ''))],
  ['PUT with an empty signature', putWith(() => 'temp_url_sig=&temp_url_expires=9999999999')],
  [
    'PUT with two signatures, the first right',
    putWith(({ sign }) => `${sign('PUT')}&temp_url_sig=x`),
  ],
  [
    'PUT with two signatures, the first wrong',
    putWith(({ sign }) => `temp_url_sig=x&${sign('PUT')}`),
  ],
  ['PUT with a file name', putWith(({ sign }) => `filename=x&${sign('PUT')}&inline`)],
  [
    'PUT with an encoded parameter',
    putWith(({ sign }) => sign('PUT').replace('temp_url', 'temp%5Furl')),
  ],
  [
    'PUT of what would be a manifest, were that signed',
    putWith(({ sign }) => `multipart-manifest=put&heartbeat=on&${sign('PUT')}`),
  ],
  ['PUT unless it exists', putWith(({ sign }) => sign('PUT'), { 'If-None-Match': '*' })],
  ['PUT with a wrong ETag', putWith(({ sign }) => sign('PUT'), { ETag: 'f'.repeat(32) })],
  ['PUT of a copy', putWith(({ sign }) => sign('PUT'), { 'X-Copy-From': 'elsewhere/object' })],
  [
    'PUT of a pointer',
    putWith(({ sign }) => sign('PUT'), { 'X-Object-Manifest': 'elsewhere/object' }),
  ],
  ['PUT of a link', putWith(({ sign }) => sign('PUT'), { 'X-Symlink-Target': 'elsewhere/object' })],
  [
    "PUT with a stranger's token too",
    ({ stranger, url, sign }) => stranger.send('PUT', `${url}?${sign('PUT')}`, {}, 'after'),
  ],
  [
    'PUT with a token that is none',
    putWith(({ sign }) => sign('PUT'), { 'X-Auth-Token': 'AUTH_tkforged' }),
  ],
  [
    "PUT with the owner's token and a wrong signature",
    ({ owner, url, sign }) =>
      owner.send('PUT', `${url}?${sign('PUT', { key: 'wrong' })}`, {}, 'after'),
  ],
  [
    "PUT with the owner's token and a time only",
    ({ owner, url }) => owner.send('PUT', `${url}?temp_url_expires=9999999999`, {}, 'after'),
  ],
  ['DELETE', deleteWith(({ sign }) => sign('DELETE'))],
  ['DELETE below a prefix', deleteWith(({ sign }) => sign('DELETE', { prefix: 'a ' }))],
  ['DELETE that was signed for PUT', deleteWith(({ sign }) => sign('PUT'))],
  ['DELETE with a key that is none', deleteWith(({ sign }) => sign('DELETE', { key: 'wrong' }))],
  ['DELETE with a time only', deleteWith(() => 'temp_url_expires=9999999999')],
  [
    'DELETE of all segments, were that signed',
    deleteWith(({ sign }) => `multipart-manifest=delete&${sign('DELETE')}`),
  ],
  [
    "DELETE with a stranger's token too",
    ({ stranger, url, sign }) => stranger.send('DELETE', `${url}?${sign('DELETE')}`),
  ],
  [
    "DELETE with the owner's token and a wrong signature",
    ({ owner, url, sign }) => owner.send('DELETE', `${url}?${sign('DELETE', { key: 'wrong' })}`),
  ],
  [
    'DELETE of what is not there',
    ({ anonymous, url, path, sign }) =>
      anonymous.send('DELETE', `${url}2?${sign('DELETE', {}, `${path}2`)}`),
  ],
  [
    'COPY with the signature of a PUT',
    ({ anonymous, url, path, sign }) =>
      anonymous.send('COPY', `${url}?${sign('PUT')}`, {
        Destination: path.replace(/^.*?AUTH_test/, ''),
      }),
  ],
  [
    'COPY that is signed',
    ({ anonymous, url, path, sign }) =>
      anonymous.send('COPY', `${url}?${sign('COPY')}`, {
        Destination: path.replace(/^.*?AUTH_test/, ''),
      }),
  ],
  [
    'POST',
    ({ anonymous, url, sign }) =>
      anonymous.send('POST', `${url}?${sign('POST')}`, { 'X-Object-Meta-A': 'b' }),
  ],
  [
    'HEAD that was signed for PUT',
    ({ anonymous, url, sign }) => anonymous.send('HEAD', `${url}?${sign('PUT')}`),
  ],
];

/** These fail after archiving. */
const SWIFT_LEAVES = ['PUT with a wrong ETag', 'PUT unless it exists'];

describeWithSwift('temporary URLs into versioned containers', ({ plain, versioned }) => {
  const proxy = suiteProxy(plain);
  const clients = new Map<string, Promise<[owner: Client, stranger: Client]>>();
  const logins = (url: string) => Promise.all([login(url, 'tester'), login(url, 'tester2')]);

  async function begin(url: string, mode: Mode): Promise<Scene> {
    const session = clients.get(url) ?? logins(url);
    clients.set(url, session);
    const [owner, stranger] = await session;
    const { container, archive } = await newPair(owner, mode, KEYS);
    for (const body of ['oldest', 'before']) await put(owner, container, OBJECT, body);
    const path = `${owner.account}/${container}/${OBJECT}`;
    const folder = path.slice(0, -OBJECT.length);
    return {
      owner,
      anonymous: new Client(url, Headers.none, owner.account),
      stranger,
      container,
      archive,
      path,
      url: owner.account + pathOf(container, OBJECT),
      sign: (method, options = {}, of = options.prefix === undefined ? path : folder) =>
        temporary(method, of, { key: 'first', ...options }),
    };
  }

  /** Returns the result of an attempt. */
  async function outcome(url: string, mode: Mode, attempt: Attempt) {
    const scene = await begin(url, mode);
    const { status } = await attempt(scene);
    const entries = await everything(scene.owner, scene.archive);
    return {
      status,
      current: await current(scene.owner, scene.container, OBJECT),
      archive: entries.map(({ body, isMarker }) => (isMarker ? 'marker' : body)),
    };
  }

  describe.each(MODES)('%s mode', (mode) => {
    // modes differ only for deletes
    const attempts = ATTEMPTS.filter(
      ([what]) => mode === 'history' || /^(PUT|DELETE.*)$/.test(what),
    );

    it.each(partOf(attempts, { oneOf: 6, from: MODES.indexOf(mode) }))(
      "%s does what it does with Swift's own versions",
      async (what, attempt) => {
        const [expected, actual] = await Promise.all(
          [versioned, proxy.url].map((url) => outcome(url, mode, attempt)),
        );
        // Swift leaves the archive entry of a write that fails later
        if (SWIFT_LEAVES.includes(what)) expected!.archive = ['oldest'];
        expect(actual).toEqual(expected);
      },
    );
  });

  it('a key of the account signs as well', async () => {
    const owner = await proxy.login('tester');
    await mustBe(204, owner.ask('POST', '', { 'X-Account-Meta-Temp-URL-Key': 'of the account' }));
    try {
      const { container, archive } = await newPair(owner, 'history');
      const path = `${owner.account}/${container}/object`;
      for (const body of ['one', 'two']) {
        const query = temporary('PUT', path, { key: 'of the account' });
        const pending = new Client(proxy.url, Headers.none).send(
          'PUT',
          `${path}?${query}`,
          {},
          body,
        );
        await mustBe(201, pending);
      }
      expect(await bodies(owner, archive)).toEqual(['one']);
    } finally {
      await owner.ask('POST', '', { 'X-Remove-Account-Meta-Temp-URL-Key': 'x' });
    }
  });

  it('a large object that is deleted by one keeps its segments, and comes back', async () => {
    const owner = await proxy.login('tester');
    const { container, archive } = await newPair(owner, 'history', KEYS);
    const segments = await newContainer(owner, 'segments');
    await put(owner, segments, 'segment', 'content');
    const manifest = JSON.stringify([{ path: `/${segments}/segment` }]);
    await mustBe(201, owner.ask('PUT', `/${container}/large?multipart-manifest=put`, {}, manifest));
    const path = `${owner.account}/${container}/large`;
    const query = `multipart-manifest=delete&${temporary('DELETE', path, { key: 'first' })}`;
    await mustBe(204, new Client(proxy.url, Headers.none).send('DELETE', `${path}?${query}`));
    expect(await current(owner, segments, 'segment')).toBe('content');
    expect(await bodies(owner, archive)).toEqual(['content']);
  });

  it('many at once lose no version', async () => {
    const scene = await begin(proxy.url, 'history');
    const writes = Array.from({ length: 16 }, (_, i) => `body ${i}`);
    const query = scene.sign('PUT');
    const answers = await Promise.all(
      writes.map((body) => scene.anonymous.send('PUT', `${scene.url}?${query}`, {}, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual(writes.map(() => 201));
    const last = await current(scene.owner, scene.container, OBJECT);
    const all = [...(await bodies(scene.owner, scene.archive)), last];
    expect(all.sort()).toEqual(['before', 'oldest', ...writes].sort());
  });

  it('the setting is read by the service user if nobody with a token wrote before', async () => {
    const direct = await login(plain, 'tester');
    const archive = await newContainer(direct, 'archive');
    const container = await newContainer(direct, 'history', KEYS);
    const owner = await proxy.login('tester');
    await mustBe(204, owner.ask('POST', `/${container}`, { [MODE_HEADER.history]: archive }));
    const path = `${owner.account}/${container}/object`;
    const anonymous = new Client(proxy.url, Headers.none);
    for (const body of ['one', 'two']) {
      const query = temporary('PUT', path, { key: 'first' });
      await mustBe(201, anonymous.send('PUT', `${path}?${query}`, {}, body));
    }
    expect(await bodies(owner, archive)).toEqual(['one']);
  });
});
