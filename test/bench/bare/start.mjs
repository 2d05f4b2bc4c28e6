import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

/** Starts one of the programs of this folder. Returns its URL and process id. */
export async function startBare(name, argument) {
  const child = spawn('node', [join(import.meta.dirname, `${name}.mjs`), argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.prependOnceListener('exit', () => child.kill());
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return { url: `http://127.0.0.1:${port}`, pid: child.pid };
}
