import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually, pause } from '../../support/running/eventually';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { embeddedConfiguration, lives, loginTo } from '../../support/servers/embedded_process';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';

const newFolder = temporaryFolders();

let server: ProxyProcess;
let upload: Socket;
let stopped: Promise<number | null>;

/** Sends a first signal while a body is on its way, and waits until the server knows. */
async function stopDuringUpload(): Promise<void> {
  const lines: unknown[] = [];
  server = await startProxyProcess(
    embeddedConfiguration(`${await newFolder()}/data`),
    ({ why }) => why === 'SIGINT' && lines.push(why),
  );
  const client = await loginTo(server.url);
  expect((await client.ask('PUT', '/c')).status).toBe(201);
  const { hostname, port } = new URL(server.url);
  upload = connect(Number(port), hostname);
  upload.on('error', () => undefined);
  await once(upload, 'connect');
  const token = client.credentials.get('x-auth-token') ?? '';
  upload.write(
    `PUT ${client.account}/c/o HTTP/1.1\r\nHost: h\r\nX-Auth-Token: ${token}\r\nContent-Length: 9\r\n\r\nhalf `,
  );
  await pause(300);
  stopped = server.stop('SIGINT');
  await eventually('it stops', () => lines.length > 0);
}

async function finishUpload(): Promise<void> {
  expect(lives(server.pid)).toBe(true);
  upload.write('body');
  const [answer] = (await once(upload, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 201 /);
  expect(await stopped).toBe(0);
}

afterEach(async () => {
  upload.destroy();
  await server.stop('SIGKILL');
});

it('the same signal once more, as a parent passes it on, lets requests end', async () => {
  await stopDuringUpload();
  process.kill(server.pid, 'SIGINT');
  await pause(300);
  await finishUpload();
});

it('a second signal ends it at once', async () => {
  await stopDuringUpload();
  await pause(700);
  expect(lives(server.pid)).toBe(true);
  process.kill(server.pid, 'SIGINT');
  // by a signal, so there is no exit code
  expect(await stopped).toBeNull();
});

describe('under npm, which passes on what the terminal sends', () => {
  beforeAll(() => {
    process.env['npm_lifecycle_event'] = 'start';
  });
  afterAll(() => {
    delete process.env['npm_lifecycle_event'];
  });

  it('a second signal that comes late lets requests end', async () => {
    await stopDuringUpload();
    await pause(700);
    process.kill(server.pid, 'SIGINT');
    await pause(300);
    await finishUpload();
  });

  it('a third signal ends it at once', async () => {
    await stopDuringUpload();
    process.kill(server.pid, 'SIGINT');
    await pause(700);
    process.kill(server.pid, 'SIGINT');
    expect(await stopped).toBeNull();
  });
});
