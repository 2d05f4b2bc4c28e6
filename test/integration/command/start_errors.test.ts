import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemReason } from '../../../src/util/errors';
import { embeddedConfiguration } from '../../support/servers/embedded_process';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';

const folder = temporaryFolders();

/** Runs the command until it ends; returns what it prints for people. */
function run(args: readonly string[]): { status: number | null; said: string } {
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, said: stderr };
}

it('a port in use is one line, with the option that helps', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const file = join(await folder(), 'test.conf');
    writeFileSync(file, embeddedConfiguration(join(await folder(), 'data'), 1, port));
    expect(run(['serve', '--config', file])).toEqual({
      status: 1,
      said: `hindsight: 127.0.0.1:${port} is in use: stop the program that listens there, or choose another bind_port\n`,
    });
  } finally {
    server.close();
  }
});

it('a configuration that is not there is one line', () => {
  expect(run(['check', '--config', 'nope.conf'])).toEqual({
    status: 1,
    said: 'hindsight: nope.conf: no such file\n',
  });
});

it('a folder that cannot be used is one line, with the option that helps', async () => {
  const parent = await folder();
  const file = join(parent, 'test.conf');
  const data = join(file, 'data');
  writeFileSync(file, embeddedConfiguration(data));
  expect(run(['serve', '--config', file])).toEqual({
    status: 1,
    said: `hindsight: could not open ${data}: not a directory; the option data of [app:embedded] names the folder\n`,
  });
});

it.each([
  ["EACCES: permission denied, mkdir '/closed/data'", 'EACCES', 'permission denied'],
  ["ENOENT: no such file or directory, open 'x'", 'ENOENT', 'no such file or folder'],
  ['something else', '', 'something else'],
])('%j is said plainly', (message, code, reason) => {
  expect(systemReason(Object.assign(new Error(message), { code }))).toBe(reason);
});
