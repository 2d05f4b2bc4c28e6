import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { embeddedConfiguration, loginTo } from '../../support/servers/embedded_process';
import { eventually } from '../../support/running/eventually';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import type { Client } from '../../support/clients/client';
import { temporaryFolders } from '../../support/running/temporary_folders';

const folder = temporaryFolders();
const MIB = 1024 * 1024;
const READERS = 400;

let server: ProxyProcess;
let client: Client;
const log: Record<string, unknown>[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  const configuration = embeddedConfiguration(`${await folder()}/data`);
  server = await startProxyProcess(configuration, (line) => log.push(line), 256);
  client = await loginTo(server.url);
  expect((await client.ask('PUT', '/c')).status).toBe(201);
  expect((await client.ask('PUT', '/c/large', {}, Buffer.alloc(8 * MIB))).status).toBe(201);
});

afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  await server.stop();
});

/** Sends a request over a new connection; reads only the response's first bytes. */
async function ask(
  lines: readonly string[],
  body = '',
): Promise<{ socket: Socket; status: number }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  const credentials = `X-Auth-Token: ${client.credentials.get('x-auth-token') ?? ''}`;
  await once(socket, 'connect');
  return send(socket, [...lines, 'Host: h', credentials], body);
}

async function send(socket: Socket, lines: readonly string[], body: string) {
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await once(socket, 'readable');
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(String(socket.read(12)))?.[1]);
  if (status !== 200) socket.resume();
  return { socket, status };
}

const put = (name: string) =>
  ask([`PUT ${client.account}/c/${name} HTTP/1.1`, 'Content-Length: 1'], 'x');

it('at the limit of open files new connections are answered 503, and those that are there go on', async () => {
  const early = await put('early');
  expect(early.status).toBe(201);
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => ask([`GET ${client.account}/c/large HTTP/1.1`])),
  );
  const served = readers.filter(({ status }) => status === 200);
  expect(served.length).toBeGreaterThan(40);
  expect(readers.filter(({ status }) => status === 503)).toHaveLength(READERS - served.length);

  for (let i = 0; i < 20; i++) expect((await put(`refused-${i}`)).status).toBe(503);
  early.socket.pause();
  const token = client.credentials.get('x-auth-token') ?? '';
  const lines = [`PUT ${client.account}/c/late HTTP/1.1`, 'Host: h', `X-Auth-Token: ${token}`];
  expect((await send(early.socket, [...lines, 'Content-Length: 1'], 'x')).status).toBe(201);

  readers.forEach(({ socket }) => socket.destroy());
  await eventually('there is room again', async () => (await put('after')).status === 201);
  expect(log.filter(({ msg }) => String(msg).includes('ulimit -n'))).toHaveLength(1);
});
