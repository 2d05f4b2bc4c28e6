import { MemoryCache } from '../../../../src/coordination/cache/memory_cache';
import { cacheSuite } from '../../../conformance/cache';
import { usesSuite } from '../../../conformance/uses';

cacheSuite('of one process', () => new MemoryCache(100, 60_000));

usesSuite('of one process', (patience) => {
  const cache = new MemoryCache<{ n: number }>(100, 60_000, patience);
  return [cache, cache];
});

it('the cache of one process keeps no more than it may, and nothing for no time', async () => {
  const small = new MemoryCache<{ key: string }>(10, 60_000);
  for (let i = 0; i < 1000; i++)
    await small.load(`key${i}`, () => Promise.resolve({ key: `key${i}` }));
  let refetched = 0;
  for (let i = 0; i < 1000; i++)
    await small.load(`key${i}`, () => Promise.resolve({ key: String(++refetched) }));
  expect(refetched).toBeGreaterThanOrEqual(990);

  const none = new MemoryCache<{ n: number }>(10, 0);
  await none.load('key', () => Promise.resolve({ n: 1 }));
  expect(await none.load('key', () => Promise.resolve({ n: 2 }))).toEqual({ n: 2 });
});
