import { isOpen, type Call, type History, type Operation } from './history';

/** The relevant surroundings of an operation. */
export interface Overlap {
  /** Whether it may act on an earlier setting. */
  readonly isEarly: boolean;
  /** Whether writes without a lock may come between its parts. */
  readonly isSplit: boolean;
  /** Whether another write of the object overlaps it. */
  readonly isContended: boolean;
}

/** Returns the end of an operation; without a response it may take effect at any time. */
export function endOf(operation: Operation): number {
  return isOpen(operation) || operation.status === undefined ? Infinity : operation.ended;
}

/** Returns a function that determines the overlap of each operation of a history. */
export function overlapsOf({ initially, operations }: History): (operation: Operation) => Overlap {
  const changes = operations.filter(({ call }) => call.do === 'set');
  const canBeOff =
    initially === 'off' || changes.some(({ call }) => call.do === 'set' && call.setting === 'off');
  const overlap = (one: Operation) => (other: Operation) =>
    one !== other && one.began < endOf(other) && other.began < endOf(one);
  const early = new Set(operations.filter((operation) => changes.some(overlap(operation))));
  return (operation) => ({
    isEarly: early.has(operation),
    isSplit: canBeOff && (early.has(operation) || [...early].some(overlap(operation))),
    isContended: operations
      .filter(overlap(operation))
      .some(({ call }) => isWriteOf(call, operation)),
  });
}

function isWriteOf(call: Call, { call: other }: Operation): boolean {
  const object = writtenBy(call);
  return object !== undefined && object === writtenBy(other);
}

/** Returns the object that a request writes or deletes. */
export function writtenBy(call: Call): string | undefined {
  if (call.do === 'copy') return call.to;
  return call.do === 'put' || call.do === 'restore' || call.do === 'delete'
    ? call.object
    : undefined;
}
