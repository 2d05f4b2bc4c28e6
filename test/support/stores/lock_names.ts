import { LockName } from '../../../src/coordination/locks/lock_names';

/** The name of the lock of an object, by the object's name in a test. */
export function lockOf(object: string): LockName {
  return LockName.ofObject({ account: 'AUTH_test', container: 'c', object });
}
