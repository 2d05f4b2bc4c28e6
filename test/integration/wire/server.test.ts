import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { catchErrors } from '../../../middleware/catch_errors';
import { filterPaths } from '../../../src/pipeline/registry';
import { BodyMemory } from '../../../src/http/body_memory';
import { Headers } from '../../../src/http/headers';
import type { Handler, Response } from '../../../src/swift_api/message';
import { createLog } from '../../../src/util/log';
import { buildPipeline } from '../../../src/pipeline/build';
import type { FilterContext } from '../../../src/plugin/plugin';
import { readTarget } from '../../../src/swift_api/request_target';
import { createListener, parseHead, serve } from '../../../src/server/listener';
import { eventually } from '../../support/running/eventually';
import { FakeStore } from '../../support/stores/fake_store';
import { startProxy } from '../../support/servers/proxy';
import { RawConnection, values } from '../../support/clients/raw_connection';

const PATH = '/v1/AUTH_test/c/o';

/** Runs a test with a server whose only filter is catch_errors, before `app`. */
async function withApp(
  app: Handler,
  test: (open: () => Promise<RawConnection>, log: string[]) => Promise<void>,
) {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => lines.push(line) });
  const handler = buildPipeline([catchErrors.create({}, { log } as FilterContext)], app);
  const options = { clientTimeout: 10_000, maxHeaderSize: 16_384, memory: new BodyMemory() };
  const server = createListener(
    options,
    (req, res) =>
      void serve(
        handler,
        options,
        req,
        res,
        parseHead(req, readTarget(req.url ?? '', filterPaths)),
      ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await test(() => RawConnection.open(`http://127.0.0.1:${port}`), lines);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function sending(length: number, ...chunks: string[]): Handler {
  const headers = Headers.of({ 'Content-Length': String(length) });
  const body = () => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  return () => Promise.resolve({ status: 200, headers, body: body() } satisfies Response);
}

describe('catch_errors', () => {
  it.each([
    ['fewer bytes', sending(10, 'hello')],
    ['no byte', sending(10)],
    ['more bytes', sending(5, 'hello', ' world')],
    ['more bytes at once', sending(5, 'hello world')],
  ])('%s than Content-Length says break the connection off', (_, app) =>
    withApp(app, async (open) => {
      const client = await open();
      await client.head('GET', PATH);
      await client.head('GET', PATH);
      const { complete, body } = await client.answer();
      const rest = await client.ended();
      expect(body.toString()).not.toContain('w');
      expect(complete && rest.length > 0).toBe(false);
      expect(rest.toString()).toBe('');
    }),
  );

  it('exactly so many keep it', () =>
    withApp(sending(10, 'hello', 'world'), async (open) => {
      const client = await open();
      for (let i = 0; i < 3; i++)
        expect((await client.ask('GET', PATH)).body.toString()).toBe('helloworld');
    }));

  it('a bug is 500 with the id under which the log has it, and the server lives on', () =>
    withApp(
      ({ path }) => {
        if (path === '/sync') throw new Error('a bug');
        return Promise.reject(new Error('a bug'));
      },
      async (open, log) => {
        const client = await open();
        for (const path of ['/sync', '/async']) {
          const answer = await client.ask('GET', path);
          const [id = ''] = values(answer, 'x-trans-id');
          expect([answer.status, id]).toEqual([
            500,
            expect.stringMatching(/^tx[0-9a-f]{21}-[0-9a-f]{10}$/),
          ]);
          expect(answer.body.toString()).toContain(id);
          expect(answer.body.toString()).not.toContain('a bug');
          expect(log.find((line) => line.includes(id))).toContain('a bug');
        }
        await client.head('PUT', '/async', 'Content-Length: 5');
        expect((await client.answer()).status).toBe(500);
        await client.ended();
      },
    ));
});

describe('a server that stops', () => {
  it('lets a slow upload and a slow download end, and takes no new connection', async () => {
    const store = await FakeStore.start(async (connection) => {
      const head = await connection.head();
      if (head.startsWith('GET')) {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
        await finish;
        connection.send('world');
      } else {
        await connection.until((received) => received.endsWith('hello'));
        connection.answer('201 Created');
      }
    });
    let go: () => void = () => undefined;
    const finish = new Promise<void>((resolve) => (go = resolve));
    const proxy = await startProxy(store.url, { service: false, allow: undefined });
    const idle = await RawConnection.open(proxy.url);
    expect((await idle.ask('GET', '/healthcheck')).status).toBe(200);
    const [upload, download] = [
      await RawConnection.open(proxy.url),
      await RawConnection.open(proxy.url),
    ];
    await upload.head('PUT', PATH, 'Content-Length: 5');
    await upload.write('he');
    await download.head('GET', PATH);
    await eventually('both requests', () => store.connections.length === 2);

    const closed = proxy.close();
    await idle.ended();
    await expect(RawConnection.open(proxy.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await upload.write('llo');
    go();
    expect((await upload.answer()).status).toBe(201);
    expect((await download.answer()).body.toString()).toBe('helloworld');
    await Promise.all([upload.ended(), download.ended()]);
    await closed;
    await store.close();
  });
});
