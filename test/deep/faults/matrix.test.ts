import { MODES } from '../../support/clients/containers';
import { suiteUpstream } from '../../support/servers/embedded_upstream';
import { describeWithSwift } from '../../support/servers/swift';
import { suiteBench, type SuiteBench } from './bench';
import { cellsOf, tryCells } from './matrix';
import { OPERATIONS } from './scenes';
import { countFigures } from '../../support/running/figures';
import { partOf } from '../../support/running/depth';

/** The factor by which fewer cells over a Swift and with a client's token are tried. */
const FEWER = 3;

let tried = 0;
afterAll(() => countFigures('faults', { cells: tried }));

/** Tries each operation, in each mode. */
function operations({ bench }: SuiteBench, oneOf: number, from: number): void {
  describe.each(MODES)('in the mode %s', (mode) => {
    // each operation is prepared and counted for however few cells: the gate runs few
    it.each(partOf(OPERATIONS, { oneOf: 9, from: from + MODES.indexOf(mode) }))(
      '$name',
      async (operation) => {
        const cells = await cellsOf(bench(), mode, operation, oneOf);
        tried += cells.length;
        expect(await tryCells(bench(), cells)).toEqual([]);
      },
      600_000,
    );
  });
}

describe('faults of a store of our own', () => {
  const url = suiteUpstream();
  describe('with the service user', () => operations(suiteBench(url), 1, 0));
  describe("with the client's token", () => operations(suiteBench(url, false), FEWER, 2));
});

describeWithSwift('faults of a Swift', ({ plain }) => {
  operations(
    suiteBench(() => plain),
    FEWER,
    3,
  );
});
