import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { lastOf } from './output';
import { noteProcess } from './processes';
import { CLI } from '../running/paths';

/** A Hindsight in its own process, as its users run it. */
export interface ProxyProcess {
  readonly url: string;
  readonly pid: number;
  /** Its peak memory so far, in bytes. */
  peakMemory(): number;
  /** Ends it by a signal. Resolves to its exit code once it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts the built command with a configuration, and waits until it logs its URL.
 *
 * @param onLog receives each line of its log
 * @param openFiles its limit (`ulimit -n`); undefined for this process's own
 * @param cli the command, for another version
 */
export async function startProxyProcess(
  configuration: string,
  onLog: (line: Record<string, unknown>) => void = () => undefined,
  openFiles?: number,
  cli = CLI,
): Promise<ProxyProcess> {
  if (!existsSync(cli)) throw new Error(`${cli} is not there: npm run build`);
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-config-'));
  const file = join(folder, 'hindsight.conf');
  writeFileSync(file, configuration);
  const command = [process.execPath, cli, 'serve', '--config', file];
  const limited =
    openFiles === undefined ? [] : ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(openFiles)];
  const [program = '', ...args] = [...limited, ...command];
  // Jest's environment is a copy, which a process has only if it is named
  const { env } = process;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const printed = lastOf(child.stderr);
  noteProcess(child);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = exited.finally(() => {
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  });
  gone.catch(() => undefined);

  const url = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      onLog(entry);
      if (typeof entry['url'] === 'string') resolve(entry['url']);
    });
    void gone.then(
      (code) => reject(new Error(`hindsight ended with ${code ?? 'a signal'}: ${printed()}`)),
      reject,
    );
  });
  return {
    url: await url,
    pid: child.pid ?? 0,
    peakMemory: () => {
      const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return gone;
    },
  };
}

/**
 * The configuration of a proxy on a free port, with the lab's service user.
 *
 * @param defaults further lines for `[DEFAULT]`
 * @param check whether it looks for other servers over the store; many tests start
 *   several
 */
export function processConfiguration(
  upstream: string,
  workers = 1,
  defaults = '',
  check = false,
): string {
  return `
[DEFAULT]
bind_port = 0
workers = ${workers}
${defaults}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging versioned_writes proxy-server
[filter:versioned_writes]
use = versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[app:proxy-server]
use = swift
sole_server_check = ${check}
upstream = ${upstream}
auth_url = ${upstream}/auth/v1.0
auth_user = admin:admin
auth_key = admin
`;
}
