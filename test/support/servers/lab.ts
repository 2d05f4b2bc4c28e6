import { spawn, spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMAND = join(__dirname, '../swift-lab');
const END_RUN = join(__dirname, '../running/end-run');
/** The environment variable with the folder of a test run. */
export const RUN_FOLDER = 'HINDSIGHT_TEST_RUN';
/** Number of ports that a lab listens on. */
export const PORTS_OF_LAB = 6;
/** The file whose presence shows that Swift's Debian packages are installed. */
const SWIFT_SERVER = '/usr/bin/swift-proxy-server';

/** A Swift that `swift-lab` started for one worker of Jest. */
export interface Lab {
  /** The folder of its configuration, logs and data. */
  readonly folder: string;
  /** The environment that identifies it to `swift-lab` and `keystone-lab`. */
  readonly env: NodeJS.ProcessEnv;
  /** The URLs of its two proxies: without versioning, and with Swift's own. */
  readonly plain: string;
  readonly versioned: string;
}

/** Runs `swift-lab` with these arguments. @throws with its output if it fails */
export function runLab(env: NodeJS.ProcessEnv, ...args: string[]): void {
  runSync('bash', [COMMAND, ...args], { env: { ...process.env, ...env } });
}

/** Runs a command to its end. @throws with its error output if it fails */
export function runSync(
  command: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): void {
  const { status, stderr } = spawnSync(command, args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`${args.join(' ')} ended with ${status ?? 'a signal'}: ${stderr}`);
}

/**
 * The Swift of this worker, started if it is not running yet; undefined if none is
 * installed.
 */
export function labOfWorker(): Lab | undefined {
  const lab = labIn(placeOfWorker());
  if (lab === undefined || !existsSync(SWIFT_SERVER)) return undefined;
  if (!existsSync(join(lab.folder, 'up'))) {
    // leftovers of a failed attempt would be in the way
    runLab(lab.env, 'down');
    runLab(lab.env, 'up');
  }
  return lab;
}

/**
 * Ends a run: kills processes that suites left running, stops the labs of all workers and
 * removes the run's folder.
 */
export function endRun(runFolder: string): void {
  if (existsSync(runFolder)) runSync('bash', [END_RUN, runFolder]);
}

/** Ends a run once this process has ended, even if it is killed. */
export function endRunAfterThisProcess(runFolder: string): void {
  const args = [END_RUN, runFolder, String(process.pid)];
  spawn('bash', args, { detached: true, stdio: 'ignore' }).unref();
}

/** The folder of all workers, which is removed with the run. */
export function folderOfRun(): string {
  return process.env[RUN_FOLDER] ?? '';
}

/** The folder of this worker in it. */
function placeOfWorker(): string {
  return join(folderOfRun(), process.env['JEST_WORKER_ID'] ?? '1');
}

function labIn(place: string): Lab | undefined {
  if (!existsSync(join(place, 'ports'))) return undefined;
  const ports = readFileSync(join(place, 'ports'), 'utf8');
  const [plain = '', versioned = ''] = ports.split(' ');
  const folder = join(place, 'swift');
  return {
    folder,
    env: { SWIFT_LAB: folder, SWIFT_LAB_PORTS: ports },
    plain: `http://127.0.0.1:${plain}`,
    versioned: `http://127.0.0.1:${versioned}`,
  };
}
