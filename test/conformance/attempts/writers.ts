import { mustBe } from '../../support/clients/containers';
import { partOf } from '../../support/running/depth';
import type { Attacker } from './clients';
import { ROUTES, type Route } from './routes';
import { isRefused, isTelling, send, told } from './send';
import {
  changes,
  look,
  makeWorld,
  OBJECT,
  SECRETS,
  type AttemptStore,
  type Place,
  type Sight,
  type World,
} from './world';

/** What happens to the object, and how many archived versions are added or removed. */
interface Effect {
  readonly current: 'kept' | 'replaced' | 'restored' | 'gone';
  readonly archived: number;
}

const NOTHING: Effect = { current: 'kept', archived: 0 };
const REPLACED: Effect = { current: 'replaced', archived: 1 };
const DELETED: Readonly<Record<Place['mode'], Effect>> = {
  stack: { current: 'restored', archived: -1 },
  // the version, and a marker
  history: { current: 'gone', archived: 2 },
};

/** What a user who may write and not read may do on Swift; everything else is refused. */
const ALLOWED: Readonly<Record<string, Effect | typeof DELETED>> = {
  'PUT of a new object': NOTHING,
  PUT: REPLACED,
  'an empty PUT': REPLACED,
  'a long PUT': REPLACED,
  'PUT of a symlink': REPLACED,
  'PUT of a dynamic large object': REPLACED,
  'PUT of a static large object': REPLACED,
  DELETE: DELETED,
  'DELETE of what is not there': { stack: NOTHING, history: { current: 'kept', archived: 1 } },
  POST: NOTHING,
  'POST of an end in the future': NOTHING,
  COPY: REPLACED,
  'COPY from another account': REPLACED,
  'PUT with X-Copy-From': REPLACED,
  'PUT with X-Copy-From of another account': REPLACED,
  'POST ?bulk-delete': { stack: DELETED.stack, history: { current: 'gone', archived: 3 } },
  'DELETE ?bulk-delete': DELETED,
  'PUT ?extract-archive=tar': REPLACED,
  'PUT ?extract-archive=tar.gz': REPLACED,
  'PUT ?extract-archive=tar.bz2': REPLACED,
};

/** The same by the user's own signature, if the pipeline serves the S3 API. */
const ALLOWED_BY_S3: typeof ALLOWED = {
  'PUT by a URL of the S3 API': REPLACED,
  'DELETE by a URL of the S3 API': DELETED,
  'a form of the S3 API': REPLACED,
};

/** The same for object versioning; none of these removes a version. */
const ALLOWED_WITH_IDS = [
  'PUT of an object with ids',
  'DELETE of an object with ids',
  'POST of an object with ids',
  'PUT of the oldest version by its id',
  'DELETE of the null version by its id',
];

/** Routes with several names, some of which the user may write. */
const SEVERAL = [
  'bulk delete by names that lead elsewhere',
  'PUT ?extract-archive=tar into the account',
];

/**
 * Routes with another effect on Swift itself (README, How it differs): it archives for
 * writes that fail, versions writes of the S3 API, and lets a client that may write
 * remove the current version by its id.
 */
const OTHERWISE_ON_SWIFT = [
  'PUT that If-None-Match: * lets fail',
  'DELETE that X-If-Delete-At lets fail',
  'PUT by the S3 API',
  'DELETE by the S3 API',
  'PUT by a URL of the S3 API',
  'DELETE by a URL of the S3 API',
  'DELETE of the oldest version by its id',
];

/**
 * A client that may write and not read can do what it can on Swift, with the same effect
 * and no other. It reads no body, archived version or setting. If the proxy has only the
 * client's token, which cannot archive anything, it is refused.
 */
export function writersTable(store: () => AttemptStore, kind: AttemptStore['kind']): void {
  it('a client that may write and not read can do what it can on Swift, and no more', async () => {
    const world = await makeWorld(store(), {
      container: { 'X-Container-Write': 'test:tester3,test2:tester2' },
    });
    const writer = await store().login('tester3');
    const attacker: Attacker = { client: writer };
    const wrong: string[] = [];
    const excluded = [...SEVERAL, ...(kind === 'swift' ? OTHERWISE_ON_SWIFT : [])];
    const routes = partOf(ROUTES, { oneOf: 23, from: kind.length });
    for (const route of routes.filter(({ name }) => !excluded.includes(name))) {
      if (kind === 'swift' && route.notOnSwift) continue;
      for (const place of world.places) {
        if (!(route.modes ?? ['history']).includes(place.mode)) continue;
        await refresh(world, place);
        const fault = await attempt(kind, attacker, route, place, world);
        if (fault) wrong.push(`${route.name} | ${place.mode}: ${fault}`);
      }
    }
    await world.end();
    expect(wrong).toEqual([]);
  }, 180_000);
}

/**
 * Restores the object over a version with another body, so that restoring that one shows.
 */
async function refresh({ owner }: World, { container }: Place): Promise<void> {
  await mustBe(201, owner.ask('PUT', `/${container}/${OBJECT}`, {}, 'between'));
  await mustBe(201, owner.ask('PUT', `/${container}/${OBJECT}`, {}, SECRETS[1]));
}

async function attempt(
  kind: AttemptStore['kind'],
  attacker: Attacker,
  route: Route,
  place: Place,
  world: World,
): Promise<string | undefined> {
  const before = await look(world, false);
  const answer = await send(attacker, await route.attempt(place, world));
  const after = await look(world, false);
  if (isTelling(answer)) return `was shown a secret: ${told(answer)}`;
  const allowed =
    ALLOWED[route.name] ?? (kind === 'embedded' ? ALLOWED_BY_S3[route.name] : undefined);
  const effect = allowed && 'current' in allowed ? allowed : allowed?.[place.mode];
  const mayDo = effect !== undefined && (kind !== "client's token" || isUnversioned(route));
  if (mayDo) {
    const actual = effectOf(place, before, after);
    const expected = JSON.stringify(effect);
    return answer.status < 300 || answer.status === 404
      ? unless(actual, expected, told(answer))
      : `got ${told(answer)}`;
  }
  if (ALLOWED_WITH_IDS.includes(route.name) && (kind !== "client's token" || answer.status < 300))
    return answer.status < 300 || answer.status === 404
      ? lostOf(world, before, after)
      : `got ${told(answer)}`;
  const changed = changes(before, after);
  if (changed.length > 0) return `changed ${changed.join('; ')}`;
  // 412: for a client with the right, a condition that does not hold
  const refusals = [403, 412, ...(route.also ?? [])];
  return isRefused(answer, refusals)
    ? undefined
    : `expected ${refusals.join()}, got ${told(answer)}`;
}

/** Lists the versions that are gone, and changes elsewhere. */
function lostOf({ ids }: World, before: Sight, after: Sight): string | undefined {
  const versions = (sight: Sight) =>
    JSON.parse(sight.get(`the versions in /${ids.container}`) ?? '[]') as string[];
  const lost = versions(before).filter((id) => id !== 'null' && !versions(after).includes(id));
  const elsewhere = changes(before, after).filter(
    (change) => !change.includes(`/${ids.container}`),
  );
  const wrong = [...lost.map((id) => `${id} is gone`), ...elsewhere];
  return wrong.length === 0 ? undefined : wrong.join('; ');
}

function unless(seen: string, expected: string, answered: string): string | undefined {
  return seen === expected
    ? undefined
    : `expected ${expected}, found ${seen}, answered ${answered}`;
}

/** A request that makes no version needs no right to read. */
function isUnversioned({ name }: Route): boolean {
  return name.startsWith('POST') && !name.includes('?');
}

/** Describes what happened to the object and the archive, and any other changes. */
function effectOf(place: Place, before: Sight, after: Sight): string {
  const listing = (sight: Sight, container: string) =>
    JSON.parse(sight.get(`the listing of /${container}`) ?? '[]') as {
      name: string;
      hash: string;
    }[];
  const object = (sight: Sight) =>
    listing(sight, place.container).find(({ name }) => name === OBJECT)?.hash;
  const [was, is] = [listing(before, place.archive), listing(after, place.archive)];
  const [removed, added] = [without(was, is), without(is, was)];
  const archived = is.length - was.length;
  const previous = object(before);
  const now = object(after);
  const current =
    now === undefined
      ? 'gone'
      : now === previous
        ? 'kept'
        : removed.some(({ hash }) => hash === now)
          ? 'restored'
          : 'replaced';
  const elsewhere = changes(before, after).filter(
    (change) => !change.includes(`/${place.container}`) && !change.includes(`/${place.archive}`),
  );
  const settings = changes(before, after).filter((change) => change.startsWith('the settings'));
  const isSafe =
    current === 'kept' || current === 'restored' || added.some(({ hash }) => hash === previous);
  const faults = [...elsewhere, ...settings, ...(isSafe ? [] : ['the body is not archived'])];
  return JSON.stringify({ current, archived }) + faults.join('; ');
}

function without<T extends { name: string }>(all: readonly T[], others: readonly T[]): T[] {
  return all.filter(({ name }) => !others.some((other) => other.name === name));
}
