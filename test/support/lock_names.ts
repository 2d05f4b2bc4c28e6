import { LockName } from '../../src/coordination/locks/lock_names';

/** The name of the lock of an object that a test calls so. */
export function lockOf(object: string): LockName {
  return LockName.ofObject({ account: 'AUTH_test', container: 'c', object });
}
