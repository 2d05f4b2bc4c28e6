import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import { embeddedConfiguration, loginTo } from '../../support/servers/embedded_process';
import { eventually } from '../../support/running/eventually';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();

it.each([1, 2])('a log on a full disk stops no server with %i processes', async (workers) => {
  const folder = await newFolder();
  const [port = 0] = await freePorts(1);
  const configuration = path.join(folder, 'hindsight.conf');
  await writeFile(configuration, embeddedConfiguration(path.join(folder, 'data'), workers, port));
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [CLI, 'serve', '--config', configuration], {
    stdio: ['ignore', full, full],
  });
  noteProcess(child);
  closeSync(full);
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await eventually('it serves', async () => {
    const answer = await request(`${url}/healthcheck`).catch(() => undefined);
    await answer?.body.dump();
    return answer?.statusCode === 200;
  });
  const client = await loginTo(url);
  expect((await client.ask('PUT', '/c')).status).toBe(201);
  for (let at = 0; at < 50; at++)
    expect((await client.ask('PUT', '/c/o', {}, `body ${at}`)).status).toBe(201);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
