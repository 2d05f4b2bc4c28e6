import { randomInt } from 'node:crypto';
import type { RunningServer } from '../../../src/server/serve';
import { startProxy } from '../../support/proxy';
import { describeWithSwift, login } from '../../support/swift';
import { campaign } from './campaign';
import { openEndpoint, openGround } from './side';
import { SEGMENT_BODIES, SEGMENTS } from './steps';

const setting = (name: string, otherwise: number) => Number(process.env[`DIFFERENTIAL_${name}`] ?? otherwise);

/** The seed of the first sequence; a failure names the one that shows it again. */
const SEED = setting('SEED', randomInt(1_000_000_000));
const STEPS = setting('STEPS', 2000);
const FAILURES = setting('FAILURES', 1);
const REDUCE_MILLISECONDS = setting('REDUCE', 60_000);

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
    const run = randomInt(36 ** 5)
      .toString(36)
      .padStart(5, '0');
    const { tally, reports } = await campaign(
      { reference, ours, ground },
      { seed: SEED, owner, steps, failures: FAILURES, reduceMilliseconds: REDUCE_MILLISECONDS, run },
    );
    const passed = [...tally.differences].map(([name, times]) => `${name}: ${times}`).join(', ');
    process.stdout.write(
      `differential: ${tally.steps} steps, seed ${SEED}${passed && `; let pass: ${passed}`}\n`,
    );
    if (process.env['DIFFERENTIAL_STATUSES'])
      process.stdout.write(`${JSON.stringify(Object.fromEntries([...tally.statuses].sort()))}\n`);
    if (reports.length > 0) throw new Error(reports.join('\n\n'));
    expect(tally.steps).toBeGreaterThanOrEqual(steps);
  };

  it('with a service user', async () => {
    await compare(await startProxy(swift.plain), false, STEPS);
  }, 600_000);

  it("with the client's own token, for the owner", async () => {
    await compare(await startProxy(swift.plain, { service: false }), true, STEPS / 5);
  }, 600_000);
});
