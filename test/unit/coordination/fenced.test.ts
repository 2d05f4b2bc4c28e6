import { createLocalCoordination } from '../../../src/coordination/coordination';
import { withFence } from '../../../src/coordination/fenced';
import { CoordinationUnavailable } from '../../../src/util/errors';
import { Fence, type SoleServerStatus } from '../../../src/coordination/sole_server';

const GOOD: SoleServerStatus = { until: Infinity };
const BAD: SoleServerStatus = { until: 0, refusal: 'another server is there' };
const never = () => new AbortController().signal;

function server() {
  const guard = new Fence();
  guard.publish(GOOD);
  const cache = withFence(createLocalCoordination(), guard).cache<{ n: number }>(
    'test',
    100,
    60_000,
  );
  const use = (n: number) => cache.acquireShared('key', () => Promise.resolve({ n }), 50, never());
  return { guard, cache, use };
}

it('a change that had to wait is not begun if another server has started meanwhile', async () => {
  const { guard, cache, use } = server();
  const used = await use(1);
  const changing = cache.acquireExclusive('key');
  guard.publish(BAD);
  used.release();
  await expect(changing).rejects.toBeInstanceOf(CoordinationUnavailable);
  // those who waited for it continue
  expect((await use(2)).value).toEqual({ n: 2 });
});

it('a change is not over for all if another server has started while it was made', async () => {
  const { guard, cache, use } = server();
  const change = await cache.acquireExclusive('key');
  guard.publish(BAD);
  await expect(change.release()).rejects.toBeInstanceOf(CoordinationUnavailable);
  expect((await use(2)).value).toEqual({ n: 2 });
});
