import type { RunningServer } from '../../../src/server/serve';
import { startProxy } from '../../support/proxy';
import { describeWithSwift } from '../../support/swift';
import { PROXY_DIFFERENCES } from './differences';
import { compareAll, stepsOr, timeFor } from './run';
import { putSegments } from './segments';
import { closeEndpoint, openEndpoint } from './side';
import { UNSENT } from './unsent';

const STEPS = stepsOr(2000);

describeWithSwift("Hindsight over a plain Swift answers as Swift's own versions", ({ plain, versioned }) => {
  beforeAll(() => putSegments(plain));

  const compare = async (proxy: RunningServer, owner: boolean, steps: number, ids = 0): Promise<void> => {
    const [reference, ours] = await Promise.all([
      openEndpoint(versioned, plain),
      openEndpoint(proxy.url, plain),
    ]);
    const rules = { apart: false, bodiesOfErrors: false, differences: PROXY_DIFFERENCES, unsent: UNSENT };
    try {
      await compareAll({ reference, ours, ...rules }, { owner, workshop: 1, ids, steps });
    } finally {
      await Promise.all([closeEndpoint(reference), closeEndpoint(ours)]);
      await proxy.close();
    }
  };

  it(
    'with a service user',
    async () => {
      await compare(await startProxy(plain), false, STEPS);
    },
    timeFor(STEPS),
  );

  it(
    "with the client's own token, for the owner",
    async () => {
      await compare(await startProxy(plain, { service: false }), true, STEPS / 5);
    },
    timeFor(STEPS / 5),
  );

  const WITH_IDS = { filter: 'allow_object_versioning = true' };

  it(
    'with a service user, to what concerns versions with ids',
    async () => {
      await compare(await startProxy(plain, WITH_IDS), false, STEPS / 2, 8);
    },
    timeFor(STEPS / 2),
  );

  it(
    "with the client's own token, to what concerns versions with ids, for the owner",
    async () => {
      await compare(await startProxy(plain, { ...WITH_IDS, service: false }), true, STEPS / 5, 8);
    },
    timeFor(STEPS / 5),
  );
});
