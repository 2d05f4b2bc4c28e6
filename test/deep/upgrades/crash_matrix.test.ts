import type { Extent } from '../../support/judges/crash/matrix';
import { upgradeStage } from '../../support/judges/crash/stages';
import { ROOT } from '../../support/running/paths';
import { crashMatrix } from '../../support/judges/crash/suite';
import { depth, IS_DEEP } from '../../support/running/depth';
import { describeWithEarlier } from '../../support/servers/earlier_version';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift } from '../../support/servers/swift';

// a version's own notes matter only if the other changed something in between
const EXTENT: Extent = {
  nexts: 1,
  dialects: 'changes',
  operations: depth({ gate: 148, deep: 2 }),
  gaps: depth({ gate: 3, deep: 1 }),
  lanes: 8,
};

describeWithEarlier(
  'what one version leaves when it is killed, the other goes on with',
  (build) => {
    describeWithRedis('with a Redis', () => {
      describeWithSwift('over a Swift', ({ plain }) => {
        let redis: TestRedis | undefined;
        const stage = async (killed: 'old' | 'new') => {
          redis = await TestRedis.start();
          const [old, today] = [build().folder, ROOT];
          const versions =
            killed === 'old' ? { killed: old, next: today } : { killed: today, next: old };
          const opened = await upgradeStage(plain, { ...versions, redisUrl: redis.url });
          const close = async () => {
            await opened.close();
            await redis?.stop();
          };
          return { ...opened, close };
        };
        crashMatrix('0.1.0, then this version', () => stage('old'), EXTENT);
        if (IS_DEEP) crashMatrix('this version, then 0.1.0', () => stage('new'), EXTENT);
      });
    });
  },
);
