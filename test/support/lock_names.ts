import { LockName } from '../../src/lockers/names';

/** The name of the lock of an object that a test calls so. */
export function lockOf(object: string): LockName {
  return LockName.ofObject({ account: 'AUTH_test', container: 'c', object });
}
