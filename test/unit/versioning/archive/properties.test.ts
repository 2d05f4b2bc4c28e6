import fc from 'fast-check';
import {
  ArchiveExecutor,
  type Outcome,
  type Result,
} from '../../../../src/versioning/archive/execute';
import type { Mode } from '../../../../src/versioning/archive/plan';
import { createLog } from '../../../../src/util/log';
import { MapStore } from '../../../support/stores/map_store';
import { runs } from '../../../support/running/runs';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const log = createLog('silent');

type Step =
  | {
      kind: 'write' | 'delete' | 'update';
      body: string;
      outcome: Outcome;
      crash?: number | undefined;
    }
  | { kind: 'switch'; mode: Mode };

const outcome = fc.constantFrom<Outcome>('done', 'done', 'done', 'failed');
const kind = fc.constantFrom(
  'write' as const,
  'write' as const,
  'delete' as const,
  'update' as const,
);
const switching = fc.record({
  kind: fc.constant('switch' as const),
  mode: fc.constantFrom<Mode>('stack', 'history'),
});

/** Operations; with `crashes`, some crash before one of their changes. */
function steps(crashes: boolean): fc.Arbitrary<Step[]> {
  const crash = crashes ? fc.option(fc.nat(4), { nil: undefined }) : fc.constant(undefined);
  const operation = fc.record({ kind, body: fc.constantFrom('a', 'b', 'c'), outcome, crash });
  return fc.array<Step>(
    fc.oneof({ weight: 5, arbitrary: operation }, { weight: 1, arbitrary: switching }),
    {
      maxLength: 40,
      size: 'max',
    },
  );
}

/** The two modes by the Swift manual, without timestamps, requests or failures. */
class Model {
  constructor(
    readonly current?: string,
    /** Archived bodies, the newest last; null is a delete marker. */
    readonly archive: readonly (string | null)[] = [],
  ) {}

  after({ kind, body }: Exclude<Step, { kind: 'switch' }>, mode: Mode): Model {
    if (kind === 'update') return this;
    if (kind === 'write') return new Model(body, this.archived());
    return mode === 'history' ? new Model(undefined, [...this.archived(), null]) : this.popped();
  }

  private archived(): (string | null)[] {
    return this.current === undefined ? [...this.archive] : [...this.archive, this.current];
  }

  private popped(): Model {
    const archive = [...this.archive];
    if (archive.length === 0 || (archive.at(-1) === null && this.current !== undefined))
      return new Model(undefined, archive);
    if (archive.at(-1) === null) {
      archive.pop();
      if (archive.length === 0 || archive.at(-1) === null) return new Model(undefined, archive);
    }
    return new Model(archive.pop() ?? undefined, archive);
  }
}

class Crash extends Error {}

/** Runs an operation, to its end or until it crashes. */
async function perform(
  store: MapStore,
  mode: Mode,
  step: Exclude<Step, { kind: 'switch' }>,
): Promise<Result | 'crashed'> {
  let changes = step.crash ?? Infinity;
  // objects are archived in both ways, in turns
  store.isFetching = !store.isFetching;
  store.beforeChange = () => {
    if (changes-- <= 0) throw new Crash();
  };
  try {
    const result = await new ArchiveExecutor(store, 'archive', log).execute(OBJECT, mode, {
      kind: step.kind,
      guard: () => Promise.resolve('go'),
      forward: (notes) => {
        if (step.outcome === 'done') {
          if (step.kind === 'write') store.put(OBJECT, step.body, undefined, notes);
          else if (step.kind === 'delete') store.delete(OBJECT);
          else store.post(OBJECT, notes);
        }
        return Promise.resolve(step.outcome);
      },
    });
    return changes < 0 ? 'crashed' : result;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return 'crashed';
  } finally {
    store.beforeChange = () => undefined;
  }
}

function modelOf(store: MapStore): Model {
  return new Model(store.body(OBJECT), store.bodies('archive'));
}

describe('versions', () => {
  it('are what the manual says, whatever is written, deleted and switched, and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(steps(false), async (history) => {
        const store = new MapStore();
        let model = new Model();
        let mode: Mode = 'stack';
        for (const each of history) {
          if (each.kind === 'switch') {
            mode = each.mode;
            continue;
          }
          const before = store.dump();
          const result = await perform(store, mode, each);
          if (each.outcome === 'failed' && result === 'forwarded') {
            expect(store.dump()).toEqual(before);
            continue;
          }
          model = model.after(each, mode);
          expect(modelOf(store)).toEqual(model);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('are complete even if the store has whole seconds only, and several writes fall into one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('write' as const, 'delete' as const)),
        async (kinds) => {
          const store = new MapStore();
          store.resolution = 1000;
          store.tick = 50;
          let model = new Model();
          for (const [i, kind] of kinds.entries()) {
            const step = { kind, body: `body ${i}`, outcome: 'done' as const };
            await perform(store, 'history', step);
            model = model.after(step, 'history');
            expect(modelOf(store)).toEqual(model);
          }
        },
      ),
    );
  });

  it('come back in their order if the newest is not listed yet, in whichever mode they were written', async () => {
    const operation = fc.record({
      kind,
      mode: fc.constantFrom<Mode>('stack', 'history'),
      body: fc.constantFrom('a', 'b', 'c'),
      outcome: fc.constant('done' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (history) => {
        const store = new MapStore();
        store.isLagging = true;
        let model = new Model();
        for (const each of history) {
          const mode = each.kind === 'delete' ? 'stack' : each.mode;
          await perform(store, mode, each);
          model = model.after(each, mode);
          expect(modelOf(store)).toEqual(model);
        }
      }),
    );
  });

  it('are, after a crash and the next operation, as if what crashed had happened or had not', async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), async (history) => {
        const store = new MapStore();
        let possible = [new Model()];
        let mode: Mode = 'stack';
        // stack mode does not look for incomplete markers: they stay unlisted, and expire
        let isPassedOver = false;
        for (const each of history) {
          if (each.kind === 'switch') {
            mode = each.mode;
            continue;
          }
          isPassedOver ||= mode === 'stack' && store.hasUnfinished('archive');
          const done = { ...each, outcome: 'done' as const };
          const after = possible.map((model) => model.after(done, mode));
          if ((await perform(store, mode, done)) === 'crashed') {
            possible = [...possible, ...after];
            continue;
          }
          expect(after).toContainEqual(modelOf(store));
          if (mode === 'history' && !isPassedOver)
            expect(store.hasUnfinished('archive')).toBe(false);
          possible = [modelOf(store)];
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('have no marker listed, whatever crashes, whose delete has not happened', async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), async (history) => {
        const store = new MapStore();
        let markers = 0;
        for (const each of history) {
          if (each.kind === 'switch') continue;
          await perform(store, 'history', { ...each, outcome: 'done' });
          const now = store.bodies('archive').filter((body) => body === null).length;
          if (store.body(OBJECT) !== undefined && each.kind === 'delete') expect(now).toBe(markers);
          markers = now;
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('have the marker of an interrupted delete after a POST to the deleted object, as after any other request', async () => {
    const store = new MapStore();
    const history: [kind: 'write' | 'delete' | 'update', mode: Mode, crash?: number][] = [
      ['write', 'history'],
      ['delete', 'history', 3],
      ['delete', 'history', 2],
      ['update', 'history'],
    ];
    for (const [kind, mode, crash] of history)
      await perform(store, mode, { kind, body: 'a', outcome: 'done', crash });
    expect(modelOf(store)).toEqual(new Model(undefined, ['a', null, null]));
    expect(store.hasUnfinished('archive')).toBe(false);
  });

  it('are untouched by a client that may not write the archive', async () => {
    const mode = fc.constantFrom<Mode>('stack', 'history');
    await fc.assert(
      fc.asyncProperty(steps(true), mode, kind, async (history, last, kind) => {
        const store = new MapStore();
        let mode: Mode = 'stack';
        for (const each of history) {
          if (each.kind === 'switch') mode = each.mode;
          else await perform(store, mode, each);
        }
        store.readOnly.add('archive');
        const before = store.dump();
        const entries = store.bodies('archive');
        try {
          await perform(store, last, { kind, body: 'x', outcome: 'done' });
          expect(store.bodies('archive')).toEqual(entries);
        } catch (error) {
          expect(error).toMatchObject({ name: 'StoreError', code: 'refused' });
          expect(store.dump()).toEqual(before);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('lose no marker and no other content by notes that are not bound to the object', async () => {
    const last = fc.constantFrom<['write' | 'update' | 'delete', Mode]>(
      ['write', 'stack'],
      ['update', 'stack'],
      ['write', 'history'],
      ['update', 'history'],
      ['delete', 'history'],
    );
    await fc.assert(
      fc.asyncProperty(
        steps(true),
        fc.constantFrom('a', 'b', 'x'),
        last,
        async (history, body, next) => {
          const store = new MapStore();
          let mode: Mode = 'stack';
          for (const each of history) {
            if (each.kind === 'switch') mode = each.mode;
            else await perform(store, mode, each);
          }
          const archived = () => store.dump().filter(([key]) => key.startsWith('a\narchive\n'));
          const before = archived().filter(([, { isUnfinished }]) => isUnfinished !== true);
          const restored = before.map(([key]) => key.slice(key.lastIndexOf('/') + 1));
          const [previous] = restored;
          store.put(OBJECT, body, undefined, {
            previous,
            restored,
            unbound: ['previous', 'restored'],
          });
          const [kind, lastMode] = next;
          await perform(store, lastMode, { kind, body: 'y', outcome: 'done' });
          const after = new Set(archived().map(([key]) => key));
          const lost = before.filter(([key]) => !after.has(key));
          expect(lost.filter(([, kept]) => kept.body !== body)).toEqual([]);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it.each([
    ['a second ahead, as clocks are', '1000000001.00000', '1000000001.00001'],
    ['of the far future', '9999999999.99999', expect.stringMatching(/^100000000\d\./)],
    ['no timestamp', '~', expect.stringMatching(/^100000000\d\./)],
  ])(
    'get the marker of a missing object in its place, the newest entry being %s',
    async (_, newest, marker) => {
      const store = new MapStore();
      store.put({ ...OBJECT, container: 'archive', object: `001o/${newest}` }, 'body');
      await perform(store, 'history', { kind: 'delete', body: '', outcome: 'done' });
      const listed = store.dump().map(([key]) => key.split('/')[1]);
      expect(listed).toEqual(expect.arrayContaining([newest, marker]));
      expect(listed).toHaveLength(2);
    },
  );

  it('stop, and change nothing, if the guard says so', async () => {
    for (const mode of ['stack', 'history'] as const) {
      for (const kind of ['write', 'delete'] as const) {
        const store = new MapStore();
        store.put(OBJECT, 'body');
        store.put({ ...OBJECT, container: 'archive', object: '001o/0000000000.00001' }, 'older');
        const before = store.dump();
        const result = await new ArchiveExecutor(store, 'archive', log).execute(OBJECT, mode, {
          kind,
          guard: () => Promise.resolve('stop'),
          forward: () => Promise.reject(new Error('must not be let through')),
        });
        expect(result).toBe('stopped');
        expect(store.dump()).toEqual(before);
      }
    }
  });

  it('try the next if the newest version has been removed meanwhile', async () => {
    const store = new MapStore();
    const entry = (name: string) => ({ ...OBJECT, container: 'archive', object: `001o/${name}` });
    store.put(entry('0000000000.00001'), 'one');
    store.put(entry('0000000000.00002'), 'two');
    store.put(OBJECT, 'three');
    store.vanishing.add(entry('0000000000.00002').object);
    const result = await new ArchiveExecutor(store, 'archive', log).execute(OBJECT, 'stack', {
      kind: 'delete',
      guard: () => Promise.resolve('go'),
      forward: () => Promise.reject(new Error('must not be let through')),
    });
    expect(result).toBe('popped');
    expect(store.body(OBJECT)).toBe('one');
  });
});
