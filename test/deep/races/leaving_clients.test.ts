import type { Client } from '../../support/clients/client';
import {
  bodies,
  current,
  MODES,
  newPair,
  pathOf,
  put,
  type Mode,
  type Pair,
} from '../../support/clients/containers';
import { eventually, pause } from '../../support/running/eventually';
import { Forwarder } from '../../support/servers/forwarder';
import { RawRequest } from '../../support/clients/raw_request';
import { startProxy } from '../../support/servers/proxy';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { partOf } from '../../support/running/depth';

const MIB = 1024 * 1024;
const OBJECT = 'the object';

/** How a client begins a PUT and disconnects before it has sent it all. */
type Leaver = (client: Client, path: string) => Promise<void>;

const tenMiB = { 'Content-Length': String(10 * MIB) };
const part = Buffer.alloc(MIB, 'x');

const LEAVERS: readonly (readonly [name: string, leave: Leaver])[] = [
  [
    'after 1 KiB of 10 MiB',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, tenMiB);
      await request.write(part.subarray(0, 1024));
      await pause(200);
      request.leave();
    },
  ],
  [
    'after 1 MiB of 10 MiB',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, tenMiB);
      await request.write(part);
      await pause(500);
      request.leave();
    },
  ],
  [
    'by a reset after 1 MiB of 10 MiB',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, tenMiB);
      await request.write(part);
      await pause(500);
      request.reset();
    },
  ],
  [
    'by closing its half of the connection after 1 MiB of 10 MiB',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, tenMiB);
      await request.write(part);
      await pause(500);
      request.halfClose();
      await request.closed();
    },
  ],
  [
    'at once after the head',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, tenMiB);
      request.leave();
    },
  ],
  [
    'at once after the head of a request that waits for 100 Continue',
    async (client, path) => {
      const expecting = { ...tenMiB, Expect: '100-continue' };
      const request = await RawRequest.begin(client, 'PUT', path, expecting);
      request.leave();
    },
  ],
  [
    'when it was told to continue',
    async (client, path) => {
      const expecting = { ...tenMiB, Expect: '100-continue' };
      const request = await RawRequest.begin(client, 'PUT', path, expecting);
      await request.answered('HTTP/1.1 100 Continue');
      request.leave();
    },
  ],
  [
    'when it was told to continue and has sent 1 MiB',
    async (client, path) => {
      const expecting = { ...tenMiB, Expect: '100-continue' };
      const request = await RawRequest.begin(client, 'PUT', path, expecting);
      await request.answered('HTTP/1.1 100 Continue');
      await request.write(part);
      await pause(300);
      request.leave();
    },
  ],
  [
    'in a chunked upload that stalls after 1 MiB',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, {
        'Transfer-Encoding': 'chunked',
      });
      await request.writeChunk(part);
      await pause(500);
      request.leave();
    },
  ],
  [
    'within a chunk of a chunked upload',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, {
        'Transfer-Encoding': 'chunked',
      });
      await request.writeChunk(part);
      await request.write(`${MIB.toString(16)}\r\nnot so much`);
      await pause(300);
      request.leave();
    },
  ],
  [
    'before the last chunk of a small chunked upload',
    async (client, path) => {
      const request = await RawRequest.begin(client, 'PUT', path, {
        'Transfer-Encoding': 'chunked',
      });
      await request.writeChunk(Buffer.from('a small body'));
      await pause(200);
      request.leave();
    },
  ],
];

describeWithSwift('a client that leaves in the middle of a PUT', ({ plain }) => {
  let forwarder: Forwarder | undefined;
  beforeAll(async () => {
    forwarder = await Forwarder.start(plain);
  });
  afterAll(() => forwarder?.close());
  const upstream = () => forwarder?.url ?? '';

  /**
   * Expects an unchanged object, an empty archive, and that the next PUT gets the lock.
   */
  async function expectUntouched(
    client: Client,
    { container, archive }: Pair,
    mode: Mode,
  ): Promise<void> {
    expect(await current(client, container, OBJECT)).toBe('before');
    expect(await client.names(archive)).toEqual([]);
    await put(client, container, OBJECT, 'after');
    expect(await client.names(archive)).toHaveLength(1);
    const deleted = await client.ask('DELETE', pathOf(container, OBJECT));
    expect(deleted.status).toBe(204);
    expect(await current(client, container, OBJECT)).toBe(mode === 'stack' ? 'before' : 404);
  }

  describe.each(
    partOf(
      [
        ['the service user', suiteProxy(upstream, { filter: 'lock_wait = 20' })],
        ["the client's token", suiteProxy(upstream, { service: false, filter: 'lock_wait = 20' })],
      ],
      { oneOf: 2 },
    ),
  )('archiving with %s', (_, proxy) => {
    describe.each(MODES)('%s mode', (mode) => {
      it.each(partOf(LEAVERS, { oneOf: 4, from: MODES.indexOf(mode) }))(
        '%s leaves nothing behind',
        async (_name, leave) => {
          const client = await proxy.login('tester');
          const pair = await newPair(client, mode);
          await put(client, pair.container, OBJECT, 'before');
          await leave(client, pathOf(pair.container, OBJECT));
          await forwarder?.quiet();
          await expectUntouched(client, pair, mode);
        },
      );
    });

    it('does not affect those who wait for the object: 8 leave, 8 write', async () => {
      const client = await proxy.login('tester');
      const { container, archive } = await newPair(client, 'history');
      await put(client, container, OBJECT, 'before');
      const path = pathOf(container, OBJECT);
      const written = await Promise.all(
        Array.from({ length: 8 }, async (_each, i) => {
          const [, leave] = LEAVERS[i % LEAVERS.length]!;
          const [{ status }] = await Promise.all([
            client.ask('PUT', path, {}, `writer ${i}`),
            leave(client, path),
          ]);
          return status;
        }),
      );
      expect(written).toEqual(Array(8).fill(201));
      await forwarder?.quiet();
      const bodiesNow = [
        await current(client, container, OBJECT),
        ...(await bodies(client, archive)),
      ];
      expect(bodiesNow.sort()).toEqual(
        ['before', ...written.map((_status, i) => `writer ${i}`)].sort(),
      );
    });
  });

  it.each(MODES)('keeps no connection open upstream when the proxy stops (%s)', async (mode) => {
    const forwarder = await Forwarder.start(plain);
    try {
      const proxy = await startProxy(forwarder.url);
      try {
        const client = await login(proxy.url, 'tester');
        const { container } = await newPair(client, mode);
        await put(client, container, OBJECT, 'before');
        for (const [, leave] of LEAVERS) await leave(client, pathOf(container, OBJECT));
        await forwarder.quiet();
      } finally {
        await proxy.close();
      }
      await eventually('no connection is open upstream', () => forwarder.open === 0);
    } finally {
      await forwarder.close();
    }
  });
});
