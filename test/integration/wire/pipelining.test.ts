import fc from 'fast-check';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { filterPaths } from '../../../src/pipeline/registry';
import { BodyMemory } from '../../../src/http/body_memory';
import { readAll } from '../../../src/http/body';
import { textResponse, type Handler } from '../../../src/swift_api/message';
import { readTarget } from '../../../src/swift_api/request_target';
import { createListener, parseHead, serve } from '../../../src/server/listener';
import { MAX_WAITING, MAX_WAITING_BYTES } from '../../../src/server/pipelining';
import { eventually } from '../../support/running/eventually';
import { RawConnection } from '../../support/clients/raw_connection';
import { runs } from '../../support/running/runs';
import { reasonOf } from '../../../src/util/cancel_signal';

const KIB = 1024;
const MIB = 1024 * KIB;
const START = 'http.server.request.start';

/** A server, its pending responses, and what it has read of its connections. */
class Watched {
  /** Requests that were parsed, and whose responses have not ended. */
  owed = 0;
  maxOwed = 0;
  begun = 0;
  readonly sockets: Socket[] = [];
  private readonly opened: RawConnection[] = [];

  private constructor(private readonly server: Server) {
    subscribe(START, this.count);
    server.on('connection', (socket: Socket) => this.sockets.push(socket));
  }

  static async start(handler: Handler, clientTimeout = 60_000): Promise<Watched> {
    const options = { clientTimeout, maxHeaderSize: 128 * KIB, memory: new BodyMemory() };
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
    return new Watched(server);
  }

  private readonly count = (message: unknown): void => {
    const { server, response } = message as { server: Server; response: ServerResponse };
    if (server !== this.server) return;
    this.begun++;
    this.maxOwed = Math.max(this.maxOwed, ++this.owed);
    response.prependOnceListener('close', () => this.owed--);
  };

  async open(): Promise<RawConnection> {
    const { port } = this.server.address() as AddressInfo;
    const connection = await RawConnection.open(`http://127.0.0.1:${port}`);
    this.opened.push(connection);
    return connection;
  }

  /** Runs enough turns of the event loop to read everything that is waiting. */
  async settle(): Promise<void> {
    for (let i = 0; i < 600; i++) await turn();
  }

  async close(): Promise<void> {
    unsubscribe(START, this.count);
    for (const connection of this.opened) connection.socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Runs a test with a server that handles no request until `goOn` is called. */
async function whileBusy(
  test: (server: Watched, goOn: () => void) => Promise<void>,
  clientTimeout?: number,
): Promise<void> {
  let goOn: () => void = () => undefined;
  const free = new Promise<void>((resolve) => (goOn = resolve));
  const server = await Watched.start(async (request) => {
    await free;
    return textResponse(200, request.path);
  }, clientTimeout);
  try {
    await test(server, goOn);
  } finally {
    goOn();
    await server.close();
  }
}

const FLOODS: [what: string, request: string][] = [
  ['small requests', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['requests without a Host, which Node answers', 'GET / HTTP/1.1\r\n\r\n'],
  ['requests that expect what nobody knows', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'],
  [
    'requests that wait for 100 Continue',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n',
  ],
  ['requests of HTTP/1.0', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
  ['empty lines between them', `${'\r\n'.repeat(50)}GET / HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['bodies', `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\n\n\r\n`],
  [
    'long bodies',
    `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${50 * KIB}\r\n\r\n${'x'.repeat(50 * KIB)}`,
  ],
  [
    'chunks',
    'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nx\r\n0\r\nA: b\r\n\r\n',
  ],
  [
    'chunks of blank lines',
    'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n',
  ],
  ['large heads', `GET / HTTP/1.1\r\nHost: a\r\n${`A: ${'b'.repeat(1000)}\r\n`.repeat(30)}\r\n`],
  ['many header fields', `GET / HTTP/1.1\r\nHost: a\r\n${'a:\r\n'.repeat(5000)}\r\n`],
];

describe('of requests that are sent without waiting few are kept, and little of them', () => {
  it.each(FLOODS)('%s', (_, request) =>
    whileBusy(async (server) => {
      const client = await server.open();
      await client.head('GET', '/busy');
      client.socket.write(
        Buffer.from(request.repeat(Math.ceil((2 * MIB) / request.length)), 'latin1'),
      );
      await server.settle();
      const { bytesRead = 0 } = server.sockets[0] ?? {};
      expect(server.begun).toBeGreaterThan(0);
      expect(server.maxOwed).toBeLessThanOrEqual(MAX_WAITING + 1);
      // a chunk, the socket's buffer, one header that is too long, and what waits
      expect(bytesRead).toBeLessThanOrEqual(512 * KIB);
      await client.leave();
      await server.settle();
    }),
  );

  it('also where the ends of heads are cut in two', () =>
    whileBusy(async (server) => {
      const client = await server.open();
      const [request = ''] = FLOODS.map(([, each]) => each);
      const body = `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r`;
      await client.write(body);
      await server.settle();
      await client.write('\n' + '0123456789');
      for (let i = 0; i < 40; i++) {
        await client.write(request.slice(0, -1 - (i % 4)));
        await turn();
        client.socket.write(request.slice(-1 - (i % 4)) + request.repeat(3000));
        await turn();
      }
      await server.settle();
      expect(server.maxOwed).toBe(MAX_WAITING + 1);
    }));

  it('by their bytes, too', () =>
    whileBusy(async (server) => {
      const client = await server.open();
      const [, put = ''] = FLOODS.find(([what]) => what === 'long bodies') ?? [];
      client.socket.write(put.repeat(20));
      await server.settle();
      expect((server.owed - 2) * 50 * KIB).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    }));
});

describe('who pipelines honestly', () => {
  it('has each of many answers, in order', () =>
    whileBusy(async (server, goOn) => {
      const client = await server.open();
      const paths = Array.from({ length: 300 }, (_, i) => `/v1/a/c/${i}`);
      await client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
      await server.settle();
      goOn();
      for (const path of paths) expect((await client.answer()).body.toString()).toBe(path);
      expect(server.maxOwed).toBe(MAX_WAITING + 1);
    }));

  it('has its answers also where they are made faster than it takes them', async () => {
    const server = createListener({ clientTimeout: 60_000, maxHeaderSize: 8 * KIB }, (req, res) => {
      // unlike in the shell, no request waits for its turn, so that Node itself pauses
      req.resume().once('end', () => res.end(Buffer.alloc(20 * KIB, String(req.url).slice(-1))));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = await RawConnection.open(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    try {
      client.socket.pause();
      const put = (i: number) =>
        `PUT /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: ${i * 20}\r\n\r\n${'x'.repeat(i * 20)}`;
      client.socket.write(Array.from({ length: 120 }, (_, i) => put(i)).join(''));
      for (let i = 0; i < 100; i++) await turn();
      client.socket.resume();
      for (let i = 0; i < 120; i++)
        expect((await client.answer()).body.toString().slice(-1)).toBe(String(i % 10));
    } finally {
      client.socket.destroy();
      server.closeAllConnections();
      server.close();
    }
  });

  it('is noticed when it leaves, behind however many requests', async () => {
    let onBegin: () => void = () => undefined;
    const isServed = new Promise<void>((resolve) => (onBegin = resolve));
    const gone: string[] = [];
    const server = await Watched.start(({ path, signal }) => {
      onBegin();
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          gone.push(path);
          reject(reasonOf(signal));
        }),
      );
    });
    try {
      const client = await server.open();
      await client.write(
        Array.from({ length: 100 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
      );
      await isServed;
      await client.leave();
      await eventually('it is noticed', () => gone.length > 0);
      await server.settle();
      expect(gone).toEqual(['/0']);
    } finally {
      await server.close();
    }
  });

  it('is not given up because it has to wait', () =>
    whileBusy(async (server, goOn) => {
      const client = await server.open();
      const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
      await client.write(request.repeat(40) + request.slice(0, 10));
      await server.settle();
      await client.write(request.slice(10));
      await new Promise((resolve) => setTimeout(resolve, 600));
      goOn();
      for (let i = 0; i < 41; i++) expect((await client.answer()).status).toBe(200);
    }, 300));

  const text = fc.array(
    fc.constantFrom('a', '\n', '\r\n', '\r', 'GET / HTTP/1.1\r\n\r\n', '\0\xff'),
    {
      maxLength: 8,
    },
  );
  const body = text.map((each) => each.join(''));
  const chunked = fc
    .tuple(
      fc.array(body.filter(Boolean), { maxLength: 4 }),
      fc.constantFrom('', 'A: b\r\n', 'A: b\r\nC: d\r\n'),
    )
    .map(([chunks, trailer]) => ({
      head: 'Transfer-Encoding: chunked\r\n',
      sent: `${chunks.map((each) => `0${each.length.toString(16)};x="y"\r\n${each}\r\n`).join('')}0\r\n${trailer}\r\n`,
      body: chunks.join(''),
    }));
  const measured = body.map((each) => ({
    head: `Content-Length: ${each.length}\r\n`,
    sent: each,
    body: each,
  }));
  const bodiless = fc.constant({ head: '', sent: '', body: '' });
  const requests = fc.array(
    fc.tuple(fc.constantFrom('', '\r\n'), fc.oneof(chunked, measured, bodiless)),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });

  it('has its answers whatever is between the requests, and however their bytes are cut', async () => {
    const server = await Watched.start(async (request) => {
      const received = (await readAll(request.body, MIB))?.toString('latin1') ?? '';
      return textResponse(200, `${request.path} ${JSON.stringify(received)}`);
    });
    try {
      await fc.assert(
        fc.asyncProperty(requests, cuts, async (sent, sizes) => {
          const client = await server.open();
          const stream = sent
            .map(
              ([before, each], i) =>
                `${before}PUT /${i} HTTP/1.1\r\nHost: a\r\n${each.head}\r\n${each.sent}`,
            )
            .join('');
          let from = 0;
          for (let i = 0; from < stream.length; i++) {
            const to = from + (sizes[i % sizes.length] ?? 1);
            client.socket.write(Buffer.from(stream.slice(from, to), 'latin1'));
            from = to;
            // so that some pieces arrive separately
            if (i % 3 === 0) await turn();
          }
          for (const [i, [, { body: expected }]] of sent.entries())
            expect((await client.answer()).body.toString()).toBe(
              `/${i} ${JSON.stringify(expected)}`,
            );
          await client.leave();
        }),
        { numRuns: runs(300) },
      );
      expect(server.maxOwed).toBeLessThanOrEqual(MAX_WAITING + 1);
    } finally {
      await server.close();
    }
  });

  it('keeps few, whatever it sends', () =>
    whileBusy(async (server) => {
      const fragment = fc.constantFrom(
        ...FLOODS.map(([, each]) => each).filter(({ length }) => length < KIB),
        ...['\r\n', '\n', '\r', '0\r\n\r\n', 'ffff\r\n', '\0', 'GET / HTTP/1.1\n\n', 'Host: a\r\n'],
        ...['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
        'PUT / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n',
        'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n',
      );
      const stream = fc.array(fc.tuple(fragment, fc.integer({ min: 1, max: 40 })), {
        maxLength: 30,
      });
      await fc.assert(
        fc.asyncProperty(stream, async (fragments) => {
          const before = server.owed;
          server.maxOwed = before;
          const client = await server.open();
          client.socket.write(
            fragments.map(([each, times]) => each.repeat(times)).join(''),
            'latin1',
          );
          for (let i = 0; i < 20; i++) await turn();
          expect(server.maxOwed - before).toBeLessThanOrEqual(MAX_WAITING + 1);
          await client.leave();
        }),
        { numRuns: runs(600) },
      );
    }));
});

it('a head that trickles is given up at client_timeout', () =>
  whileBusy(async (server) => {
    const client = await server.open();
    await client.write('GET / HTTP/1.1\r\nX: ');
    const trickling = setInterval(() => client.socket.write('x'), 20);
    try {
      expect((await client.answer()).status).toBe(408);
    } finally {
      clearInterval(trickling);
    }
  }, 200));
