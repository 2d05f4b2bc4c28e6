import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../src/log';
import { readConfig } from '../../../src/pipeline/load';
import { startServer } from '../../../src/server/serve';
import { describeWithSwift } from '../../support/swift';
import { EMBEDDED_DIFFERENCES, EMBEDDED_UNSENT } from './embedded_differences';
import { compareAll, stepsOr, timeFor } from './run';
import { putSegments } from './segments';
import { closeEndpoint, openEndpoint } from './side';

const STEPS = stepsOr(1500);

const configuration = (data: string) => `
[DEFAULT]
bind_port = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging tempauth versioned_writes embedded
[filter:tempauth]
user_admin_admin = admin .admin .reseller_admin
user_test_tester = testing .admin
user_test2_tester2 = testing2 .admin
user_test_tester3 = testing3
[filter:versioned_writes]
allow_versioned_writes = true
[app:embedded]
data = ${data}
`;

describeWithSwift(
  'Hindsight with a store of its own answers as a Swift with versions',
  ({ plain, versioned }) => {
    // as fine as Swift's clock: what happens there at different times must not happen at one here
    beforeEach(() =>
      jest.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now()),
    );
    afterEach(() => jest.restoreAllMocks());

    it(
      'to every request',
      async () => {
        const data = mkdtempSync(join(tmpdir(), 'hindsight-embedded-'));
        const server = await startServer(
          readConfig(configuration(data), 'test.conf', {}),
          createLog('silent'),
        );
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
          await compareAll({ reference, ours, ...rules }, { owner: false, workshop: 6, steps: STEPS });
        } finally {
          await Promise.all([closeEndpoint(reference), closeEndpoint(ours)]);
          await server.close();
          rmSync(data, { recursive: true, force: true });
        }
      },
      timeFor(STEPS),
    );
  },
);
