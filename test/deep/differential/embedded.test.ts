import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../src/util/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer } from '../../../src/server/serve';
import { describeWithSwift } from '../../support/servers/swift';
import type { CampaignOptions } from './campaign';
import { EMBEDDED_DIFFERENCES, EMBEDDED_UNSENT } from './embedded_differences';
import { compareAll, IDS, stepsOr, timeFor } from './run';
import { putSegments } from './segments';
import { closeEndpoint, openEndpoint } from './side';
import { depth } from '../../support/running/depth';

const STEPS = stepsOr(depth({ gate: 20, deep: 1500 }));
const STEPS_WITH_IDS = stepsOr(depth({ gate: 24, deep: 500 }));

const SAMPLE = join(__dirname, '../../../config/embedded.conf');

const USERS = `
user_admin_admin = admin .admin .reseller_admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
`;

/** The shipped sample configuration, with the lab's users. */
function configuration(data: string) {
  const text = readFileSync(SAMPLE, 'utf8').replace(/(?<=\nuser_test_tester = .*)\n/, USERS);
  const env = { HINDSIGHT_PORT: '0', HINDSIGHT_DATA: data };
  return readConfig(text, SAMPLE, env);
}

describeWithSwift(
  'Hindsight with a store of its own answers as a Swift with versions',
  ({ plain, versioned }) => {
    // as precise as Swift's clock: events at different times there must not coincide here
    beforeEach(() =>
      jest.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now()),
    );
    afterEach(() => jest.restoreAllMocks());

    const compare = async (
      options: Pick<CampaignOptions, 'workshop' | 'ids' | 'steps'>,
    ): Promise<void> => {
      const data = mkdtempSync(join(tmpdir(), 'hindsight-embedded-'));
      const server = await startServer(configuration(data), createLog('silent'));
      await Promise.all([putSegments(versioned), putSegments(server.url)]);
      const [reference, ours] = await Promise.all([
        openEndpoint(versioned, plain),
        openEndpoint(server.url),
      ]);
      const rules = {
        apart: true,
        bodiesOfErrors: true,
        differences: EMBEDDED_DIFFERENCES,
        unsent: EMBEDDED_UNSENT,
      };
      try {
        await compareAll({ reference, ours, ...rules }, { owner: false, ...options });
      } finally {
        await Promise.all([closeEndpoint(reference), closeEndpoint(ours)]);
        await server.close();
        rmSync(data, { recursive: true, force: true });
      }
    };

    it('to every request', () => compare({ workshop: 6, ids: 0, steps: STEPS }), timeFor(STEPS));

    it(
      'and to those for its versions with ids',
      () => compare({ workshop: 1, ids: IDS, steps: STEPS_WITH_IDS }),
      timeFor(STEPS_WITH_IDS),
    );
  },
);
