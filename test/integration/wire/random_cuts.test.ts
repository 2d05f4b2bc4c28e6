import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '../../support/running/eventually';
import { runs } from '../../support/running/runs';
import type { FakeConnection } from '../../support/stores/fake_store';
import { onWire } from '../../support/servers/wire';

/** A response of the store, and its cut. */
interface Plan {
  readonly size: number;
  readonly isChunked: boolean;
  /** Shares of the response after which the store waits for a turn. */
  readonly pauses: readonly number[];
  readonly cut?: {
    readonly by: 'store' | 'client';
    /** The share of the response that is sent, or read, before. */
    readonly at: number;
    readonly how: 'close' | 'reset';
  };
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const plans = fc.record(
  {
    size: fc.oneof(
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 65_000, max: 66_000 }),
      fc.integer({ min: 100_000, max: 400_000 }),
    ),
    isChunked: fc.boolean(),
    pauses: fc.array(share, { maxLength: 3 }),
    cut: fc.record({
      by: fc.constantFrom('store' as const, 'client' as const),
      at: share,
      how: fc.constantFrom('close' as const, 'reset' as const),
    }),
  },
  { requiredKeys: ['size', 'isChunked', 'pauses'] },
);

const PATH = '/v1/AUTH_test/c/';

const contentOf = ({ size }: Plan) => Buffer.alloc(size, 'some content, ');

function responseTo(plan: Plan): Buffer {
  const content = contentOf(plan);
  const head = 'HTTP/1.1 200 OK\r\n';
  if (!plan.isChunked)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${plan.size}\r\n\r\n`), content]);
  const chunk = [Buffer.from(`${plan.size.toString(16)}\r\n`), content, Buffer.from('\r\n')];
  return Buffer.concat([
    Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
    ...(plan.size > 0 ? chunk : []),
    Buffer.from('0\r\n\r\n'),
  ]);
}

async function sendPlan(connection: FakeConnection, plan: Plan): Promise<void> {
  const whole = responseTo(plan);
  const { cut } = plan;
  const end = cut?.by === 'store' ? Math.floor(cut.at * whole.length) : whole.length;
  const stops = [...plan.pauses.map((each) => Math.floor(each * end)), end].sort((a, b) => a - b);
  let from = 0;
  for (const to of stops) {
    if (to > from) connection.send(whole.subarray(from, to));
    from = Math.max(from, to);
    await turn();
  }
  if (cut?.by !== 'store') return;
  if (cut.how === 'close') connection.socket.end();
  else connection.socket.resetAndDestroy();
}

describe('responses that are cut at random', () => {
  it('reach the client whole, or never as if they were', async () => {
    const all: Plan[] = [];
    await onWire(
      async (connection) => {
        for (let count = 1; !connection.closed; count++) {
          const number = Number(/\/c\/(\d+) /.exec(await connection.head(count))?.[1]);
          const plan = all[number];
          if (plan) await sendPlan(connection, plan);
        }
      },
      async ({ store, open, log }) => {
        await fc.assert(
          fc.asyncProperty(plans, async (plan) => {
            all.push(plan);
            const client = await open();
            await client.head('GET', `${PATH}${all.length - 1}`);
            if (plan.cut?.by === 'client') {
              for (let i = 0; i < plan.cut.at * 5; i++) await turn();
              await client.leave(plan.cut.how);
              return;
            }
            const { status, complete, body } = await client.answer();
            const content = contentOf(plan);
            if (!plan.cut) {
              expect([status, complete, body.equals(content)]).toEqual([200, true, true]);
            } else if (status === 200) {
              expect(body.equals(content.subarray(0, body.length))).toBe(true);
              if (complete) expect(body.length).toBe(plan.size);
            } else {
              expect([status, complete]).toEqual([503, true]);
            }
            await client.leave();
          }),
          { numRuns: runs(1000) },
        );
        all.push({ size: 10, isChunked: false, pauses: [] });
        const { status } = await (await open()).ask('GET', `${PATH}${all.length - 1}`);
        expect(status).toBe(200);
        expect(log.filter(({ level }) => level === 'error')).toEqual([]);
        await eventually('one line for each request', () => {
          return log.filter(({ method }) => method === 'GET').length === all.length;
        });
        // none of a client that has left is held
        await eventually(
          'idle connections',
          () => store.connections.filter(({ closed }) => !closed).length <= 1,
        );
      },
    );
  });
});
