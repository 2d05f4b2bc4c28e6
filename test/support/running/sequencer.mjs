import Sequencer from '@jest/test-sequencer';
import { expectedLength, plan } from './lengths.mjs';

/**
 * Runs the longest suites first, so that no worker is left alone with one at the end.
 * TEST_ORDER=random uses a random order, TEST_ORDER=NUMBER that of an earlier run.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    plan(tests.map(({ path }) => path));
    const order = process.env.TEST_ORDER;
    if (order)
      return shuffled(
        tests,
        order === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(order),
      );
    return [...tests].sort((one, other) => expectedLength(other.path) - expectedLength(one.path));
  }
}

function shuffled(tests, seed) {
  console.log(`suites in random order: TEST_ORDER=${seed} repeats it`);
  const next = random(seed);
  return [...tests]
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .map((test) => ({ test, key: next() }))
    .sort((one, other) => one.key - other.key)
    .map(({ test }) => test);
}

/** Pseudo-random numbers from 0 up to 1, determined by the seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
