// Load from a process of its own: wrk, which costs much less than what is measured.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { cpuOf } from './cpu.mjs';

/**
 * Sends GETs for some seconds. Returns requests per second, the median latency in
 * milliseconds, and the CPU time of the server per request in microseconds.
 *
 * @throws if a response is not a success, or a connection fails
 */
export async function load({ url, pid }, path, { connections, seconds, headers = {} }) {
  const before = pid === undefined ? 0 : cpuOf(pid);
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const child = spawn(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...fields, url + path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const failed = once(child, 'error').then(([error]) => {
    throw new Error(`wrk cannot be started (apt-get install wrk): ${error.message}`);
  });
  failed.catch(() => undefined);
  const output = await Promise.race([text(child.stdout), failed]);
  const cpu = pid === undefined ? 0 : cpuOf(pid) - before;
  const problem = /Non-2xx.*|Socket errors.*/.exec(output);
  if (problem) throw new Error(`${url}${path}: ${problem[0]}`);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  return {
    perSecond: Number(/Requests\/sec: +([\d.]+)/.exec(output)?.[1]),
    latency: milliseconds(/50% +([\d.]+)(us|ms|s)/.exec(output)),
    cpu: (cpu * 1000) / requests,
  };
}

function milliseconds([, number, unit]) {
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
}
