import { readFileSync } from 'node:fs';
import { childrenOf, loginTo, startEmbeddedProcess } from '../../support/servers/embedded_process';
import { newContainer } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { FakeStore } from '../../support/stores/fake_store';
import { startProxyProcess } from '../../support/servers/proxy_process';
import { RawConnection } from '../../support/clients/raw_connection';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();
const MIB = 1024 * 1024;

/** Returns the sum of the peak memory of processes so far, in bytes. */
function peakOf(pids: readonly number[]): number {
  const kib = pids.map((pid) =>
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
  );
  return kib.reduce((sum, each) => sum + each, 0) * 1024;
}

it('workers keep little of what a client sends without waiting for answers', async () => {
  // it never answers
  const store = await FakeStore.start(() => undefined);
  const server = await startProxyProcess(`
[DEFAULT]
bind_port = 0
workers = 2
shutdown_timeout = 0
[pipeline:main]
pipeline = catch_errors healthcheck proxy-server
[app:proxy-server]
use = swift
sole_server_check = off
upstream = ${store.url}
`);
  const opened: RawConnection[] = [];
  const open = async () => {
    const connection = await RawConnection.open(server.url);
    opened.push(connection);
    return connection;
  };
  try {
    const others = [await open(), await open(), await open()];
    const turns = async () => {
      for (let i = 0; i < 5; i++)
        for (const each of others) expect((await each.ask('GET', '/healthcheck')).status).toBe(200);
    };
    await turns();
    const workers = childrenOf(server.pid);
    const before = peakOf(workers);
    const flood = Buffer.from('GET /v1/AUTH_test/c/o HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(12_000));
    const clients = [await open(), await open()];
    for (const { socket } of clients) for (let i = 0; i < 8; i++) socket.write(flood);
    const sent = () =>
      clients.reduce((sum, { socket }) => sum + socket.bytesWritten - socket.writableLength, 0);
    let last = -1;
    await eventually('nothing more is taken', async () => {
      const same = last === sent();
      last = sent();
      await turns();
      return same;
    });
    expect(workers).toHaveLength(2);
    expect(peakOf(workers) - before).toBeLessThan(48 * MIB);
    expect(store.received.split('GET ').length - 1).toBeLessThanOrEqual(clients.length);
  } finally {
    for (const { socket } of opened) socket.destroy();
    await server.stop();
    await store.close();
  }
});

it('workers answer each of many requests that are sent at once, in order', async () => {
  const server = await startEmbeddedProcess(await newFolder(), 2);
  try {
    const client = await loginTo(server.url);
    const path = `${client.account}/${await newContainer(client)}`;
    const token = `X-Auth-Token: ${client.credentials.get('x-auth-token') ?? ''}`;
    const get = (object: number) => `GET ${path}/${object} HTTP/1.1\r\nHost: a\r\n${token}\r\n\r\n`;
    const put = (object: number, body: string) =>
      `PUT ${path}/${object} HTTP/1.1\r\nHost: a\r\n${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const raw = await RawConnection.open(server.url);
    const bodies = Array.from({ length: 50 }, (_, i) => `${'\r\n\r\n'.repeat(i)}${i}`);
    await raw.write(bodies.map((body, i) => put(i % 7, body) + get(i % 7)).join(''));
    for (const body of bodies) {
      expect((await raw.answer()).status).toBe(201);
      expect((await raw.answer()).body.toString()).toBe(body);
    }
    await raw.write(Array.from({ length: 100 }, () => get(1)).join(''));
    for (let i = 0; i < 100; i++) expect((await raw.answer()).body.toString()).toBe(bodies[43]);
    await raw.leave();
  } finally {
    await server.stop();
  }
});
