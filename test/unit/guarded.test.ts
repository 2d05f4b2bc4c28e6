import { alone } from '../../src/coordination/coordination';
import { guarded } from '../../src/coordination/fenced';
import { CoordinationUnavailable } from '../../src/util/errors';
import { Guard, type Standing } from '../../src/coordination/sole_server';

const GOOD: Standing = { until: Infinity };
const BAD: Standing = { until: 0, refusal: 'another server is there' };
const never = () => new AbortController().signal;

function server() {
  const guard = new Guard();
  guard.tell(GOOD);
  const cache = guarded(alone(), guard).cache<{ n: number }>('test', 100, 60_000);
  const use = (n: number) => cache.use('key', () => Promise.resolve({ n }), 50, never());
  return { guard, cache, use };
}

it('a change that had to wait is not begun where another server has come meanwhile', async () => {
  const { guard, cache, use } = server();
  const used = await use(1);
  const changing = cache.change('key');
  guard.tell(BAD);
  used.end();
  await expect(changing).rejects.toBeInstanceOf(CoordinationUnavailable);
  // who waited for it goes on
  expect((await use(2)).value).toEqual({ n: 2 });
});

it('a change is not over for all where another server has come while it was made', async () => {
  const { guard, cache, use } = server();
  const change = await cache.change('key');
  guard.tell(BAD);
  await expect(change.over()).rejects.toBeInstanceOf(CoordinationUnavailable);
  expect((await use(2)).value).toEqual({ n: 2 });
});
