import type { Cache } from '../../src/coordination/cache/cache';
import { CoordinationUnavailable } from '../../src/util/errors';
import { LockTimeout } from '../../src/coordination/locks/locker';
import { eventually, pause } from '../support/running/eventually';

interface Value {
  readonly n: number;
}

const LONG = 30_000;
/** The patience of a change that soon signals uses to give up. */
const SHORT = 100;
const never = () => new AbortController().signal;

/**
 * The contract of every Cache for uses and changes.
 *
 * @param create makes two caches that know of each other, or one twice, with the patience
 *   of their changes
 */
export function usesSuite(
  name: string,
  create: (patience: number) => readonly [Cache<Value>, Cache<Value>],
): void {
  describe.each([
    ['the same', 0],
    ['another', 1],
  ])(`uses of the cache ${name}, and changes by %s`, (_, by) => {
    const pair = (patience = LONG) => {
      const caches = create(patience);
      return { cache: caches[0], changer: caches[by] as Cache<Value> };
    };
    const use = (cache: Cache<Value>, n: number, wait = LONG) =>
      cache.acquireShared('key', () => Promise.resolve({ n }), wait, never());

    it('a change waits for the uses that began before, and for no other key', async () => {
      const { cache, changer } = pair();
      const uses = [await use(cache, 1), await use(cache, 2)];
      const elsewhere = await cache.acquireShared(
        'other',
        () => Promise.resolve({ n: 3 }),
        LONG,
        never(),
      );
      expect(uses.map(({ value }) => value)).toEqual([{ n: 1 }, { n: 1 }]);
      let hasBegun = false;
      const beginning = changer.acquireExclusive('key').finally(() => (hasBegun = true));
      uses[0]!.release();
      uses[0]!.release();
      await pause(500);
      expect(hasBegun).toBe(false);
      await uses[1]!.confirm?.();
      uses[1]!.release();
      await (await beginning).release();
      elsewhere.release();
    });

    it('a use waits for a change, and sees the value after it', async () => {
      const { cache, changer } = pair();
      (await use(cache, 1)).release();
      const change = await changer.acquireExclusive('key');
      const waiting = use(cache, 2);
      const late = use(cache, 3, 50);
      await expect(late).rejects.toBeInstanceOf(LockTimeout);
      const left = new AbortController();
      const leaving = cache.acquireShared(
        'key',
        () => Promise.resolve({ n: 4 }),
        LONG,
        left.signal,
      );
      left.abort(new Error('left'));
      await expect(leaving).rejects.toThrow('left');
      await change.release();
      const after = await waiting;
      expect(after.value).toEqual({ n: 2 });
      after.release();
    });

    it('a use that is still fetching counts', async () => {
      const { cache, changer } = pair();
      let fetched: (value: Value) => void = () => undefined;
      const using = cache.acquireShared(
        'key',
        () => new Promise((resolve) => (fetched = resolve)),
        LONG,
        never(),
      );
      await pause(50);
      let hasBegun = false;
      const beginning = changer.acquireExclusive('key').finally(() => (hasBegun = true));
      await pause(300);
      expect(hasBegun).toBe(false);
      fetched({ n: 1 });
      (await using).release();
      await (await beginning).release();
    });

    it('a use that lasts is signalled to give up', async () => {
      const { cache, changer } = pair(SHORT);
      const lasting = await use(cache, 1);
      const beginning = changer.acquireExclusive('key');
      await eventually('it is signalled', () => lasting.signal.aborted);
      lasting.release();
      await (await beginning).release();
    });

    it('a change that waits in vain does not begin, and everything goes on as before', async () => {
      const { cache, changer } = pair(SHORT);
      const lasting = await use(cache, 1);
      await expect(changer.acquireExclusive('key')).rejects.toBeInstanceOf(CoordinationUnavailable);
      (await use(cache, 2)).release();
      lasting.release();
      await (await changer.acquireExclusive('key')).release();
      const after = await use(cache, 3);
      expect(after.value).toEqual({ n: 3 });
      after.release();
    });

    it('changes are made one at a time', async () => {
      const { cache, changer } = pair();
      let inside = 0;
      await Promise.all(
        [cache, changer, cache, changer].map(async (each) => {
          const change = await each.acquireExclusive('key');
          expect(++inside).toBe(1);
          await pause(5);
          inside--;
          await change.release();
        }),
      );
    });

    it('a use whose fetch fails does not count', async () => {
      const { cache, changer } = pair();
      const failing = cache.acquireShared(
        'key',
        () => Promise.reject(new Error('no')),
        LONG,
        never(),
      );
      await expect(failing).rejects.toThrow('no');
      await (await changer.acquireExclusive('key')).release();
    });
  });
}
