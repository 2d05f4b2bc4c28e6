import { MINUTE, runJest } from './lane';

it(
  'the properties of the unit suites hold at their full extent',
  () => runJest(process.execPath, ['--selectProjects', 'unit'], { TEST_DEPTH: 'deep' }),
  20 * MINUTE,
);
