import type { RunningServer } from '../../../src/server/serve';
import { startProxy } from '../../support/servers/proxy';
import { describeWithSwift } from '../../support/servers/swift';
import type { CampaignOptions } from './campaign';
import { PROXY_DIFFERENCES } from './differences';
import { compareAll, IDS, stepsOr, timeFor } from './run';
import { putSegments } from './segments';
import { closeEndpoint, openEndpoint } from './side';
import { PROXY_UNSENT } from './unsent';
import { depth, itInDepth } from '../../support/running/depth';

const STEPS = stepsOr(depth({ gate: 12, deep: 2000 }));
const STEPS_WITH_IDS = stepsOr(depth({ gate: 24, deep: 400 }));

describeWithSwift(
  "Hindsight over a plain Swift answers as Swift's own versions",
  ({ plain, versioned }) => {
    beforeAll(() => putSegments(plain));

    const compare = async (
      proxy: RunningServer,
      options: Pick<CampaignOptions, 'owner' | 'ids' | 'steps'>,
    ): Promise<void> => {
      const [reference, ours] = await Promise.all([
        openEndpoint(versioned, plain),
        openEndpoint(proxy.url, plain),
      ]);
      const rules = {
        apart: false,
        bodiesOfErrors: false,
        differences: PROXY_DIFFERENCES,
        unsent: PROXY_UNSENT,
      };
      try {
        await compareAll({ reference, ours, ...rules }, { workshop: 1, ...options });
      } finally {
        await Promise.all([closeEndpoint(reference), closeEndpoint(ours)]);
        await proxy.close();
      }
    };

    it(
      'with a service user',
      async () => {
        await compare(await startProxy(plain), { owner: false, ids: 0, steps: STEPS });
      },
      timeFor(STEPS),
    );

    itInDepth(
      "with the client's own token, for the owner",
      async () => {
        await compare(await startProxy(plain, { service: false }), {
          owner: true,
          ids: 0,
          steps: STEPS / 5,
        });
      },
      timeFor(STEPS / 5),
    );

    describe('and its versions with ids', () => {
      const filter = 'allow_object_versioning = true';

      itInDepth(
        'with a service user',
        async () => {
          await compare(await startProxy(plain, { filter }), {
            owner: false,
            ids: IDS,
            steps: STEPS_WITH_IDS,
          });
        },
        timeFor(STEPS_WITH_IDS),
      );

      it(
        "with the client's own token, for the owner",
        async () => {
          const proxy = await startProxy(plain, { filter, service: false });
          await compare(proxy, { owner: true, ids: IDS, steps: STEPS_WITH_IDS / 5 });
        },
        timeFor(STEPS_WITH_IDS / 5),
      );
    });
  },
);
