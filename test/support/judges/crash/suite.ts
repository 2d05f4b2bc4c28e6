import { IS_WHOLE, Matrix, operationsIn, type Extent } from './matrix';
import { countFigures } from '../../running/figures';
import type { Stage } from './stages';

/** Minutes that a part of the matrix may take on a busy machine. */
const PATIENCE = IS_WHOLE ? 240 : 60;

/**
 * The crash matrix on a stage: kills every operation in every gap between its requests to
 * the store; what follows must be as if the operation had happened wholly or not at all.
 * With CRASH_MATRIX=all it tries every next step, and each gap from both sides.
 */
export function crashMatrix(name: string, open: () => Promise<Stage>, extent: Extent): void {
  describe(`killed between any two requests, ${name}`, () => {
    let stage: Stage | undefined;
    let matrix: Matrix | undefined;
    beforeAll(async () => {
      stage = await open();
      matrix = new Matrix(stage, extent);
      await matrix.play();
      const { cells, kills, differing } = matrix;
      const byTwo = stage.succeed
        ? { 'cells that end differently than under one version': differing }
        : {};
      countFigures(`crash matrix, ${name}`, { cells, kills, ...byTwo });
    }, PATIENCE * 60_000);
    afterAll(() => stage?.close());

    it.each(operationsIn(extent).map(({ title }) => title))('%s', (title) => {
      const problems = matrix?.problems.get(title);
      if (!problems) throw new Error('this operation was not played');
      if (problems.length > 0) throw new Error(problems.join('\n\n'));
    });
  });
}
