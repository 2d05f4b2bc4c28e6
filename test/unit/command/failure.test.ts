import { readdirSync, readFileSync } from 'node:fs';
import { describeFailure } from '../../../src/command/failure';
import { UsageError } from '../../../src/command/usage_error';
import { ConfigError } from '../../../src/config/error';
import { StorageError } from '../../../src/stores/embedded/storage/storage_error';

/** Returns what a function throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it.each([
  [() => readFileSync('/no/such'), '/no/such: no such file or folder'],
  [() => readFileSync('package.json/x'), 'package.json/x: not a directory'],
  [() => readdirSync('package.json'), 'package.json: not a directory'],
])('an error of the system is its file and its reason (%#)', (work, said) => {
  expect(describeFailure(thrownBy(work))).toBe(said);
});

it('an error of a connection is its reason', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  Object.assign(refused, { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' });
  expect(describeFailure(refused)).toBe('connection refused');
});

it.each([
  [new UsageError('give a URL'), 'give a URL'],
  [new StorageError('locked', 'data is in use'), 'data is in use'],
  [new ConfigError([{ file: 'a.conf', line: 3, cause: 'wrong' }]), 'a.conf:3: wrong'],
])('an expected error is its message (%#)', (error, said) => {
  expect(describeFailure(error)).toBe(said);
});

it('a bug shows where it is', () => {
  expect(describeFailure(new TypeError('oops'))).toMatch(/^TypeError: oops\n +at .*failure\.test/);
  expect(describeFailure('thrown')).toBe('thrown');
});
