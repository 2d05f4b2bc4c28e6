import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { filterPaths } from '../../../src/pipeline/registry';
import { BodyMemory } from '../../../src/http/body_memory';
import { Headers } from '../../../src/http/headers';
import { textResponse } from '../../../src/swift_api/message';
import { readTarget } from '../../../src/swift_api/request_target';
import { createListener, parseHead, serve } from '../../../src/server/listener';
import type { Body } from '../../../src/http/body';

const SIZE = 32 * 1024 * 1024;
const OPTIONS = { clientTimeout: 300, maxHeaderSize: 8192, memory: new BodyMemory() };
const LENGTH = Headers.of({ 'Content-Length': String(SIZE) });
const parts = () => Readable.from(Array.from({ length: 32 }, () => Buffer.alloc(SIZE / 32)));

/**
 * Sends a request, reads nothing until told, and prints how the connection ends. In
 * Python, since Node reports a reset after unread data as an orderly end.
 */
const CLIENT = `
import socket, sys
connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
connection.sendall(f'GET / HTTP/{sys.argv[2]}\\r\\nHost: x\\r\\n\\r\\n'.encode())
sys.stdin.readline()
try:
    while connection.recv(65536): pass
    print('end')
except ConnectionResetError:
    print('reset')
`;

/** Serves a response to such a client, and returns how it ends for the client. */
async function endOf(version: string, headers: Headers, body: Body): Promise<string> {
  const answer = { ...textResponse(200, ''), headers, body };
  const isOver = new Promise<void>((resolve, reject) => {
    server.on('request', (req, res) => {
      serve(
        () => Promise.resolve(answer),
        OPTIONS,
        req,
        res,
        parseHead(req, readTarget('/', filterPaths)),
      ).then(() => resolve(), reject);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = spawn('python3', ['-c', CLIENT, String(port), version], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = text(client.stdout);
  await isOver.finally(() => client.stdin.end('\n'));
  return (await output).trim();
}

let server: ReturnType<typeof createListener>;
beforeEach(() => {
  server = createListener(OPTIONS, () => undefined);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a client that takes nothing of its answer is given up', () => {
  it.each<[what: string, body: () => Body]>([
    ['a buffer', () => Buffer.alloc(SIZE)],
    ['a stream that is over', () => Readable.from([Buffer.alloc(SIZE)])],
    ['a stream that goes on', parts],
  ])('%s', async (_, body) => {
    expect(await endOf('1.1', LENGTH, body())).not.toBe('');
  });

  it('and cannot take what it got for the whole', async () => {
    expect(await endOf('1.0', Headers.none, parts())).toBe('reset');
  });
});
