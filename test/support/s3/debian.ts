import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Ended } from '../command';
import { describeS3, type S3Store } from './endpoint';

/** The clients that come from Debian: what tells that one is there, and its package. */
const CLIENTS = {
  awscli: '/usr/bin/aws',
  s3cmd: '/usr/bin/s3cmd',
  rclone: '/usr/bin/rclone',
  'python3-boto3': '/usr/lib/python3/dist-packages/boto3/__init__.py',
} as const;

/** A suite for a client over each store. Without the client it does not run, which is said loudly, and is a failure where CI is set. */
export function describeClient(name: keyof typeof CLIENTS, suite: (store: S3Store) => void): void {
  if (existsSync(CLIENTS[name])) {
    describeS3(name, suite);
    return;
  }
  const message = `No ${name} on this machine: its tests DO NOT RUN. Install the package ${name}.`;
  if (process.env['CI']) throw new Error(message);
  process.stderr.write(`\n${'!'.repeat(100)}\n${message}\n${'!'.repeat(100)}\n\n`);
  describe.skip(`${name} (NOT RUN: it is not installed)`, () => it(`needs ${name}`, () => undefined));
}

/** Runs a client in a folder of the suite's own, with nothing of this machine's settings; to be used within tests. */
export interface Workplace {
  readonly folder: string;
  path(name: string): string;
  /** How a command ended, whichever way. */
  ended(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** The output of one that must succeed. */
  output(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** A folder that is there while the tests of a suite run. */
export function suiteWorkplace(): Workplace {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-client-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ended = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    run(command, args, {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8', ...env },
    });
  return {
    get folder() {
      return folder;
    },
    path: (name) => join(folder, name),
    ended,
    output: async (command, args, env) => {
      const { code, stdout, stderr } = await ended(command, args, env);
      if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
      return stdout;
    },
  };
}
