import { eventually } from '../../support/running/eventually';
import { onWire } from '../../support/servers/wire';

const PATH = '/v1/AUTH_test/c/o';
const KIB = 1024;

describe('a response that HTTP allows no body', () => {
  it.each([
    ['GET', '304 Not Modified', 'Content-Length: 5', ''],
    ['GET', '204 No Content', 'Content-Length: 5', 'extra'],
    ['PUT', '304 Not Modified', 'Content-Length: 5', ''],
    ['DELETE', '204 No Content', 'Content-Length: 5', ''],
    ['HEAD', '200 OK', 'Content-Length: 5', 'extra'],
  ])('%s: %s with %s and "%s" behind it', (method, status, length, behind) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(`HTTP/1.1 ${status}\r\n${length}\r\n\r\n${behind}`);
      },
      async ({ open, log }) => {
        const client = await open();
        const answer = await client.ask(
          method,
          PATH,
          ...(method === 'PUT' ? ['Content-Length: 0'] : []),
        );
        expect([answer.status, answer.body.length]).toEqual([parseInt(status), 0]);
        await eventually('its line in the log', () => log.some((line) => line['method']));
        expect(log.filter(({ level }) => level === 'error')).toEqual([]);
      },
    ),
  );

  it('ends the connection to a store that goes on sending', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 204 No Content\r\n\r\n');
        while (!connection.closed) {
          connection.send(Buffer.alloc(64 * KIB));
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      async ({ open, store }) => {
        expect((await (await open()).ask('GET', PATH)).status).toBe(204);
        await store.connections[0]!.gone;
      },
    ));
});

describe('a length of 0 in another spelling', () => {
  it.each(['Content_Length: 0', 'content_length: 0'])('%s is no length', (length) =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(
          `HTTP/1.1 200 OK\r\n${length}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
        );
      },
      async ({ open }) => {
        const { status, complete, body } = await (await open()).ask('GET', PATH);
        expect([status, complete, body.toString()]).toEqual([200, true, 'hello']);
      },
    ),
  );

  it('holds no endless body', () =>
    onWire(
      async (connection) => {
        await connection.head();
        connection.send(
          'HTTP/1.1 200 OK\r\nContent_Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n',
        );
        const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(64 * KIB + 2, '\r\n')]);
        while (!connection.closed) {
          if (connection.socket.writableLength < KIB * KIB) connection.send(chunk);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      async ({ open, store }) => {
        const client = await open();
        await client.head('GET', PATH);
        client.socket.pause();
        await eventually('a full pipe', () => {
          const { socket } = store.connections[0] ?? {};
          return socket !== undefined && socket.writableLength >= KIB * KIB;
        });
        await client.leave();
        await store.connections[0]!.gone;
      },
    ));
});
