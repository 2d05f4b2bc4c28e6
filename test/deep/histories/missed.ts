import type { Store } from './history';

interface Answered {
  readonly began: number;
  readonly ended: number;
  readonly status?: number;
}

/** The relevant parts of a history of either kind. */
interface Reads<O extends Answered> {
  readonly store: Store;
  readonly operations: readonly O[];
}

/**
 * Whether a 404 does not prove that the object was absent. Swift itself may send one
 * while an object is overwritten: it lists the object's files, a newer write removes the
 * listed file, and then opening that fails (`DiskFile.open`; with one replica no other
 * server is tried). Of 21,482 GETs beside 8,280 PUTs to a plain Swift, without a proxy,
 * 66 got a 404. Our own store never does this.
 *
 * @param isWrite whether an operation writes what was read; it counts while it may be
 * running, even if its end is unknown
 */
export function mayMiss<O extends Answered>(
  { store, operations }: Reads<O>,
  read: O,
  isWrite: (operation: O) => boolean,
): boolean {
  if (store !== 'swift' || read.status !== 404) return false;
  return operations.some(
    (write) =>
      isWrite(write) &&
      isMade(write) &&
      write.began < read.ended &&
      (isUnknown(write) || read.began < write.ended),
  );
}

/** Whether a write may have replaced the object. */
function isMade(write: Answered): boolean {
  return isUnknown(write) || (write.status ?? 0) < 300;
}

function isUnknown({ status }: Answered): boolean {
  return status === undefined || status === 503;
}
