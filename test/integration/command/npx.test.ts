import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { eventually } from '../../support/running/eventually';
import { ROOT } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { childrenOf, embeddedConfiguration, lives } from '../../support/servers/embedded_process';
import { noteProcess } from '../../support/servers/processes';

const newFolder = temporaryFolders();

it('a server that npx runs stops in order if npx is stopped', async () => {
  const folder = await newFolder();
  const file = `${folder}/hindsight.conf`;
  writeFileSync(file, embeddedConfiguration(`${folder}/data`));
  const args = ['--no-install', 'hindsight', 'serve', '--config', file];
  const npx = spawn('npx', args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: process.env,
  });
  noteProcess(npx);
  const lines: string[] = [];
  const output = createInterface(npx.stdout).on('line', (line) => lines.push(line));
  await eventually('it serves', () => lines.some((line) => line.includes('"serving"')));
  const servers = childrenOf(npx.pid ?? 0);
  try {
    const ended = once(output, 'close');
    npx.kill('SIGTERM');
    await ended;
    expect(lines.at(-1)).toMatch(/"why":"(SIGTERM|npx has ended)"/);
    await eventually('it has ended', () => !servers.some(lives));
  } finally {
    for (const server of servers) if (lives(server)) process.kill(server, 'SIGKILL');
  }
});
