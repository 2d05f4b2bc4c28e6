import fc from 'fast-check';
import { Canceller, delay, reasonOf } from '../../../src/util/cancel_signal';
import { runs } from '../../support/running/runs';

describe('Canceller', () => {
  it('calls the listeners that an AbortSignal calls', () => {
    const step = fc.record({
      does: fc.constantFrom('add', 'remove', 'abort' as const),
      listener: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const controller = new AbortController();
        const canceller = new Canceller();
        const expected: string[] = [];
        const called: string[] = [];
        const listeners = [0, 1, 2].map((number) => ({
          theirs: () => expected.push(`${number}`),
          ours: () => called.push(`${number}`),
        }));
        for (const { does, listener } of steps) {
          const { theirs, ours } = listeners[listener]!;
          if (does === 'abort') {
            const reason = new Error('gone');
            controller.abort(reason);
            canceller.abort(reason);
          } else if (does === 'add') {
            controller.signal.addEventListener('abort', theirs);
            canceller.addEventListener('abort', ours);
          } else {
            controller.signal.removeEventListener('abort', theirs);
            canceller.removeEventListener('abort', ours);
          }
        }
        expect(called).toEqual(expected);
        expect(canceller.aborted).toBe(controller.signal.aborted);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('keeps its first reason', () => {
    const canceller = new Canceller();
    canceller.throwIfAborted();
    canceller.abort(new Error('first'));
    canceller.abort(new Error('second'));
    expect(() => canceller.throwIfAborted()).toThrow('first');
    expect(reasonOf(canceller).message).toBe('first');
  });
});

describe('delay', () => {
  it('ends with the reason of its signal, at once', async () => {
    const canceller = new Canceller();
    const waiting = delay(60_000, canceller);
    canceller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(delay(60_000, canceller)).rejects.toThrow('gone');
    await expect(delay(1, AbortSignal.abort('no error'))).rejects.toBe('no error');
    await expect(delay(1, new Canceller())).resolves.toBeUndefined();
  });
});
