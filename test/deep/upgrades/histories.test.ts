import { depth } from '../../support/running/depth';
import { describeWithEarlier } from '../../support/servers/earlier_version';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { historiesOr, recordAndJudge, recordAndJudgeWithIds, timeFor } from '../histories/campaign';
import { Fleet } from './fleet';

const HISTORIES = historiesOr(depth({ gate: 2, deep: 100 }));
const WITH_IDS = historiesOr(depth({ gate: 1, deep: 40 }));

describeWithEarlier('histories through servers of both versions', (build) => {
  describeWithRedis('that share a Redis', () => {
    describeWithSwift('over a Swift', ({ plain }) => {
      let redis: TestRedis;
      let fleet: Fleet | undefined;
      beforeAll(async () => {
        redis = await TestRedis.start();
        const site = { upstream: plain, redisUrl: redis.url, earlier: build() };
        fleet = await Fleet.start(site, ['new', 'old', 'old', 'new']);
      }, 300_000);
      afterAll(async () => {
        await fleet?.stop();
        await redis.stop();
      });

      const place = async (name: string) => {
        const [first, ...others] = fleet?.proxies ?? [];
        if (!first) throw new Error('no server runs');
        const client = await login(first.url, 'tester');
        const clients = [client, ...others.map(({ url }) => client.at(url))] as const;
        return { name, store: 'swift', clients } as const;
      };

      it(
        'are explained by some order of their operations',
        async () => recordAndJudge(await place('through both versions'), HISTORIES),
        timeFor(HISTORIES),
      );

      it(
        'are explained likewise if versions have ids',
        async () => recordAndJudgeWithIds(await place('through both versions, with ids'), WITH_IDS),
        timeFor(WITH_IDS),
      );

      it('leave no error in a log', () => expect(fleet?.bugs).toEqual([]));
    });
  });
});
