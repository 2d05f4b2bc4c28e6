import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedLength, expectedTime, nameOf, plannedPaths, writeLengths } from './lengths.mjs';

const SLOWEST = 20;
const NOT_RUN = /\(NOT RUN: no (.*?); install it: (.*?)\)/;
/** Runs of fewer suites print no closing list of the slowest. */
const FEW = 5;

/**
 * Prints at the end of each run its slowest suites, the suites' counts, and the suites
 * that did not run with the command that installs what they need. Deep runs also print
 * their progress. If CI is set, a suite that did not run fails the run.
 */
export default class Reporter {
  #workers;
  #began = Date.now();
  #seconds = new Map();
  #missing = new Map();
  #failed = [];

  constructor({ maxWorkers }) {
    this.#workers = maxWorkers;
  }

  onRunStart() {
    const paths = plannedPaths();
    if (paths.length < FEW) return;
    say(`${paths.length} suites, expected to take ${minutes(expectedTime(paths, this.#workers))}`);
  }

  onTestResult({ path }, { testResults, perfStats, numFailingTests, testExecError }) {
    this.#seconds.set(path, (perfStats.end - perfStats.start) / 1000);
    if (numFailingTests > 0 || testExecError) this.#failed.push(nameOf(path));
    for (const { ancestorTitles, status } of testResults) {
      const [, name, install] = NOT_RUN.exec(ancestorTitles.join(' ')) ?? [];
      if (name === undefined || status === 'passed') continue;
      const missing = this.#missing.get(name) ?? { install, suites: new Set() };
      this.#missing.set(name, { install, suites: missing.suites.add(path) });
    }
    if (process.env.TEST_DEPTH === 'deep') this.#sayProgress();
  }

  onRunComplete() {
    if (this.#seconds.size >= FEW) this.#saySlowest();
    this.#sayFigures();
    for (const [name, { install, suites }] of this.#missing)
      say(`${count(suites.size, 'suite')} did not run: ${name} is missing; install it: ${install}`);
    if (process.env.TEST_LENGTHS === 'write') writeLengths(this.#seconds);
    const notRun = this.#isRefused()
      ? [...this.#missing.values()].flatMap(({ suites }) => [...suites])
      : [];
    if (this.#isRefused()) say('the run fails: every suite must run if CI is set');
    if (process.env.TEST_FAILED)
      writeFileSync(process.env.TEST_FAILED, [...this.#failed, ...notRun.map(nameOf)].join('\n'));
  }

  getLastError() {
    return this.#isRefused() ? new Error('every suite must run if CI is set') : undefined;
  }

  #isRefused() {
    return Boolean(process.env.CI) && this.#missing.size > 0;
  }

  #sayProgress() {
    const left = plannedPaths().filter((path) => !this.#seconds.has(path));
    const passed = (Date.now() - this.#began) / 1000;
    const done = `${this.#seconds.size} of ${count(plannedPaths().length, 'suite')} in ${minutes(passed)}`;
    say(left.length === 0 ? done : `${done}, ${minutes(expectedTime(left, this.#workers))} left`);
  }

  #saySlowest() {
    const sum = [...this.#seconds.values()].reduce((total, each) => total + each, 0);
    const slowest = [...this.#seconds].sort(([, one], [, other]) => other - one).slice(0, SLOWEST);
    say(
      `the ${slowest.length} slowest of ${this.#seconds.size} suites (${minutes(sum)} of test time):`,
    );
    for (const [path, seconds] of slowest) {
      const expected = `(${expectedLength(path)} s expected)`;
      say(`${seconds.toFixed(1).padStart(8)} s  ${nameOf(path)} ${expected}`);
    }
  }

  #sayFigures() {
    const file = join(process.env.HINDSIGHT_TEST_RUN ?? '', 'figures');
    if (!existsSync(file)) return;
    say('counts:');
    for (const line of readFileSync(file, 'utf8').trim().split('\n').sort()) say(`  ${line}`);
  }
}

const say = (line) => process.stderr.write(`${line}\n`);
const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

function minutes(seconds) {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
}
