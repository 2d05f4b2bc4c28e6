import {
  processConfiguration,
  startProxyProcess,
  type ProxyProcess,
} from '../../support/servers/proxy_process';
import { describeWithRedis, TestRedis } from '../../support/servers/redis';
import { describeWithSwift, login } from '../../support/servers/swift';
import { historiesOr, recordAndJudge, recordAndJudgeWithIds, timeFor } from './campaign';
import { depth } from '../../support/running/depth';

const HISTORIES = historiesOr(depth({ gate: 3, deep: 150 }));
const WITH_IDS = historiesOr(depth({ gate: 1, deep: 40 }));

describeWithSwift('histories over a Swift', ({ plain }) => {
  let redis: TestRedis | undefined;
  let proxies: ProxyProcess[] = [];
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
    await redis?.stop();
    redis = undefined;
  });

  it(
    'through one proxy are explained by some order of their operations',
    async () => {
      const proxy = await startProxyProcess(processConfiguration(plain));
      proxies = [proxy];
      const client = await login(proxy.url, 'tester');
      await recordAndJudge(
        { name: 'over Swift, through one proxy', store: 'swift', clients: [client] },
        HISTORIES,
      );
      await recordAndJudgeWithIds(
        { name: 'over Swift, through one proxy, with ids', store: 'swift', clients: [client] },
        WITH_IDS,
      );
    },
    timeFor(HISTORIES + WITH_IDS),
  );

  describeWithRedis('with a Redis', () => {
    it(
      'through two proxies are explained by some order of their operations',
      async () => {
        redis = await TestRedis.start();
        const configuration = processConfiguration(plain, 1, `redis_url = ${redis.url}`);
        const [one, other] = await Promise.all([
          startProxyProcess(configuration),
          startProxyProcess(configuration),
        ]);
        proxies = [one, other];
        const clients = [await login(one.url, 'tester'), await login(other.url, 'tester')] as const;
        await recordAndJudge(
          { name: 'over Swift, through two proxies', store: 'swift', clients },
          HISTORIES,
        );
        await recordAndJudgeWithIds(
          { name: 'over Swift, through two proxies, with ids', store: 'swift', clients },
          WITH_IDS,
        );
      },
      timeFor(HISTORIES + WITH_IDS),
    );
  });
});
