import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/clients/command';
import { eventually } from '../../support/running/eventually';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { login } from '../../support/servers/embedded';
import { childrenOf, embeddedConfiguration, lives } from '../../support/servers/embedded_process';
import { freePorts } from '../../support/servers/ports';
import { startProxyProcess } from '../../support/servers/proxy_process';

const newFolder = temporaryFolders();

const KEY = 'the-key-of-a-user';

it('check reports a file that others can read, by its line', async () => {
  const folder = await newFolder();
  const secret = join(folder, 'secret');
  writeFileSync(secret, `${KEY}\n`, { mode: 0o600 });
  const text = embeddedConfiguration('data').replace('= testing', '= ${file:secret}');
  writeFileSync(join(folder, 'my.conf'), text);
  const check = () => run(process.execPath, [CLI, 'check', 'my.conf'], { cwd: folder });
  expect(await check()).toMatchObject({ code: 0, stderr: '' });
  chmodSync(secret, 0o640);
  const line = text.split('\n').findIndex((each) => each.includes('${file:secret}')) + 1;
  expect(await check()).toEqual({
    code: 1,
    stdout: '',
    stderr: `hindsight: my.conf:${line}: \${file:secret}: others than its owner have access to ${secret}: chmod 600 ${secret}\n`,
  });
});

it('workers, also later ones, have the secrets that the server began with', async () => {
  const folder = await newFolder();
  const secret = join(folder, 'secret');
  writeFileSync(secret, `${KEY}\n`, { mode: 0o600 });
  const [port] = await freePorts(1);
  const text = embeddedConfiguration(join(folder, 'data'), 2, port);
  const replaced: unknown[] = [];
  const server = await startProxyProcess(
    text.replace('= testing', `= \${file:${secret}}`),
    ({ msg }) => msg === 'a worker was replaced' && replaced.push(msg),
  );
  try {
    rmSync(secret);
    const workers = childrenOf(server.pid);
    expect(workers).toHaveLength(2);
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    // also if all of them die at once, after which nothing else keeps the server alive
    await eventually('all are replaced', () => replaced.length === 2);
    expect(workers.filter(lives)).toEqual([]);
    const client = await login(server.url, 'test:tester', KEY);
    expect((await client.ask('PUT', '/c')).status).toBe(201);
  } finally {
    await server.stop();
  }
});
