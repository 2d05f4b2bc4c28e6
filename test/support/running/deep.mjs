#!/usr/bin/env node
// Runs the deep tests: all of each deep suite.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.env.TEST_DEPTH = 'deep';
const { expectedLength, expectedTime, nameOf } = await import('./lengths.mjs');

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');
const WORKERS = Math.max(2, os.availableParallelism());
/**
 * Expected seconds of one shard in CI: the limit of 15 minutes, with a margin for a busy
 * machine.
 */
const MAX_SHARD_OF_CI = 12 * 60;

const HELP = `npm run test:deep -- [NAME...] [--shard i/n | --commit HASH] [--retry] [--list]

Runs all deep suites in full, or those whose path contains a NAME.
Prints the expected time first.

  --shard i/n     runs only the i-th of n parts of about the same length
  --commit HASH   runs only a part that fits CI's time limit, chosen by a commit's hash
  --retry         runs each failed suite once more, alone; one that then passes is flaky
  --list          lists the suites with their expected seconds, and runs nothing
  --help          prints this help`;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    shard: { type: 'string' },
    commit: { type: 'string' },
    retry: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

class UsageError extends Error {}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(error.message);
  process.exitCode = 2;
}

function main() {
  if (options.help) return say(HELP);
  const all = suitesOf(names);
  if (all.length === 0) throw new UsageError(`no deep suite has ${names.join(' or ')} in its path`);
  const [index, count] = shardOf(all);
  if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count))
    throw new UsageError(
      '--shard takes i/n with i from 1 to n; --commit takes the hash of a commit',
    );
  const suites = shards(all, count)[index - 1];
  const time = Math.ceil(expectedTime(suites, WORKERS) / 60);
  const part = count > 1 ? `deep suites, part ${index} of ${count}` : 'deep suites';
  say(`${part}: ${suites.length} of ${all.length} suites, expected to take ${time} minutes:`);
  for (const path of suites) say(`${String(expectedLength(path)).padStart(6)} s  ${nameOf(path)}`);
  if (options.list || suites.length === 0) return 0;
  const failed = run(suites);
  return options.retry ? retry(failed) : verdict(failed);
}

/** The deep suites in a fixed order, the longest first. */
function suitesOf(patterns) {
  const args = [JEST, '--selectProjects', 'deep', '--listTests', '--json'];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout)
    .filter(
      (path) => patterns.length === 0 || patterns.some((pattern) => nameOf(path).includes(pattern)),
    )
    .sort((one, other) => expectedLength(other) - expectedLength(one) || (one < other ? -1 : 1));
}

/** The requested shard: its index and the number of shards. */
function shardOf(suites) {
  if (options.shard) return options.shard.split('/').map(Number);
  if (options.commit === undefined) return [1, 1];
  let count = 1;
  // no shard is shorter than its longest suite
  const max = Math.max(MAX_SHARD_OF_CI, ...suites.map(expectedLength));
  const isTooLong = (shard) => expectedTime(shard, WORKERS) > max;
  while (count < suites.length && shards(suites, count).some(isTooLong)) count++;
  return [(parseInt(options.commit.slice(0, 8), 16) % count) + 1, count];
}

/** Splits suites into `count` shards of about the same length. */
function shards(suites, count) {
  const parts = Array.from({ length: count }, () => ({ suites: [], length: 0 }));
  for (const suite of suites) {
    const [shortest] = [...parts].sort((one, other) => one.length - other.length);
    shortest.suites.push(suite);
    shortest.length += expectedLength(suite);
  }
  return parts.map(({ suites: some }) => some);
}

/**
 * Runs suites. @returns the paths of those that failed; undefined if the run failed as a
 * whole
 */
function run(suites) {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-depth-'));
  const file = join(folder, 'failed');
  try {
    const args = [JEST, '--selectProjects', 'deep', '--runTestsByPath', ...suites];
    const env = { ...process.env, TEST_FAILED: file };
    const { status } = spawnSync(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env,
    });
    if (status === 0) return [];
    const failed = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return failed.length > 0 ? failed.map((name) => join(ROOT, name)) : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs each failed suite once more, alone: a suite that fails twice fails the run. */
function retry(failed) {
  if (failed === undefined || failed.length === 0) return verdict(failed);
  const again = failed.filter((suite) => {
    say(`running again, alone: ${nameOf(suite)}`);
    return run([suite])?.length !== 0;
  });
  for (const suite of failed) {
    const isFlaky = !again.includes(suite);
    say(`${isFlaky ? 'FLAKY, a defect to fix' : 'failed twice'}: ${nameOf(suite)}`);
  }
  return again.length === 0 ? 0 : 1;
}

function verdict(failed) {
  if (failed === undefined) {
    say('the run failed as a whole; see above');
    return 1;
  }
  for (const suite of failed) say(`failed: ${nameOf(suite)}`);
  return failed.length === 0 ? 0 : 1;
}

function say(line) {
  process.stderr.write(`${line}\n`);
  return 0;
}
