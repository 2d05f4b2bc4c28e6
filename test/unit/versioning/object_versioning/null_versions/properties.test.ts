import fc from 'fast-check';
import { stateOf } from '../../../../../src/versioning/object_versioning/state';
import { NullIndex } from '../../../../../src/versioning/object_versioning/null_versions/null_index';
import {
  findNull,
  NullVersionExecutor,
} from '../../../../../src/versioning/object_versioning/null_versions/execute_nulls';
import { versionName } from '../../../../../src/versioning/object_versioning/version_names';
import type { Outcome } from '../../../../../src/versioning/archive/execute';
import type { VersionOperation } from '../../../../../src/versioning/object_versioning/version_operation';
import { createLog } from '../../../../../src/util/log';
import type { ObjectRef } from '../../../../../src/versioning/store/store';
import { MapStore } from '../../../../support/stores/map_store';
import { runs } from '../../../../support/running/runs';
import { shownIds } from '../../../../support/stores/shown_ids';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const VERSIONS = 'versions';
const log = createLog('silent');

const OWN = [
  'write',
  'write',
  'delete',
  'write null',
  'delete null',
  'remove',
  'remove null',
] as const;
/** What Swift's API can do besides, also while versions are suspended. */
const SWIFTS = ['restore', 'remove only', 'write unversioned', 'delete unversioned'] as const;

interface Step {
  readonly kind: (typeof OWN)[number] | (typeof SWIFTS)[number];
  readonly body: string;
  readonly outcome: Outcome;
  /** An index into the existing versions, newest first. */
  readonly which: number;
  readonly crash?: number | undefined;
}

class Crash extends Error {}

/** A version as S3 lists it; without a body, a delete marker. */
interface Listed {
  readonly body: string | undefined;
  readonly isNull: boolean;
}

/**
 * S3's documentation: the newest version is current; null versions replace each other.
 */
function after(listed: readonly Listed[], { kind, body, which }: Step): readonly Listed[] {
  const others = listed.filter(({ isNull }) => !isNull);
  switch (kind) {
    case 'write':
      return [{ body, isNull: false }, ...listed];
    case 'delete':
      return [{ body: undefined, isNull: false }, ...listed];
    case 'write null':
      return [{ body, isNull: true }, ...others];
    case 'delete null':
      return [{ body: undefined, isNull: true }, ...others];
    case 'remove null':
      return others;
    case 'remove':
      return listed.filter((_, i) => i !== which);
    default:
      throw new Error(`not of S3: ${kind}`);
  }
}

const idsIn = (store: MapStore) => shownIds(store, OBJECT, VERSIONS);

function entry(id: string): ObjectRef {
  return { ...OBJECT, container: VERSIONS, object: versionName(OBJECT.object, id) };
}

const state = async (store: MapStore) => stateOf(OBJECT, VERSIONS, await store.stat(OBJECT));

/** Returns the listing, and expects its first entry to be the current version. */
async function readListing(store: MapStore): Promise<readonly Listed[]> {
  const is = await state(store);
  const ids = await idsIn(store);
  if (is.is === 'link') expect(is.id).toBe(ids[0]);
  const all = await listed(store);
  if (is.is === 'nothing') expect(all[0]?.body).toBeUndefined();
  return all;
}

async function listed(store: MapStore): Promise<readonly Listed[]> {
  const { found } = await findNull(store, VERSIONS, OBJECT);
  const ids = await idsIn(store);
  const entries = ids.map((id) => ({
    body: store.body(entry(id)),
    isNull: typeof found === 'object' && found.id === id,
  }));
  const is = await state(store);
  if (is.is === 'null') return [{ body: store.body(OBJECT), isNull: true }, ...entries];
  return entries;
}

/** Runs a step, to its end or until it crashes. */
async function perform(store: MapStore, step: Step): Promise<'done' | 'crashed' | 'failed'> {
  let changes = step.crash ?? Infinity;
  const refused = new Set<string>();
  store.beforeChange = () => {
    if (changes-- <= 0) throw new Crash();
  };
  const versions = new NullVersionExecutor(store, VERSIONS, log);
  const operation = (change: (to: ObjectRef, by?: string) => void): VersionOperation => ({
    guard: () => Promise.resolve('go'),
    forward: (to, by) => {
      if (step.outcome === 'done') change(to ?? OBJECT, by);
      else refused.add(step.kind);
      return Promise.resolve({ outcome: step.outcome, etag: step.body });
    },
  });
  const put = operation((to, operation) => store.put(to, step.body, undefined, { operation }));
  const remove = operation((to) => store.delete(to));
  try {
    await doing(versions, step, await idOf(store, step.which), put, remove);
    if (changes < 0) return 'crashed';
    return refused.size > 0 ? 'failed' : 'done';
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return 'crashed';
  } finally {
    store.beforeChange = () => undefined;
  }
}

/** Returns the id at a place in the listing; undefined for the object itself. */
async function idOf(store: MapStore, which: number): Promise<string | undefined> {
  const ids = await idsIn(store);
  const isItself = (await state(store)).is === 'null';
  return isItself && which === 0
    ? undefined
    : (ids[isItself ? which - 1 : which] ?? '0000000000.00001');
}

function doing(
  versions: NullVersionExecutor,
  { kind }: Step,
  id: string | undefined,
  put: VersionOperation,
  remove: VersionOperation,
): Promise<unknown> {
  switch (kind) {
    case 'write':
      return versions.write(OBJECT, put, true);
    case 'delete':
      return versions.delete(OBJECT, remove);
    case 'write null':
      return versions.replace(OBJECT, put);
    case 'delete null':
      return versions.deleteNull(OBJECT, remove);
    case 'remove':
      return versions.removeVersion(OBJECT, id, remove);
    case 'remove null':
      return versions.removeVersion(OBJECT, undefined, remove);
    case 'restore':
      return versions.restore(OBJECT, id ?? '0000000000.00001');
    case 'remove only':
      return versions.remove(OBJECT, id ?? '0000000000.00001', remove);
    case 'write unversioned':
      return versions.settle(OBJECT).then(() => put.forward());
    case 'delete unversioned':
      return versions.settle(OBJECT).then(() => remove.forward());
  }
}

function steps(crashes: boolean, kinds: readonly Step['kind'][]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    body: fc.constantFrom('a', 'b', 'c'),
    outcome: fc.constantFrom<Outcome>('done', 'done', 'done', crashes ? 'done' : 'failed'),
    which: fc.nat(4),
    crash: crashes ? fc.option(fc.nat(4), { nil: undefined }) : fc.constant(undefined),
  });
  return fc.array<Step>(step, { maxLength: 30, size: 'max' });
}

/** All versions by their ids, and an object that is not a version. */
interface Bodies {
  readonly versions: ReadonlyMap<string, string | undefined>;
  readonly itself?: { readonly timestamp: string; readonly body: string | undefined };
  /** The null version: its id, or the object itself. */
  readonly found: string | undefined;
  /** Markers that are, or once were, null versions. */
  readonly markers: ReadonlySet<string>;
}

async function bodiesIn(store: MapStore): Promise<Bodies> {
  const is = await state(store);
  const { found } = await findNull(store, VERSIONS, OBJECT);
  const versions = new Map((await idsIn(store)).map((id) => [id, store.body(entry(id))]));
  const id = typeof found === 'object' ? found.id : found;
  const records = await new NullIndex(store, VERSIONS).list(OBJECT);
  const markers = new Set(records.filter(({ isMarker }) => isMarker).map((each) => each.id));
  return is.is === 'null'
    ? {
        versions,
        found: id,
        markers,
        itself: { timestamp: is.timestamp, body: store.body(OBJECT) },
      }
    : { versions, found: id, markers };
}

const REPLACING = ['write null', 'delete null', 'remove null'];
const UNVERSIONED = ['write unversioned', 'delete unversioned'];

describe('null versions', () => {
  it('are what S3 documents, whatever is done, and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(steps(false, OWN), async (history) => {
        const store = new MapStore();
        let model: readonly Listed[] = [];
        for (const each of history) {
          if ((await perform(store, each)) !== 'failed') model = after(model, each);
          expect(await readListing(store)).toEqual(model);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('and versions are lost to nothing but what removes them, whatever crashes, and whatever Swift does', async () => {
    await fc.assert(
      fc.asyncProperty(steps(true, [...OWN, ...SWIFTS]), async (history) => {
        const store = new MapStore();
        for (const each of history) {
          const before = await bodiesIn(store);
          const target = each.kind.startsWith('remove') ? await idOf(store, each.which) : undefined;
          await perform(store, each);
          const now = await bodiesIn(store);
          for (const [id, body] of before.versions) {
            const isReplaced =
              (REPLACING.includes(each.kind) || (each.kind === 'remove' && target === undefined)) &&
              (id === before.found || before.markers.has(id));
            const mayGo = id === target || isReplaced;
            if (!mayGo || now.versions.has(id))
              expect([id, now.versions.get(id), now.versions.has(id)]).toEqual([id, body, true]);
          }
          const { itself } = before;
          const goes =
            [...REPLACING, ...UNVERSIONED].includes(each.kind) ||
            (each.kind === 'remove' && target === undefined);
          if (itself && !goes && now.itself?.timestamp !== itself.timestamp)
            expect(now.versions.get(itself.timestamp)).toBe(itself.body);
          const link = store.linkAt(OBJECT);
          if (link) expect(await store.stat(link)).toMatchObject({ isMarker: false });
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('are, after a crash, what they were or are to be, and doing it again does it', async () => {
    let crashed = 0;
    const last = fc.tuple(fc.constantFrom(...OWN), fc.nat(3), fc.nat(4));
    await fc.assert(
      fc.asyncProperty(steps(false, OWN), last, async (history, [kind, which, crash]) => {
        const store = new MapStore();
        for (const each of history) await perform(store, each);
        const step: Step = { kind, which, crash, body: 'last', outcome: 'done' };
        const before = await listed(store);
        const done = after(before, step);
        const id = await idOf(store, which);
        if ((await perform(store, step)) !== 'crashed') return;
        crashed++;
        const listing = await readListing(store);
        expect([before, done]).toContainEqual(listing);
        if (kind === 'remove' && id === undefined) return;
        if (kind === 'remove') await again(store, id);
        else await perform(store, { ...step, crash: undefined });
        expect(await readListing(store)).toEqual(
          kind.startsWith('remove') ? done : after(listing, step),
        );
      }),
      { numRuns: runs(2000) },
    );
    expect(crashed).toBeGreaterThan(runs(500));
  });

  it.each(['write null', 'delete null'] as const)(
    'are there all the while for readers without the lock, if the store is read again when needed: %s',
    async (kind) => {
      const plain: Step = { kind, body: 'one', outcome: 'done', which: 0 };
      for (let moment = 0; moment < 5; moment++) {
        const store = new MapStore();
        for (const each of ['write null', 'write'] as const)
          await perform(store, { ...plain, kind: each });
        let count = 0;
        const looking = new Proxy(store, {
          get: (of, name) =>
            name !== 'stat'
              ? (Reflect.get(of, name) as unknown)
              : async (at: ObjectRef) => {
                  if (count++ === moment) await perform(store, plain);
                  return store.stat(at);
                },
        });
        const first = await findNull(looking, VERSIONS, OBJECT);
        const { found } = first.mayHaveMoved ? await findNull(looking, VERSIONS, OBJECT) : first;
        expect(found).toBeDefined();
      }
    },
  );

  it('are looked for once if there never was any', async () => {
    const store = new MapStore();
    const none = { found: undefined, mayHaveMoved: false };
    expect(await findNull(store, VERSIONS, OBJECT)).toEqual(none);
    await perform(store, { kind: 'write', body: 'one', outcome: 'done', which: 0 });
    expect(await findNull(store, VERSIONS, OBJECT)).toEqual(none);
  });
});

async function again(store: MapStore, id: string | undefined): Promise<void> {
  const forward: VersionOperation['forward'] = () => {
    store.delete(OBJECT);
    return Promise.resolve({ outcome: 'done' });
  };
  await new NullVersionExecutor(store, VERSIONS, log).removeVersion(OBJECT, id, { forward });
}
