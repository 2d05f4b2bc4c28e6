import type { Answer } from '../../support/clients/client';
import { CLIENTS, type ClientKind } from './clients';
import { ROUTES, type Route } from './routes';
import { isRefused, isTelling, send, told } from './send';
import { IS_DEEP, partOf } from '../../support/running/depth';
import { changes, look, makeWorld, type AttemptStore, type Place, type World } from './world';

/**
 * The attempt table: each kind of client that lacks the right tries each route. Every
 * attempt is refused; current objects, archived versions and containers' settings stay
 * unchanged.
 */
export function attemptTable(store: () => AttemptStore, kind: AttemptStore['kind']): void {
  const rows = CLIENTS.filter(({ notOn }) => !notOn?.includes(kind));
  // each client needs a world of its own, so use fewer clients with more routes each
  const inPart = partOf(
    rows.map((row, i) => [row.name, row, i] as const),
    { oneOf: 6, from: kind.length },
  );
  it.each(inPart)(
    '%s is refused whatever it tries',
    async (_, row, i) => {
      // in the gate each client tries different routes than the one before
      const routes = partOf(ROUTES, { oneOf: ONE_OF, from: i });
      const wrong = await attemptAll(store(), row, routes, false);
      // only now is it worth the time to find out which cell it was
      if (wrong.some((each) => each.includes(AFTER_ALL)))
        wrong.push(...(await attemptAll(store(), row, routes, true)));
      expect(wrong).toEqual([]);
    },
    180_000,
  );
}

/**
 * Verifies the table itself: the owner, who may do everything, is reported in each cell
 * that lets him, with what he changed.
 */
export function noticesTable(store: () => AttemptStore): void {
  it('the owner would be noticed', async () => {
    const owner: ClientKind = {
      name: 'the owner',
      refusal: [401, 403],
      create: (_, world) => ({ client: world.owner }),
    };
    const noticed = ROUTES.filter(({ name }) => NOTICED.some(([route]) => route === name));
    const wrong = await attemptAll(store(), owner, IS_DEEP ? ROUTES : noticed, true);
    for (const [route, fault] of NOTICED) {
      const inCell = (each: string) => each.startsWith(`the owner | ${route} | history: ${fault}`);
      expect([route, fault, wrong.some(inCell)]).toEqual([route, fault, true]);
    }
  }, 180_000);
}

const NOTICED = [
  ['PUT', 'expected 401 or 403, got 201'],
  ['PUT', 'changed the listing of'],
  ['DELETE of what is not there', 'changed the listing of'],
  ['PUT with X-Copy-From of another account', 'changed the listing of'],
  ['POST ?bulk-delete', 'expected 401 or 403, got 200'],
  ['PUT ?extract-archive=tar.bz2', 'changed the listing of'],
  ['container PUT that switches versions off', 'changed the settings of'],
  ['DELETE of an archived version', 'changed the listing of'],
  ['account POST', 'changed the settings of account'],
] as const;

const AFTER_ALL = 'after all attempts';
/** In the gate a client tries one route in this many. */
const ONE_OF = 11;

/**
 * Tries routes in a world of its own. Returns a description of each wrong cell.
 *
 * @param oneByOne looks for changes after each attempt instead of once after all of them
 */
async function attemptAll(
  store: AttemptStore,
  row: ClientKind,
  routes: readonly Route[],
  oneByOne: boolean,
): Promise<string[]> {
  const world = await makeWorld(store, row.grants ?? {});
  try {
    const attacker = await row.create(store, world);
    const wrong: string[] = [];
    let before = await look(world);
    for (const [route, place] of cells(routes, world, store.kind)) {
      const answer = await send(attacker, await route.attempt(place, world));
      const after = oneByOne ? await look(world) : before;
      const cell = `${row.name} | ${route.name} | ${place.mode}`;
      wrong.push(
        ...faults(row, route, answer, changes(before, after)).map((fault) => `${cell}: ${fault}`),
      );
      before = after;
    }
    const changed = oneByOne ? [] : changes(before, await look(world));
    return [...wrong, ...changed.map((change) => `${row.name}: ${AFTER_ALL} ${change}`)];
  } finally {
    await world.end();
  }
}

function cells(
  routes: readonly Route[],
  { places }: World,
  kind: AttemptStore['kind'],
): (readonly [Route, Place])[] {
  return routes.flatMap((route) => {
    if (kind === 'swift' && route.notOnSwift) return [];
    const { modes = ['history'] } = route;
    return places
      .filter(({ mode }) => modes.includes(mode))
      .map((place) => [route, place] as const);
  });
}

function faults(
  row: ClientKind,
  route: Route,
  answer: Answer,
  changed: readonly string[],
): string[] {
  const statuses = [...row.refusal, ...(route.also ?? [])];
  const mayDo = route.reads === true && row.mayRead === true;
  const isRight = mayDo || isRefused(answer, statuses);
  return [
    ...(isRight ? [] : [`expected ${statuses.join(' or ')}, got ${told(answer)}`]),
    ...(row.mayRead !== true && isTelling(answer) ? [`was shown a secret: ${told(answer)}`] : []),
    ...changed.map((change) => `changed ${change}`),
  ];
}
