import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Ended } from './command';
import { lastOf } from '../servers/output';
import { noteProcess } from '../servers/processes';

const SERVER = join(__dirname, 'warm_python.py');
/** Modules of Debian's commands that take the longest to load. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  '/usr/bin/aws': [
    'awscli.clidriver',
    'awscli.customizations.s3.subcommands',
    'botocore.httpsession',
  ],
  '/usr/bin/swift': ['swiftclient.shell', 'swiftclient.service'],
  '/usr/bin/s3cmd': ['S3.S3', 'S3.Config', 'S3.FileLists'],
};

/** A longer run is stopped, together with all runs requested after it. */
const MAX_MILLISECONDS = 120_000;

interface Job {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A Python command whose modules are loaded once; each run is a process forked from that.
 */
class WarmCommand {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #printed: () => string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(command: string) {
    const args = [SERVER, command, ...(MODULES[command] ?? [])];
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
    // a group of its own, so that stopping it also stops its forks
    this.#child = spawn('/usr/bin/python3', args, {
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    noteProcess(this.#child);
    // reading its response shows that it ended
    for (const source of [this.#child, this.#child.stdin]) source.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#printed = lastOf(this.#child.stderr);
  }

  /** Runs it after all runs requested before. */
  run(job: Job): Promise<Ended> {
    const ended = this.#last.then(() => this.#runNow(job));
    this.#last = ended.catch(() => undefined);
    return ended;
  }

  stop(): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // it has already ended
    }
  }

  async #runNow(job: Job): Promise<Ended> {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    const timer = setTimeout(() => this.stop(), MAX_MILLISECONDS);
    const next = await this.#answers.next().finally(() => clearTimeout(timer));
    if (next.done === true) throw new Error(`the command ended: ${this.#printed()}`);
    return JSON.parse(next.value) as Ended;
  }
}

const running = new Map<string, WarmCommand>();

afterAll(() => {
  for (const command of running.values()) command.stop();
  running.clear();
});

/**
 * Runs one of Debian's Python commands to its end, as `run` does, without loading its
 * modules again.
 */
export function runWarm(command: string, job: Job): Promise<Ended> {
  const warm = running.get(command) ?? new WarmCommand(command);
  running.set(command, warm);
  return warm.run(job);
}

/** Whether a command is one of those. */
export const isWarm = (command: string) => command in MODULES;
