import type { RunningServer } from '../../../src/server/serve';
import { startProxy } from '../../support/proxy';
import { describeWithSwift, login } from '../../support/swift';
import { compareAll, stepsOr, timeFor } from './run';
import { openEndpoint, openGround } from './side';
import { SEGMENT_BODIES, SEGMENTS } from './steps';

const STEPS = stepsOr(2000);

describeWithSwift("Hindsight over a plain Swift answers as Swift's own versions", (swift) => {
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    for (const user of ['tester', 'tester2'] as const) {
      const client = await login(swift.plain, user);
      await client.ask('PUT', `/${SEGMENTS}`, { 'X-Container-Read': '.r:*,.rlistings' });
      for (const [name, body] of Object.entries(SEGMENT_BODIES))
        await client.ask('PUT', `/${SEGMENTS}/${name}`, {}, body);
    }
  });
  afterAll(() => Promise.all(open.map((each) => each.close())));

  const compare = async (proxy: RunningServer, owner: boolean, steps: number): Promise<void> => {
    const [reference, ours, ground] = await Promise.all([
      openEndpoint(swift.versioned),
      openEndpoint(proxy.url),
      openGround(swift),
    ]);
    open.push(reference.connection, ours.connection, ground.connection, proxy);
    await compareAll({ reference, ours, ground }, { owner, steps });
  };

  it(
    'with a service user',
    async () => {
      await compare(await startProxy(swift.plain), false, STEPS);
    },
    timeFor(STEPS),
  );

  it(
    "with the client's own token, for the owner",
    async () => {
      await compare(await startProxy(swift.plain, { service: false }), true, STEPS / 5);
    },
    timeFor(STEPS / 5),
  );
});
