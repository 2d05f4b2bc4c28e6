import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import type { FakeConnection } from '../../support/stores/fake_store';
import { RawConnection, values } from '../../support/clients/raw_connection';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';
const MIB = 1024 * 1024;

/** Answers as soon as a body begins, and then closes, like a store that refuses. */
function refusing(status: number, reading: boolean): (connection: FakeConnection) => Promise<void> {
  return async (connection) => {
    await connection.until(
      (received) => received.includes('\r\n\r\nx') || received.includes('xxx'),
    );
    if (!reading) connection.socket.pause();
    connection.answer(`${status} No`, 'no');
    if (!reading) connection.socket.end();
  };
}

async function upload(client: RawConnection, size: number): Promise<void> {
  await client.head('PUT', PATH, `Content-Length: ${size}`);
  void client.write(Buffer.alloc(size, 'x'));
}

describe('an answer that comes while the body is still being sent', () => {
  describe.each([
    ['the store closes', false],
    ['the store goes on reading', true],
  ])('%s', (_, reading) => {
    it.each([401, 413, 422])('%d arrives whole, and the connections end', (status) =>
      onWire(refusing(status, reading), async ({ store, open }) => {
        for (let i = 0; i < 5; i++) {
          const client = await open();
          await upload(client, 8 * MIB);
          const answer = await client.answer();
          expect([answer.status, answer.body.toString(), values(answer, 'connection')]).toEqual([
            status,
            'no',
            ['close'],
          ]);
          await client.ended();
          store.connections[i]!.socket.resume();
          await store.connections[i]!.gone;
        }
      }),
    );
  });

  it('the client that never stops sending is cut off within a bound', () =>
    onWire(refusing(413, true), async ({ open }) => {
      const client = await open();
      await client.head('PUT', PATH, 'Transfer-Encoding: chunked');
      const chunk = Buffer.concat([
        Buffer.from('100000\r\n'),
        Buffer.alloc(MIB, 'x'),
        Buffer.from('\r\n'),
      ]);
      let chunksSent = 0;
      const gone = new Promise<void>((resolve) => client.socket.once('close', resolve));
      client.socket.on('drain', () => sendMore());
      const sendMore = () => {
        while (!client.socket.destroyed && client.socket.write(chunk)) chunksSent += 1;
      };
      sendMore();
      expect((await client.answer()).status).toBe(413);
      await gone;
      expect(chunksSent).toBeLessThan(64);
    }));

  it('a request sent after it on the same connection is not served', () =>
    onWire(refusing(413, true), async ({ store, open }) => {
      const client = await open();
      await client.head('PUT', PATH, `Content-Length: ${MIB}`);
      await client.write(Buffer.alloc(MIB / 2, 'x'));
      expect((await client.answer()).status).toBe(413);
      await client.write(Buffer.alloc(MIB / 2, 'x'));
      await client.head('DELETE', PATH);
      await client.ended();
      await client.leave();
      expect(store.received).not.toContain('DELETE');
    }));

  it.each(['HEAD', 'DELETE'])('also without a body of its own: %s', (method) =>
    onWire(
      async (connection) => {
        await connection.until((received) => received.includes('xxx'));
        connection.send('HTTP/1.1 204 No Content\r\nX-Early: 1\r\n\r\n');
      },
      async ({ open }) => {
        const client = await open();
        await client.head(method, PATH, `Content-Length: ${MIB}`);
        await client.write('xxx');
        const answer = await client.answer(method);
        expect([answer.status, values(answer, 'x-early')]).toEqual([204, ['1']]);
        await client.ended();
      },
    ),
  );

  it('arrives where the body was asked for, too', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until((received) => received.includes('xxx'));
        connection.answer('422 No', 'no');
      },
      async ({ store, open }) => {
        const client = await open();
        await client.ask('PUT', PATH, 'Expect: 100-continue', `Content-Length: ${8 * MIB}`);
        void client.write(Buffer.alloc(8 * MIB, 'x'));
        expect((await client.answer()).status).toBe(422);
        await client.ended();
        await store.connections[0]!.gone;
      },
    ));
});

describeWithSwift('refusals of the real Swift while a large body is being sent', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it('arrive', async () => {
    for (let i = 0; i < 5; i++) {
      const client = await RawConnection.open(proxy.url);
      await client.head('PUT', PATH, 'X-Auth-Token: wrong', `Content-Length: ${8 * MIB}`);
      void client.write(Buffer.alloc(8 * MIB, 'x'));
      expect((await client.answer()).status).toBe(401);
      await client.ended();
      await client.leave();
    }
    const client = new Client(proxy.url, Headers.none);
    expect((await client.send('PUT', PATH, {}, Buffer.alloc(8 * MIB))).status).toBe(401);
  });
});
