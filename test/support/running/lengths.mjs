import { readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('lengths.json', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Expected seconds of a suite that was never measured. */
const UNKNOWN = 10;

/** Whether the run has all of each deep suite, or only the gate's part. */
const depth = process.env.TEST_DEPTH === 'deep' ? 'deep' : 'gate';
const lengths = readLengths();
let planned = [];

/** The path of a suite from the root of the project. */
export const nameOf = (path) => relative(ROOT, path).split(sep).join('/');

/** The expected seconds of a suite; TEST_LENGTHS=write measures them anew. */
export function expectedLength(path) {
  return lengths[depth][nameOf(path)] ?? UNKNOWN;
}

/** The expected seconds of suites on a number of workers. */
export function expectedTime(paths, workers) {
  const each = paths.map(expectedLength);
  const sum = each.reduce((total, length) => total + length, 0);
  return Math.max(sum / workers, ...each, 0);
}

/** Sets the suites of this run. */
export function plan(paths) {
  planned = paths;
}

/** The suites of this run. */
export const plannedPaths = () => planned;

/** Stores the measured seconds of suites, by their paths. */
export function writeLengths(measured) {
  const all = readLengths();
  for (const [path, seconds] of measured)
    all[depth][nameOf(path)] = Math.max(1, Math.round(seconds));
  for (const each of Object.keys(all))
    all[each] = Object.fromEntries(Object.entries(all[each]).sort());
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`);
}

function readLengths() {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}
