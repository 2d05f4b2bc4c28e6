import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from '../../support/clients/command';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { embeddedConfiguration } from '../../support/servers/embedded_process';
import { freePorts } from '../../support/servers/ports';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';

const newFolder = temporaryFolders();

let server: ProxyProcess;
let disabling: string;
beforeAll(async () => {
  disabling = join(await newFolder(), 'disabled');
  const configuration = embeddedConfiguration(join(await newFolder(), 'data'));
  server = await startProxyProcess(
    `${configuration}\n[filter:healthcheck]\ndisable_path = ${disabling}\n`,
  );
});
afterAll(() => server.stop());

const health = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [CLI, 'health', ...args], { env: { ...process.env, ...env } });

const alive = (url: string) => ({ code: 0, stdout: `${url}/healthcheck: OK\n`, stderr: '' });
const dead = (url: string, cause: string) => ({
  code: 1,
  stdout: '',
  stderr: `hindsight: ${url}/healthcheck: ${cause}\n`,
});

it('a living server is healthy, by its URL, a configuration, or the address of the sample', async () => {
  const { url } = server;
  const { port } = new URL(url);
  expect(await health([url])).toEqual(alive(url));
  expect(await health([`${url}/healthcheck`])).toEqual(alive(url));
  const file = join(await newFolder(), 'my.conf');
  // others cannot read the secrets that a probe does not need
  writeFileSync(file, `[DEFAULT]\nbind_port = ${port}\n[app:x]\nkey = \${file:/no/such}\n`);
  expect(await health(['--config', file])).toEqual(alive(url));
  expect(await health([], { HINDSIGHT_PORT: port })).toEqual(alive(url));
});

it('a server that is taken out of service is not', async () => {
  writeFileSync(disabling, '');
  expect(await health([server.url])).toEqual(dead(server.url, '503 Service Unavailable'));
});

it('nor is one that is not there', async () => {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  expect(await health([url])).toEqual(dead(url, 'connection refused'));
});

it('nor is one that does not answer in time', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  try {
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await health([url])).toEqual(dead(url, 'no answer in 3 s'));
  } finally {
    silent.close();
  }
});

it.each([
  [['ftp://h'], 'ftp://h is not an http:// or https:// URL'],
  [['--config', 'none.conf'], 'none.conf: no such file'],
])('%j is one line', async (args, said) => {
  expect(await health(args)).toEqual({ code: 1, stdout: '', stderr: `hindsight: ${said}\n` });
});
