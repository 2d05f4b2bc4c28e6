import { runJest } from '../../support/running/run_jest';
import { MINUTE } from './lane';

it(
  'the properties of the unit suites hold at their full extent',
  () => runJest(process.execPath, ['--selectProjects', 'unit'], { TEST_DEPTH: 'deep' }),
  20 * MINUTE,
);
