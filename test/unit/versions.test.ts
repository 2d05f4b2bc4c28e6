import fc from 'fast-check';
import { Versions, type Outcome } from '../../src/core/versions';
import type { Mode } from '../../src/core/decide';
import { createLog } from '../../src/log';
import { MapStore } from '../support/map_store';

const OBJECT = { account: 'a', container: 'c', object: 'o' };
const log = createLog('silent');

type Step =
  | { kind: 'write'; body: string; outcome: Outcome }
  | { kind: 'delete'; outcome: Outcome }
  | { kind: 'switch'; mode: Mode };

const outcome = fc.constantFrom<Outcome>('done', 'done', 'done', 'failed');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), body: fc.uuid(), outcome }),
  fc.record({ kind: fc.constant('delete' as const), outcome }),
  fc.record({ kind: fc.constant('switch' as const), mode: fc.constantFrom<Mode>('stack', 'history') }),
);

/** What the Swift manual says of the two modes, without timestamps, requests or failures. */
class Model {
  current: string | undefined;
  /** Archived bodies, the newest last; `undefined` is a delete marker. */
  archive: (string | undefined)[] = [];

  write(body: string): void {
    if (this.current !== undefined) this.archive.push(this.current);
    this.current = body;
  }

  deleteKeepingHistory(): void {
    if (this.current !== undefined) this.archive.push(this.current);
    this.archive.push(undefined);
    this.current = undefined;
  }

  deleteFromStack(): void {
    if (this.archive.length === 0 || (this.archive.at(-1) === undefined && this.current !== undefined)) {
      this.current = undefined;
      return;
    }
    if (this.archive.at(-1) === undefined) {
      this.archive.pop();
      if (this.archive.at(-1) === undefined) return;
    }
    this.current = this.archive.pop();
  }
}

describe('versions', () => {
  it('are what the manual says, whatever is written, deleted and switched, and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const store = new MapStore();
        const model = new Model();
        let mode: Mode = 'stack';
        const versions = new Versions(store, 'archive', log, () => store.time());
        for (const each of steps) {
          if (each.kind === 'switch') {
            mode = each.mode;
            continue;
          }
          const before = store.dump();
          const result = await versions.perform(OBJECT, mode, {
            kind: each.kind,
            guard: () => Promise.resolve('go'),
            forward: () => {
              if (each.outcome === 'done') {
                if (each.kind === 'write') store.put(OBJECT, each.body);
                else store.delete(OBJECT);
              }
              return Promise.resolve(each.outcome);
            },
          });
          if (each.outcome === 'failed' && result === 'forwarded') {
            expect(store.dump()).toEqual(before);
            continue;
          }
          if (each.kind === 'write') model.write(each.body);
          else if (mode === 'history') model.deleteKeepingHistory();
          else model.deleteFromStack();
          expect(store.body(OBJECT)).toEqual(model.current);
          expect(store.bodies('archive')).toEqual(model.archive);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('stop, and change nothing, where the guard says so', async () => {
    for (const mode of ['stack', 'history'] as const) {
      for (const kind of ['write', 'delete'] as const) {
        const store = new MapStore();
        store.put(OBJECT, 'body');
        store.put({ ...OBJECT, container: 'archive', object: '001o/0000000000.00001' }, 'older');
        const before = store.dump();
        const result = await new Versions(store, 'archive', log).perform(OBJECT, mode, {
          kind,
          guard: () => Promise.resolve('stop'),
          forward: () => Promise.reject(new Error('must not be let through')),
        });
        expect(result).toBe('stopped');
        expect(store.dump()).toEqual(before);
      }
    }
  });

  it('try the next where the newest version has gone meanwhile', async () => {
    const store = new MapStore();
    const entry = (name: string) => ({ ...OBJECT, container: 'archive', object: `001o/${name}` });
    store.put(entry('0000000000.00001'), 'one');
    store.put(entry('0000000000.00002'), 'two');
    store.put(OBJECT, 'three');
    store.vanishing.add(entry('0000000000.00002').object);
    const result = await new Versions(store, 'archive', log).perform(OBJECT, 'stack', {
      kind: 'delete',
      guard: () => Promise.resolve('go'),
      forward: () => Promise.reject(new Error('must not be let through')),
    });
    expect(result).toBe('popped');
    expect(store.body(OBJECT)).toBe('one');
  });
});
