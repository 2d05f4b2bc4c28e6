import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the project; commands run there. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Prints a line for a person; standard output is for the server's log. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a command in the root of the project, and ends this process as the command ended
 * if that failed. A signal reaches the command first, so that it leaves nothing running.
 */
export async function run(command, args) {
  let child;
  let received;
  const forward = (signal) => {
    received = signal;
    child?.kill(signal);
  };
  // before it starts: a signal that came first would leave it running
  for (const each of SIGNALS) process.on(each, forward);
  child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...ended) => resolve(ended));
  });
  for (const each of SIGNALS) process.off(each, forward);
  if (received ?? signal) await endBy(received ?? signal);
  if (code !== 0) process.exit(code ?? 1);
}

/** Ends this process by a signal, so that its caller sees which. */
function endBy(signal) {
  process.kill(process.pid, signal);
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Runs a step, and reports when it begins and how long it took. */
export async function step(what, usually, work) {
  say(`${what}, which usually takes ${usually} ...`);
  const begun = performance.now();
  await work();
  say(`done in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
