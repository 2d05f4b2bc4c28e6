import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import { put } from '../storage';
import { Chance } from '../../running/chance';

/**
 * Makes a storage whose database has everything that one can have: branches, long keys,
 * overflow pages and, from removed and overwritten objects, a free list.
 */
export async function makeStorage(folder: string, objects: number, seed: number): Promise<void> {
  const chance = new Chance(seed);
  const storage = await openStorage(folder);
  await storage.putContainer('a', 'c', {});
  const name = (i: number) => `${'name'.repeat(1 + ((i * 31) % 200))}/${i}`;
  const bytes = () =>
    Buffer.alloc(
      Math.floor(chance.next() < 0.1 ? chance.next() * 30_000 : chance.next() * 300),
      1 + chance.next() * 255,
    );
  const putSome = (share: number) => async (i: number) => {
    if (chance.next() < share)
      await put(storage, name(i), bytes(), chance.next() < 0.1 ? { deleteAt: 4e9 } : {});
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
    if (chance.next() < 0.4) await storage.deleteObject('a', 'c', name(i));
  });
  await each(objects / 2, putSome(0.3));
  await storage.close();
}
