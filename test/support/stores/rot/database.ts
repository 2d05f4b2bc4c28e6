import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { put } from '../storage';

/** Pseudo-random numbers from 0 up to 1, determined by the seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Makes a storage whose database has everything that one can have: branches, long keys,
 * overflow pages and, from removed and overwritten objects, a free list.
 */
export async function makeStorage(folder: string, objects: number, seed: number): Promise<void> {
  const next = random(seed);
  const storage = await openStorage(folder);
  await storage.putContainer('a', 'c', {});
  const name = (i: number) => `${'name'.repeat(1 + ((i * 31) % 200))}/${i}`;
  const bytes = () =>
    Buffer.alloc(Math.floor(next() < 0.1 ? next() * 30_000 : next() * 300), 1 + next() * 255);
  const putSome = (share: number) => async (i: number) => {
    if (next() < share) await put(storage, name(i), bytes(), next() < 0.1 ? { deleteAt: 4e9 } : {});
  };
  const each = async (count: number, work: (i: number) => Promise<unknown>) => {
    for (let from = 0; from < count; from += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, count - from) }, (_, i) => work(from + i)),
      );
  };
  await each(objects, putSome(1));
  await each(objects, putSome(0.2));
  await each(objects, async (i) => {
    if (next() < 0.4) await storage.deleteObject('a', 'c', name(i));
  });
  await each(objects / 2, putSome(0.3));
  await storage.close();
}
