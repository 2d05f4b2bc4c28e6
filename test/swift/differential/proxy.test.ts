import type { RunningServer } from '../../../src/server/serve';
import { startProxy } from '../../support/proxy';
import { describeWithSwift } from '../../support/swift';
import { PROXY_DIFFERENCES } from './differences';
import { compareAll, stepsOr, timeFor } from './run';
import { putSegments } from './segments';
import { closeEndpoint, openEndpoint } from './side';
import { UNSENT } from './unsent';

const STEPS = stepsOr(2000);
/** How many of ten steps are of versions with ids. */
const IDS = Number(process.env['DIFFERENTIAL_IDS'] ?? 0);
const filter = `allow_object_versioning = ${IDS > 0}`;

describeWithSwift("Hindsight over a plain Swift answers as Swift's own versions", ({ plain, versioned }) => {
  beforeAll(() => putSegments(plain));

  const compare = async (proxy: RunningServer, owner: boolean, steps: number): Promise<void> => {
    const [reference, ours] = await Promise.all([
      openEndpoint(versioned, plain),
      openEndpoint(proxy.url, plain),
    ]);
    const rules = { apart: false, bodiesOfErrors: false, differences: PROXY_DIFFERENCES, unsent: UNSENT };
    try {
      await compareAll({ reference, ours, ...rules }, { owner, workshop: 1, ids: IDS, steps });
    } finally {
      await Promise.all([closeEndpoint(reference), closeEndpoint(ours)]);
      await proxy.close();
    }
  };

  it(
    'with a service user',
    async () => {
      await compare(await startProxy(plain, { filter }), false, STEPS);
    },
    timeFor(STEPS),
  );

  it(
    "with the client's own token, for the owner",
    async () => {
      await compare(await startProxy(plain, { filter, service: false }), true, STEPS / 5);
    },
    timeFor(STEPS / 5),
  );
});
