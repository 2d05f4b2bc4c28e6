import { Readable } from 'node:stream';
import { Turns } from '../../../../src/stores/swift/turns';
import { NO_BODY } from '../../../../src/swift_api/message';
import { Canceller } from '../../../../src/util/cancel_signal';

/** An exchange that waits for its turn. */
function waiter(turns: Turns, body: Readable | Buffer = NO_BODY) {
  const signal = new Canceller();
  const state: { result?: unknown } = {};
  const done = turns.wait({ signal, body }).then(
    () => void (state.result = 'turn'),
    (error: unknown) => void (state.result = error),
  );
  return { signal, state, done };
}

it('the exchanges that wait take place in the order in which they came', async () => {
  const turns = new Turns(2);
  expect([turns.take(), turns.take(), turns.take()]).toEqual([true, true, false]);
  const [first, second] = [waiter(turns), waiter(turns)];
  turns.release();
  await first.done;
  expect([first.state.result, second.state.result]).toEqual(['turn', undefined]);
  // its turn is not free in between
  expect(turns.take()).toBe(false);
  turns.release();
  await second.done;
  turns.release();
  turns.release();
  expect([turns.take(), turns.take(), turns.take()]).toEqual([true, true, false]);
});

it.each<[string, (waiting: { signal: Canceller; body: Readable }, cause: Error) => void]>([
  ['whose client leaves', ({ signal }, cause) => signal.abort(cause)],
  ['whose body fails', ({ body }, cause) => body.destroy(cause)],
])('an exchange %s gets no turn', async (_, leave) => {
  const turns = new Turns(1);
  turns.take();
  const body = new Readable({ read: () => undefined }).on('error', () => undefined);
  const gone = waiter(turns, body);
  const next = waiter(turns);
  const cause = new Error('gone');
  leave({ signal: gone.signal, body }, cause);
  await gone.done;
  expect(gone.state.result).toBe(cause);
  turns.release();
  await next.done;
  expect(next.state.result).toBe('turn');
  // nothing of it listens any longer
  expect(body.listenerCount('close')).toBe(0);
  gone.signal.abort(new Error('again'));
  turns.release();
  expect([turns.take(), turns.take()]).toEqual([true, false]);
});

it('a body that is closed before its turn ends its exchange', async () => {
  const turns = new Turns(0);
  const body = new Readable({ read: () => undefined });
  const gone = waiter(turns, body);
  body.destroy();
  await gone.done;
  expect(gone.state.result).toMatchObject({ name: 'ClientGone' });
});
