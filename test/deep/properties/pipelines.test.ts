import fc from 'fast-check';
import { createLog } from '../../../src/util/log';
import type { App } from '../../../src/plugin/plugin';
import type { Config } from '../../../src/pipeline/load';
import { startServer } from '../../../src/server/serve';
import { CLIENTS, type ClientKind } from '../../conformance/attempts/clients';
import { ROUTES, type Route } from '../../conformance/attempts/routes';
import { isTelling, send, told } from '../../conformance/attempts/send';
import {
  changes,
  look,
  makeWorld,
  SECRETS,
  type AttemptStore,
  type UserName,
  type World,
} from '../../conformance/attempts/world';
import { depth, itInDepth, partOf } from '../../support/running/depth';
import { EMBEDDED_USERS, startEmbedded, type EmbeddedServer } from '../../support/servers/embedded';
import { countFigures } from '../../support/running/figures';
import { runs } from '../../support/running/runs';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { faultOf, Sample, type FilterNames } from './pipelines';

const SEED = 20_260_101;
const CHECKED = runs(2000);
/** Each pipeline tries one in this many routes. */
const ONE_OF = 4;

/** Draws pipelines that `check` accepts, each of them once before repetitions. */
function acceptedOf(sample: Sample): FilterNames[] {
  const draws = fc.sample(sample.pipelines(), { numRuns: CHECKED, seed: SEED });
  const accepted = draws.filter((filters) => sample.with(filters) !== undefined);
  const each = new Map(accepted.map((filters) => [filters.join(' '), filters])).values();
  return [...each, ...accepted];
}

function checkPipelines(sample: Sample, needsLogin: boolean): void {
  let accepted = 0;
  fc.assert(
    fc.property(sample.pipelines(), (filters) => {
      if (sample.with(filters) === undefined) return;
      accepted++;
      expect(faultOf(filters, { needsLogin })).toBeUndefined();
    }),
    { numRuns: CHECKED, seed: SEED },
  );
  expect(accepted).toBeGreaterThan(0);
  countFigures(expect.getState().currentTestName ?? '', { checked: CHECKED, accepted });
}

/**
 * Returns what clients may not do or learn but can, at a server with a pipeline.
 *
 * @param row the client, in whose world nothing must change
 */
async function wrongs(
  store: AttemptStore,
  row: ClientKind,
  world: World,
  {
    url,
    routes,
    isVersioned,
  }: { readonly url: string; readonly routes: readonly Route[]; readonly isVersioned: boolean },
): Promise<string[]> {
  const attacker = await row.create(store, world);
  const before = await look(world);
  const wrong: string[] = [];
  for (const route of routes)
    for (const place of world.places) {
      if (!(route.modes ?? ['history']).includes(place.mode)) continue;
      const attempt = await route.attempt(place, world);
      const answer = await send({ ...attacker, client: attacker.client.at(url) }, attempt);
      if (row.mayRead !== true && isTelling(answer))
        wrong.push(`${route.name} was told ${told(answer)}`);
    }
  const changed = changes(before, await look(world));
  return [...wrong, ...changed.filter((change) => isVersioned || !isOwnRight(change, row))];
}

/** Without versions, a writer may write in any way, but not what others may not read. */
function isOwnRight(change: string, { mayRead }: ClientKind): boolean {
  const isRevealed = mayRead !== true && SECRETS.some((secret) => change.includes(secret));
  return change.includes('-writable') && !isRevealed;
}

/** Serves pipelines, attacks each as a client of the attempt table; expects no effect. */
async function attackAll(
  store: AttemptStore,
  pipelines: readonly FilterNames[],
  serve: (filters: FilterNames) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<void> {
  const rows = CLIENTS.filter(({ notOn }) => !notOn?.includes(store.kind));
  const chosen = partOf(rows, { oneOf: Math.ceil(rows.length / pipelines.length) });
  for (const [i, row] of chosen.entries()) {
    const world = await makeWorld(store, row.grants ?? {});
    try {
      for (const [at, filters] of pipelines.entries()) {
        if (at % chosen.length !== i) continue;
        const isVersioned = filters.includes('versioned_writes');
        const routes = ROUTES.filter((_, route) => route % ONE_OF === at % ONE_OF);
        const server = await serve(filters);
        try {
          const wrong = await wrongs(store, row, world, { url: server.url, routes, isVersioned });
          expect([filters.join(' '), row.name, wrong]).toEqual([filters.join(' '), row.name, []]);
        } finally {
          await server.close();
        }
      }
    } finally {
      await world.end();
    }
  }
  countFigures(expect.getState().currentTestName ?? '', { served: pipelines.length });
}

describe('a configuration that check accepts, over the embedded store', () => {
  const sample = new Sample(
    'embedded.conf',
    { HINDSIGHT_DATA: '/nowhere', HINDSIGHT_PORT: '0' },
    (text) => text.replace('user_test_tester = testing .admin', EMBEDDED_USERS),
  );
  let server: EmbeddedServer;
  let app: App;
  beforeAll(async () => {
    const keeping = (config: Config): Config => ({
      ...config,
      createApp: async (...args) => (app = await config.createApp(...args)),
    });
    server = await startEmbedded('', '', keeping);
  });
  afterAll(() => server.close());

  it('authenticates a client before anything depends on it', () => checkPipelines(sample, true));

  it(
    'lets nobody do what they may not',
    async () => {
      const store: AttemptStore = {
        kind: 'embedded',
        login: (user) => server.login(...users[user]),
      };
      const pipelines = acceptedOf(sample).slice(0, depth({ gate: 2, deep: 200 }));
      await attackAll(store, pipelines, (filters) => {
        const config = sample.with(filters);
        if (!config) throw new Error('it was accepted before');
        const shared = { ...app, close: () => Promise.resolve() };
        return startServer(
          { ...config, createApp: () => Promise.resolve(shared) },
          createLog('silent'),
        );
      });
    },
    depth({ gate: 120_000, deep: 1_800_000 }),
  );

  const users: Readonly<Record<UserName, readonly [user: string, key: string]>> = {
    tester: ['test:tester', 'testing'],
    tester2: ['test2:tester2', 'testing2'],
    tester3: ['test:tester3', 'testing3'],
    service: ['svc:worker', 'secret'],
  };
});

describeWithSwift('a configuration that check accepts, over a Swift', ({ plain }) => {
  const filter = 'allow_object_versioning = true';
  const proxy = suiteProxy(plain, { filters: 'bulk formpost', filter });
  const env = { SWIFT_URL: plain, SWIFT_AUTH_URL: `${plain}/auth/v1.0`, HINDSIGHT_PORT: '0' };
  const sample = new Sample('swift.conf', env, (text) =>
    text.replace(/^# (allow_object_versioning = )/m, '$1').concat('\nsole_server_check = off\n'),
  );

  it('has no filter where it must not stand', () => checkPipelines(sample, false));

  itInDepth(
    'lets nobody do what they may not',
    async () => {
      const store: AttemptStore = { kind: 'service user', login: (user) => login(proxy.url, user) };
      const pipelines = acceptedOf(sample).slice(0, 40);
      await attackAll(store, pipelines, (filters) => {
        const config = sample.with(filters);
        if (!config) throw new Error('it was accepted before');
        return startServer(config, createLog('silent'));
      });
    },
    1_800_000,
  );
});
