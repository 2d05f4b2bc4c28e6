import { spawnSync } from 'node:child_process';
import { rmSync, mkdirSync, readdirSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../src/util/errors';
import { folderOfRun, runSync } from './lab';
import { describeNotRun } from '../running/needs';
import { ROOT } from '../running/paths';

const MODULES = join(ROOT, 'node_modules');
/** The released 0.1.0. */
const COMMIT = '65c50cb94b8cbeeca8156f2d5d6b4de7a71e5a0a';

/** A checkout of the version from which docs/upgrading.md describes the upgrade. */
export interface EarlierVersion {
  readonly version: '0.1.0';
  /** Its whole repository, with its tests. */
  readonly folder: string;
  /** Its command, built. */
  readonly cli: string;
}

/**
 * Declares a suite that needs 0.1.0, built from the history of the repository. If the
 * history does not go back that far, the suite is reported as not run.
 *
 * @param suite receives a function for its hooks that checks out and builds that version
 */
export function describeWithEarlier(
  title: string,
  suite: (build: () => EarlierVersion) => void,
): void {
  const { status } = spawnSync('git', ['-C', ROOT, 'cat-file', '-e', `${COMMIT}^{commit}`]);
  if (status === 0) describe(title, () => suite(earlierVersion));
  else describeNotRun({ name: '0.1.0 in the history', install: 'git fetch --unshallow' }, title);
}

/** Max milliseconds to wait for another worker to build it. */
const MAX_WAIT = 120_000;

/**
 * Builds 0.1.0 with today's packages, once for all workers of a run. The end of the run
 * removes it.
 */
function earlierVersion(): EarlierVersion {
  const folder = join(folderOfRun(), 'earlier');
  const built = join(folder, '.built');
  if (claim(folder)) buildOrLeave(folder, built);
  else waitFor(built);
  return { version: '0.1.0', folder, cli: join(folder, 'dist/src/cli.js') };
}

/** Creates a folder; returns whether no other worker has. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** Leaves nothing behind a failure, so that another suite can try. */
function buildOrLeave(folder: string, built: string): void {
  try {
    build(folder, built);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function build(folder: string, built: string): void {
  runSync('sh', ['-c', 'git -C "$0" archive "$1" | tar x -C "$2"', ROOT, COMMIT, folder]);
  linkModules(join(folder, 'node_modules'));
  // its types were checked when it was released
  runSync(join(MODULES, '.bin/tsc'), ['-p', join(folder, 'tsconfig.build.json'), '--noCheck']);
  writeFileSync(built, '');
}

/** Blocks this worker until a file exists, as building it would. */
function waitFor(file: string): void {
  const until = Date.now() + MAX_WAIT;
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) {
    if (Date.now() > until) throw new Error(`another worker has not made ${file}`);
    Atomics.wait(never, 0, 0, 100);
  }
}

/**
 * Links each package separately, so that the version has a `node_modules/.cache` of its
 * own.
 */
function linkModules(folder: string): void {
  mkdirSync(folder);
  for (const name of readdirSync(MODULES))
    if (name !== '.cache') symlinkSync(join(MODULES, name), join(folder, name));
}
