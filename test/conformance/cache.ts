import type { Cache } from '../../src/coordination/cache/cache';

interface Value {
  readonly n: number;
}

/** The contract of every Cache. */
export function cacheSuite(name: string, create: () => Cache<Value>): void {
  describe(`the cache ${name}`, () => {
    it('fetches once and caches the value', async () => {
      const cache = create();
      let fetches = 0;
      const fetch = () => Promise.resolve({ n: ++fetches });
      expect(await cache.load('key', fetch)).toEqual({ n: 1 });
      expect(await cache.load('key', fetch)).toEqual({ n: 1 });
      expect(await cache.load('other', fetch)).toEqual({ n: 2 });
    });

    it('does not cache that nothing was found', async () => {
      const cache = create();
      expect(await cache.load('key', () => Promise.resolve(undefined))).toBeUndefined();
      expect(await cache.load('key', () => Promise.resolve({ n: 1 }))).toEqual({ n: 1 });
    });

    it('shares a fetch among concurrent loads', async () => {
      const cache = create();
      const fetched = deferred<Value>();
      let fetches = 0;
      const fetch = () => (fetches++, fetched.promise);
      const both = Promise.all([cache.load('key', fetch), cache.load('key', fetch)]);
      fetched.resolve({ n: 7 });
      expect(await both).toEqual([{ n: 7 }, { n: 7 }]);
      expect(fetches).toBe(1);
    });

    it('does not share a failure: each waiting caller fetches for itself', async () => {
      const cache = create();
      const fetched = deferred<Value>();
      const first = cache.load('key', () => fetched.promise);
      const second = cache.load('key', () => Promise.resolve({ n: 2 }));
      fetched.reject(new Error('not for you'));
      await expect(first).rejects.toThrow('not for you');
      expect(await second).toEqual({ n: 2 });
    });

    it('invalidates, including a fetch under way at the time', async () => {
      const cache = create();
      const old = deferred<Value>();
      const stale = cache.load('key', () => old.promise);
      await cache.invalidate('key');
      const fresh = cache.load('key', () => Promise.resolve({ n: 2 }));
      old.resolve({ n: 1 });
      await stale;
      expect(await fresh).toEqual({ n: 2 });
      expect(await cache.load('key', () => Promise.resolve({ n: 3 }))).toEqual({ n: 2 });
    });
  });
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // a cache may call the second fetch only after the failure
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
