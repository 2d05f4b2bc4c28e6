import { depth } from '../../support/running/depth';
import { runJest } from '../../support/running/run_jest';

/** The suites of what reads dates; the depth runs all unit suites. */
const OF_DATES = [
  'test/unit/http/dates',
  'test/unit/swift_api/conditions',
  'test/unit/buckets/preconditions',
  'test/unit/middleware/signatures_of_cos_and_qs',
];

it.each(['Asia/Shanghai', 'America/New_York'])(
  'the unit suites pass in %s',
  async (zone) => {
    const suites = depth({ gate: OF_DATES, deep: [] });
    await runJest(process.execPath, ['--selectProjects', 'unit', '-w', '1', ...suites], {
      TZ: zone,
    });
  },
  20 * 60_000,
);
