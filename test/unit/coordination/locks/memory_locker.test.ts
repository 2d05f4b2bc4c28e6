import { MemoryLocker } from '../../../../src/coordination/locks/memory_locker';
import { lockerSuite } from '../../../conformance/locker';
import { lockOf } from '../../../support/stores/lock_names';

lockerSuite('of one process', () => new MemoryLocker());

it('the locker of one process remembers no name that nobody holds', async () => {
  const locker = new MemoryLocker();
  const never = new AbortController().signal;
  const lock = await locker.acquire(lockOf('name'), 1000, never);
  await expect(locker.acquire(lockOf('name'), 1, never)).rejects.toThrow();
  lock.release();
  await new Promise((done) => setImmediate(done));
  expect(locker.size).toBe(0);
});
