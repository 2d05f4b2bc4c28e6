import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Ended } from '../command';
import { aptInstall, describeNeeding } from '../../running/needs';
import { isWarm, runWarm } from '../warm_command';
import { describeS3, STORES_OF_DEPTH, type S3Store } from '../../servers/s3_endpoint';

/** Clients from Debian: a file that shows that one is installed, by its package. */
const CLIENTS = {
  awscli: '/usr/bin/aws',
  s3cmd: '/usr/bin/s3cmd',
  rclone: '/usr/bin/rclone',
  'python3-boto': '/usr/lib/python3/dist-packages/boto/__init__.py',
  'python3-boto3': '/usr/lib/python3/dist-packages/boto3/__init__.py',
} as const;

/**
 * Declares a suite for a client over each store.
 *
 * @param s3api options of the filter `s3api`
 */
export function describeClient(
  name: keyof typeof CLIENTS,
  suite: (store: S3Store) => void,
  s3api = '',
): void {
  describeNeeding(
    { name, file: CLIENTS[name], install: aptInstall(name) },
    'a client of Debian',
    () => describeS3(name, suite, STORES_OF_DEPTH, s3api),
  );
}

/**
 * Runs a client in the suite's own folder, without any settings of this machine. For use
 * within tests.
 */
export interface Workplace {
  readonly folder: string;
  path(name: string): string;
  /** Runs a command, whether it succeeds or not. */
  ended(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** Returns the output of a command; throws if it fails. */
  output(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** Makes a folder for the tests of a suite. */
export function suiteWorkplace(): Workplace {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-client-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ended = (command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const env = { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8', ...more };
    return isWarm(command)
      ? runWarm(command, { args, cwd: folder, env })
      : run(command, args, { cwd: folder, env });
  };
  return {
    get folder() {
      return folder;
    },
    path: (name) => join(folder, name),
    ended,
    output: async (command, args, env) => {
      const { code, stdout, stderr } = await ended(command, args, env);
      if (code !== 0)
        throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
      return stdout;
    },
  };
}
