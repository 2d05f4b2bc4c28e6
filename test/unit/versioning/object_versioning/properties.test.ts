import fc from 'fast-check';
import {
  isNullIndexName,
  versionName,
} from '../../../../src/versioning/object_versioning/version_names';
import { stateOf } from '../../../../src/versioning/object_versioning/state';
import { VersionExecutor } from '../../../../src/versioning/object_versioning/execute_versions';
import type { VersionOperation } from '../../../../src/versioning/object_versioning/version_operation';
import type { Outcome } from '../../../../src/versioning/archive/execute';
import { createLog } from '../../../../src/util/log';
import type { ObjectRef } from '../../../../src/versioning/store/store';
import { MapStore } from '../../../support/stores/map_store';
import { runs } from '../../../support/running/runs';
import { shownIds } from '../../../support/stores/shown_ids';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const VERSIONS = 'versions';
const log = createLog('silent');

interface Step {
  readonly kind:
    | 'write'
    | 'delete'
    | 'overwrite'
    | 'remove'
    | 'restore'
    | 'write unversioned'
    | 'delete unversioned';
  readonly body: string;
  readonly outcome: Outcome;
  /** An index into the existing versions, newest first. */
  readonly which: number;
  readonly crash?: number | undefined;
}

class Crash extends Error {}

/**
 * The versions' bodies, newest first; null is a delete marker (see `MapStore.bodies`).
 */
type Bodies = readonly (string | null)[];

/** Versioning by Swift's documentation, without ids, requests or failures. */
class Model {
  constructor(
    readonly versions: Bodies = [],
    /** The index of the version that the object links to. */
    readonly current?: number,
    /** The body of an object without an id. */
    readonly unversioned?: string,
    /**
     * How many versions are newer than the object without an id: their writes crashed.
     */
    readonly newer = 0,
  ) {}

  after({ kind, body, which }: Step): Model {
    const { versions, current, unversioned, newer } = this;
    switch (kind) {
      case 'write':
        return new Model([body, ...this.kept()], 0);
      case 'delete':
        return new Model([null, ...this.kept()]);
      case 'overwrite':
        return new Model(this.kept(), undefined, body);
      case 'write unversioned':
        return new Model(versions, undefined, body);
      case 'delete unversioned':
        return new Model(versions);
      case 'restore':
        if (typeof versions[which] !== 'string') return this;
        return new Model(
          this.kept(),
          unversioned !== undefined && which >= newer ? which + 1 : which,
        );
      case 'remove':
        if (which >= versions.length) return this;
        return new Model(
          versions.filter((_, i) => i !== which),
          without(current, which),
          unversioned,
          which < newer ? newer - 1 : newer,
        );
    }
  }

  private kept(): Bodies {
    const { versions, unversioned, newer } = this;
    if (unversioned === undefined) return versions;
    return [...versions.slice(0, newer), unversioned, ...versions.slice(newer)];
  }
}

function without(current: number | undefined, which: number): number | undefined {
  if (current === undefined || current === which) return undefined;
  return current > which ? current - 1 : current;
}

const kinds = [
  'write',
  'write',
  'delete',
  'overwrite',
  'remove',
  'restore',
  'write unversioned',
  'delete unversioned',
] as const;

function steps(crashes: boolean, among: readonly Step['kind'][] = kinds): fc.Arbitrary<Step[]> {
  const step = fc.record({
    kind: fc.constantFrom(...among),
    body: fc.constantFrom('a', 'b', 'c'),
    outcome: fc.constantFrom<Outcome>('done', 'done', 'done', crashes ? 'done' : 'failed'),
    which: fc.nat(4),
    crash: crashes ? fc.option(fc.nat(3), { nil: undefined }) : fc.constant(undefined),
  });
  return fc.array<Step>(step, { maxLength: 30, size: 'max' });
}

const idsIn = (store: MapStore) => shownIds(store, OBJECT, VERSIONS);

function idOf(name: string): string {
  const info = {
    timestamp: '',
    contentType: '',
    link: { ...OBJECT, container: VERSIONS, object: name },
  };
  const state = stateOf(OBJECT, VERSIONS, info);
  return state.is === 'link' ? state.id : '';
}

/** Returns the store without the index of null versions, which may be out of date. */
function dumped(store: MapStore): unknown[] {
  return store.dump().filter(([key]) => !isNullIndexName(key.split('\n')[2] ?? ''));
}

async function readModel(store: MapStore): Promise<Model> {
  const ids = await idsIn(store);
  const versions = ids.map((id) => store.body(entry(id)) ?? null);
  const link = store.linkAt(OBJECT);
  if (link) return new Model(versions, ids.indexOf(idOf(link.object)));
  const current = await store.stat(OBJECT);
  const newer = ids.filter((id) => current && id > current.timestamp).length;
  return new Model(versions, undefined, store.body(OBJECT), newer);
}

/** Runs a step, to its end or until it crashes. */
async function perform(store: MapStore, step: Step): Promise<'done' | 'crashed' | 'failed'> {
  let changes = step.crash ?? Infinity;
  store.beforeChange = () => {
    if (changes-- <= 0) throw new Crash();
  };
  const versions = new VersionExecutor(store, VERSIONS, log);
  const operation = (change: (to: ObjectRef) => void): VersionOperation => ({
    guard: () => Promise.resolve('go'),
    forward: (to) => {
      if (step.outcome === 'done') change(to ?? OBJECT);
      return Promise.resolve({ outcome: step.outcome, etag: step.body });
    },
  });
  const put = operation((to) => store.put(to, step.body));
  const remove = operation((to) => store.delete(to));
  const id = (await idsIn(store))[step.which] ?? '0000000000.00001';
  try {
    if (step.kind === 'write') await versions.write(OBJECT, put, true);
    else if (step.kind === 'overwrite') await versions.write(OBJECT, put, false);
    else if (step.kind === 'delete') await versions.delete(OBJECT, remove);
    else if (step.kind === 'restore') await versions.restore(OBJECT, id);
    else if (step.kind === 'remove') await versions.remove(OBJECT, id, remove);
    else {
      await versions.settle(OBJECT);
      await (step.kind === 'write unversioned' ? put : remove).forward();
    }
    return changes < 0 ? 'crashed' : step.outcome === 'done' ? 'done' : 'failed';
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return 'crashed';
  } finally {
    store.beforeChange = () => undefined;
  }
}

function expectSound(store: MapStore): void {
  const link = store.linkAt(OBJECT);
  if (link) expect(store.body(link)).toBeDefined();
}

describe('versions with ids', () => {
  it('are what the documentation says, whatever is done, and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(steps(false), async (history) => {
        const store = new MapStore();
        let model = new Model();
        for (const each of history) {
          const before = dumped(store);
          const result = await perform(store, each);
          const isLet = !['restore', 'remove'].includes(each.kind);
          if (result === 'failed' && isLet) {
            expect(dumped(store)).toEqual(before);
            continue;
          }
          const refused =
            result === 'failed' && each.kind === 'remove' && model.current === each.which;
          if (!refused) model = model.after(each);
          expect(await readModel(store)).toEqual(model);
          expectSound(store);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('are, after a crash, as if it had happened or had not', async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), async (history) => {
        const store = new MapStore();
        let model = new Model();
        for (const each of history) {
          const result = await perform(store, each);
          const after = model.after(each);
          expect(result === 'crashed' ? [model, after] : [after]).toContainEqual(
            await readModel(store),
          );
          model = await readModel(store);
          expectSound(store);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('keep their ids and their bodies, whatever crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps(true, ['write', 'delete', 'restore', 'overwrite']),
        async (history) => {
          const store = new MapStore();
          let previous = new Map<string, string | undefined>();
          for (const each of history) {
            await perform(store, each);
            const now = new Map((await idsIn(store)).map((id) => [id, store.body(entry(id))]));
            expect([...now].filter(([id]) => previous.has(id))).toEqual([...previous]);
            previous = now;
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('get ids that sort after all others, even if clocks go back', async () => {
    const store = new MapStore();
    const versions = new VersionExecutor(store, VERSIONS, log);
    const times = [2000, 1000, 500, 1500].map((seconds) => seconds * 1000);
    store.now = () => times.shift() ?? 0;
    const ids: string[] = [];
    const write: VersionOperation = {
      guard: () => Promise.resolve('go'),
      forward: (to) => {
        store.put(to ?? OBJECT, 'body');
        return Promise.resolve({ outcome: 'done', etag: 'body' });
      },
    };
    const remove: VersionOperation = {
      guard: () => Promise.resolve('go'),
      forward: () => {
        store.delete(OBJECT);
        return Promise.resolve({ outcome: 'done' });
      },
    };
    for (const step of ['write', 'write', 'delete', 'write'] as const) {
      const result =
        step === 'write'
          ? await versions.write(OBJECT, write, true)
          : await versions.delete(OBJECT, remove);
      if (result.result === 'forwarded') ids.push(result.id ?? '');
    }
    expect(ids).toEqual([
      '0000002000.00000',
      '0000002000.00001',
      '0000002000.00002',
      '0000002000.00003',
    ]);
  });
});

function entry(id: string): ObjectRef {
  return { ...OBJECT, container: VERSIONS, object: versionName(OBJECT.object, id) };
}
