import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { VersionedWritesOptions } from '../../../src';
import { lastOf } from './output';
import { noteProcess } from './processes';
import { ROOT } from '../running/paths';

const APP = `
const express = require('express');
const { createProxyMiddleware } = require('http-proxy-middleware');
const { versionedWrites } = require(${JSON.stringify(join(ROOT, 'dist/src/index.js'))});
const options = JSON.parse(process.argv[1]);
const app = express();
app.use(versionedWrites(options));
app.use(createProxyMiddleware({ target: options.upstream }));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** Starts an Express app in a process of its own, with the built middleware. */
export async function startExpressProcess(
  options: VersionedWritesOptions,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', APP, JSON.stringify(options)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = lastOf(child.stderr);
  noteProcess(child);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit').finally(() => process.off('exit', kill));
  const port = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    exited.then(() => {
      throw new Error(`the Express app ended: ${printed()}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
