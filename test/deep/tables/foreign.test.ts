import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import {
  current,
  MODES,
  newContainer,
  newPair,
  pathOf,
  put,
  type Mode,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { partOf } from '../../support/running/depth';

const OBJECT = 'object';

/** What an attacker finds: an owner's containers, and one of their own. */
interface Scene {
  readonly owner: Client;
  /** The names of accounts, as in headers. */
  readonly theirs: string;
  readonly own: string;
  readonly container: string;
  readonly archive: string;
  /** A container of the owner's that nobody else may read. */
  readonly secrets: string;
  /** A container of the attacker's, or of somebody else if they have no account. */
  readonly mine: string;
}

type Attempt = (client: Client, scene: Scene) => Promise<Answer>;

const nameOf = (client: Client) => client.account.replace('/v1/', '');
/** Requests a path in the owner's account. */
const at = (
  client: Client,
  { owner }: Scene,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
) => client.send(method, owner.account + path, headers, body);

const ATTEMPTS: readonly (readonly [what: string, attempt: Attempt])[] = [
  ['PUT', (client, scene) => at(client, scene, 'PUT', pathOf(scene.container, OBJECT), {}, 'put')],
  ['PUT of nothing', (client, scene) => at(client, scene, 'PUT', pathOf(scene.container, OBJECT))],
  [
    'COPY from an own account',
    (client, scene) =>
      client.ask('COPY', pathOf(scene.mine, 'source'), {
        Destination: pathOf(scene.container, OBJECT),
        'Destination-Account': scene.theirs,
      }),
  ],
  [
    'X-Copy-From an own account',
    (client, scene) =>
      at(client, scene, 'PUT', pathOf(scene.container, OBJECT), {
        'X-Copy-From': pathOf(scene.mine, 'source'),
        'X-Copy-From-Account': scene.own,
      }),
  ],
  [
    'COPY of what only the owner may read',
    (client, scene) =>
      at(client, scene, 'COPY', pathOf(scene.secrets, 'secret'), {
        Destination: pathOf(scene.container, OBJECT),
      }),
  ],
  [
    'X-Copy-From what only the owner may read',
    (client, scene) =>
      at(client, scene, 'PUT', pathOf(scene.container, OBJECT), {
        'X-Copy-From': pathOf(scene.secrets, 'secret'),
      }),
  ],
  [
    'COPY of the object to an own account',
    (client, scene) =>
      at(client, scene, 'COPY', pathOf(scene.container, OBJECT), {
        Destination: pathOf(scene.mine, 'taken'),
        'Destination-Account': scene.own,
      }),
  ],
  ['GET', (client, scene) => at(client, scene, 'GET', pathOf(scene.container, OBJECT))],
  ['GET of the archive', (client, scene) => at(client, scene, 'GET', `/${scene.archive}`)],
  ['GET of a version', async (client, scene) => at(client, scene, 'GET', await anEntry(scene))],
  [
    'COPY of a version to an own account',
    async (client, scene) =>
      at(client, scene, 'COPY', await anEntry(scene), {
        Destination: pathOf(scene.mine, 'taken'),
        'Destination-Account': scene.own,
      }),
  ],
  [
    'COPY of a version to the object',
    async (client, scene) =>
      at(client, scene, 'COPY', await anEntry(scene), {
        Destination: pathOf(scene.container, OBJECT),
      }),
  ],
  [
    'DELETE of a version',
    async (client, scene) => at(client, scene, 'DELETE', await anEntry(scene)),
  ],
  [
    'PUT of a version',
    async (client, scene) => at(client, scene, 'PUT', await anEntry(scene), {}, 'forged'),
  ],
  [
    'the setting away',
    (client, scene) =>
      at(client, scene, 'POST', `/${scene.container}`, { 'X-Versions-Location': '' }),
  ],
  [
    'POST',
    (client, scene) =>
      at(client, scene, 'POST', pathOf(scene.container, OBJECT), { 'X-Object-Meta-A': 'b' }),
  ],
  ['DELETE', (client, scene) => at(client, scene, 'DELETE', pathOf(scene.container, OBJECT))],
  ['DELETE again', (client, scene) => at(client, scene, 'DELETE', pathOf(scene.container, OBJECT))],
  [
    'DELETE of what was never there',
    (client, scene) => at(client, scene, 'DELETE', pathOf(scene.container, 'never')),
  ],
];

/** Returns types and hashes, in the order of the versions. */
async function contentsOf({ owner, archive }: Scene): Promise<string[]> {
  const { body } = await owner.ask('GET', `/${archive}?format=json`);
  const listed = JSON.parse(body.toString()) as { content_type: string; hash: string }[];
  return listed.map(({ content_type, hash }) => `${content_type} ${hash}`);
}

async function anEntry({ owner, archive }: Scene): Promise<string> {
  const [entry = 'none'] = await owner.names(archive);
  return pathOf(archive, entry);
}

const RIGHTS: readonly (readonly [what: string, rights: Record<string, string>])[] = [
  ['only write', { 'X-Container-Write': 'test2:tester2,test:tester3' }],
  [
    'write, and read the container',
    { 'X-Container-Write': 'test2,test:tester3', 'X-Container-Read': '.r:*' },
  ],
  ['write as everybody', { 'X-Container-Write': '*:*' }],
  ['only read', { 'X-Container-Read': '.r:*,.rlistings' }],
];

const WHO: readonly (readonly [who: string, user: 'tester2' | 'tester3' | undefined])[] = [
  ['of another account', 'tester2'],
  ['of the same account', 'tester3'],
  ['whom nobody knows', undefined],
];

describeWithSwift('those who come from elsewhere', ({ plain, versioned }) => {
  const proxy = suiteProxy(plain);

  async function begin(url: string, mode: Mode, rights: Record<string, string>): Promise<Scene> {
    const owner = await login(url, 'tester');
    const stranger = await login(url, 'tester2');
    const secrets = await newContainer(owner, 'secrets');
    await put(owner, secrets, 'secret', 'secret');
    const mine = await newContainer(stranger, 'mine');
    await put(stranger, mine, 'source', 'copied');
    const pair = await newPair(owner, mode, rights);
    for (const body of ['oldest', 'before']) await put(owner, pair.container, OBJECT, body);
    return { owner, theirs: nameOf(owner), own: nameOf(stranger), secrets, mine, ...pair };
  }

  /** Returns the status of each attempt, and the contents after it. */
  async function history(
    url: string,
    mode: Mode,
    rights: Record<string, string>,
    user?: 'tester2' | 'tester3',
  ) {
    const scene = await begin(url, mode, rights);
    const client = user
      ? await login(url, user)
      : new Client(url, Headers.none, `/v1/${scene.own}`);
    const lines: unknown[] = [];
    for (const [what, attempt] of ATTEMPTS) {
      const { status } = await attempt(client, scene);
      lines.push({
        what,
        status,
        current: await current(scene.owner, scene.container, OBJECT),
        archive: await contentsOf(scene),
      });
    }
    return lines;
  }

  describe.each(MODES)('%s mode', (mode) => {
    const tried = partOf(RIGHTS, { oneOf: 2, from: MODES.indexOf(mode) });
    describe.each(tried)('who may %s', (_, rights) => {
      it.each(partOf(WHO, { oneOf: 6, from: MODES.indexOf(mode) }))(
        "one %s can do what he can do with Swift's own versions",
        async (_who, user) => {
          const [expected, actual] = await Promise.all(
            [versioned, proxy.url].map((url) => history(url, mode, rights, user)),
          );
          expect(actual).toEqual(expected);
        },
      );
    });
  });

  it('nobody may be allowed to write by their origin', async () => {
    for (const url of [plain, proxy.url]) {
      const owner = await login(url, 'tester');
      const { container } = await newPair(owner, 'history');
      const { status } = await owner.ask('POST', `/${container}`, { 'X-Container-Write': '.r:*' });
      expect(status).toBe(400);
    }
  });
});
