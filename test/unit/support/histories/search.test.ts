import fc from 'fast-check';
import { MODES } from '../../../support/clients/containers';
import { isRight } from '../../../deep/histories/check';
import type { Found, History } from '../../../deep/histories/history';
import { simulate, type Simulated } from '../../../deep/histories/simulate';
import { runs } from '../../../support/running/runs';

describe('the search for an order', () => {
  const names = ['o', 'p'];
  const object = fc.constantFrom(...names);
  const requests = fc
    .array(
      fc.record({
        call: fc.oneof(
          { weight: 3, arbitrary: fc.record({ do: fc.constant('put' as const), object }) },
          {
            weight: 1,
            arbitrary: fc.record({ do: fc.constant('copy' as const), from: object, to: object }),
          },
          {
            weight: 2,
            arbitrary: fc.record({
              do: fc.constantFrom('delete' as const, 'get' as const),
              object,
            }),
          },
        ),
        before: fc.integer({ min: 0, max: 25 }).map((tenths) => tenths / 10),
        after: fc.integer({ min: 0, max: 25 }).map((tenths) => tenths / 10),
      }),
      { minLength: 1, maxLength: 20 },
    )
    .map((all) =>
      all.map(({ call, ...times }, i): Simulated => {
        if (call.do === 'put')
          return { call: { ...call, content: String(i), way: 'whole' }, ...times };
        if (call.do === 'copy') return { call: { ...call, spelled: 'COPY' }, ...times };
        return { call, ...times };
      }),
    );

  it('takes whatever happened in some order, and refuses it with a body or a marker too many or too few', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODES), requests, fc.nat(), (mode, some, chosen) => {
        const right = simulate(mode, names, some);
        expect(isRight(right)).toBe(true);
        for (const [name, { current, archive }] of Object.entries(right.finally.objects)) {
          const at = archive.length === 0 ? 0 : chosen % archive.length;
          const wrong = (other: Found): History => ({
            ...right,
            finally: { ...right.finally, objects: { ...right.finally.objects, [name]: other } },
          });
          if (current !== null) expect(isRight(wrong({ current: null, archive }))).toBe(false);
          if (archive.length === 0) continue;
          expect(isRight(wrong({ current, archive: archive.toSpliced(at, 1) }))).toBe(false);
          expect(
            isRight(
              wrong({ current, archive: archive.toSpliced(at, 0, ...archive.slice(at, at + 1)) }),
            ),
          ).toBe(false);
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it('refuses a read of what was overwritten when its writer had its answer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODES), requests, fc.nat(), (mode, some, chosen) => {
        const right = simulate(mode, names, some);
        const last = right.finally.objects['o']?.current;
        const writers = some.flatMap(({ call }) =>
          call.do === 'put' && call.content !== last ? [call.content] : [],
        );
        if (writers.length === 0) return;
        const end = Math.max(...right.operations.map(({ ended }) => ended));
        const content = writers[chosen % writers.length] ?? '';
        const stale = {
          client: 0,
          through: 0,
          call: { do: 'get', object: 'o' },
          began: end + 1,
          ended: end + 2,
          status: 200,
          content,
        } as const;
        expect(isRight({ ...right, operations: [...right.operations, stale] })).toBe(false);
      }),
      { numRuns: runs(100) },
    );
  });
});
