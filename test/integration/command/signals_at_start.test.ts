import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/running/eventually';
import { CLI } from '../../support/running/paths';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { embeddedConfiguration } from '../../support/servers/embedded_process';
import { freePorts } from '../../support/servers/ports';
import { noteProcess } from '../../support/servers/processes';

const newFolder = temporaryFolders();

it.each(['SIGINT', 'SIGTERM'] as const)(
  'at %s, a server stops in order while some of its workers are starting',
  async (signal) => {
    const [port = 0] = await freePorts(1);
    const file = join(await newFolder(), 'hindsight.conf');
    writeFileSync(file, embeddedConfiguration(`${await newFolder()}/data`, 6, port));
    const child = spawn(process.execPath, [CLI, 'serve', '--config', file], { stdio: 'ignore' });
    noteProcess(child);
    const ended = once(child, 'exit');
    await eventually('one of them listens', () => accepts(port));
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
  },
);

/** Returns whether a port accepts connections. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
