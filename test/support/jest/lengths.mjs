import { readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('lengths.json', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Seconds that a suite is expected to take if nobody has measured it. */
const UNKNOWN = 10;

/** Whether all of each deep suite runs, or the part that the gate has of it. */
const depth = process.env.TEST_DEPTH === 'deep' ? 'deep' : 'gate';
const lengths = readLengths();
let planned = [];

/** The path of a suite from the root of the project. */
export const nameOf = (path) => relative(ROOT, path).split(sep).join('/');

/** How many seconds a suite is expected to take; it is measured anew with TEST_LENGTHS=write. */
export function expectedLength(path) {
  return lengths[depth][nameOf(path)] ?? UNKNOWN;
}

/** Seconds that so many workers are expected to take for suites. */
export function expectedTime(paths, workers) {
  const each = paths.map(expectedLength);
  const sum = each.reduce((total, length) => total + length, 0);
  return Math.max(sum / workers, ...each, 0);
}

/** Remembers which suites this run has. */
export function plan(paths) {
  planned = paths;
}

/** The suites that this run has. */
export const plannedPaths = () => planned;

/** Keeps how many seconds suites took, by their paths. */
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
