import { setTimeout as sleep } from 'node:timers/promises';
import { LockTimeout, type Locker } from '../../src/coordination/locks/locker';
import { lockOf } from '../support/stores/lock_names';

const LONG = 30_000;
const never = () => new AbortController().signal;

/** The contract of every Locker. */
export function lockerSuite(name: string, create: () => Locker): void {
  describe(`the locker ${name}`, () => {
    it('lets one in at a time, in the order of the calls', async () => {
      const locker = create();
      const order: number[] = [];
      let inside = 0;
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const lock = await locker.acquire(lockOf('name'), LONG, never());
          expect(++inside).toBe(1);
          order.push(i);
          await sleep(1);
          inside--;
          lock.release();
        }),
      );
      expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });

    it('keeps names apart', async () => {
      const locker = create();
      const one = await locker.acquire(lockOf('one'), LONG, never());
      const other = await locker.acquire(lockOf('other'), LONG, never());
      one.release();
      other.release();
    });

    it('gives up after the wait, and the name is free for the next', async () => {
      const locker = create();
      const held = await locker.acquire(lockOf('name'), LONG, never());
      await expect(locker.acquire(lockOf('name'), 20, never())).rejects.toBeInstanceOf(LockTimeout);
      held.release();
      (await locker.acquire(lockOf('name'), LONG, never())).release();
    });

    it('gives up when its caller does', async () => {
      const locker = create();
      const held = await locker.acquire(lockOf('name'), LONG, never());
      const left = new AbortController();
      const waiting = locker.acquire(lockOf('name'), LONG, left.signal);
      left.abort(new Error('left'));
      await expect(waiting).rejects.toThrow('left');
      await expect(locker.acquire(lockOf('name'), LONG, left.signal)).rejects.toThrow('left');
      held.release();
      (await locker.acquire(lockOf('name'), LONG, never())).release();
    });

    it('releases only once', async () => {
      const locker = create();
      const first = await locker.acquire(lockOf('name'), LONG, never());
      first.release();
      const second = await locker.acquire(lockOf('name'), LONG, never());
      first.release();
      await expect(locker.acquire(lockOf('name'), 20, never())).rejects.toBeInstanceOf(LockTimeout);
      expect(second.signal.aborted).toBe(false);
      second.release();
    });
  });
}
