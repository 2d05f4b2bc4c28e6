import fc from 'fast-check';
import { BodyMemory, BodyMemoryFull, type HeldBytes } from '../../../src/http/body_memory';
import '../../support/running/runs';

const MAX = 1000;
const ACCOUNTS = ['a', 'b', 'c', 'd', 'e', undefined] as const;

/** One step of some exchange. */
type Step =
  | { readonly kind: 'take'; readonly of: number; readonly account: number; readonly bytes: number }
  | { readonly kind: 'release'; readonly of: number; readonly taken: number }
  | { readonly kind: 'end'; readonly of: number };

const of = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('take'), of, account: fc.nat(5), bytes: fc.nat(400) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), of, taken: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end'), of }) },
);

describe('the memory for bodies', () => {
  it('is all free again whatever was taken, released and broken off, and never more than it may be', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new BodyMemory(MAX);
        let exchanges: HeldBytes[] = Array.from({ length: 4 }, () => memory.newExchange());
        const releases: (() => void)[] = [];
        const model = new Map<HeldBytes, Map<string | undefined, number>>();
        const heldBy = (account?: string) =>
          [...model.values()].reduce((sum, parts) => sum + (parts.get(account) ?? 0), 0);
        for (const each of steps) {
          const exchange = exchanges[each.of];
          if (exchange === undefined) continue;
          const parts = model.get(exchange) ?? new Map<string | undefined, number>();
          model.set(exchange, parts);
          if (each.kind === 'take') {
            const account = ACCOUNTS[each.account];
            const sum = [...ACCOUNTS].reduce((total, name) => total + heldBy(name), 0);
            const fits =
              sum + each.bytes <= MAX &&
              (account === undefined ? each.bytes : heldBy(account) + each.bytes) <= MAX / 4;
            const take = () => {
              const release = exchange.take(account, each.bytes);
              parts.set(account, (parts.get(account) ?? 0) + each.bytes);
              let isHeld = true;
              releases.push(() => {
                release();
                if (isHeld && model.get(exchange) === parts)
                  parts.set(account, (parts.get(account) ?? 0) - each.bytes);
                isHeld = false;
              });
            };
            if (fits) take();
            else expect(take).toThrow(BodyMemoryFull);
          } else if (each.kind === 'release') releases[each.taken]?.();
          else {
            exchange.release();
            exchange.release();
            expect(() => exchange.take('a', 0)).toThrow(BodyMemoryFull);
            model.delete(exchange);
            exchanges = exchanges.with(each.of, memory.newExchange());
          }
          expect(memory.held).toBeLessThanOrEqual(MAX);
          expect(memory.held).toBe([...ACCOUNTS].reduce((total, name) => total + heldBy(name), 0));
        }
        for (const exchange of exchanges) exchange.release();
        for (const release of releases) release();
        expect([memory.held, memory.accounts]).toEqual([0, 0]);
      }),
    ));
});
