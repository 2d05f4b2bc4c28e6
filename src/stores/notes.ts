import { Headers } from '../http/headers';
import { RESERVED_OBJECT_PREFIX } from '../reserved';

/**
 * What the proxy notes on an object or an archive entry when it writes it, in the same request, so that an operation that was
 * interrupted can be told from one that was not. Each is a timestamp, or several, as they end the names of archive entries. A copy
 * that a client makes of an object would bring that object's notes along: they are replaced.
 */
export interface Notes {
  /** On an object: the entry that was the newest when the object was written over what that entry keeps. */
  readonly previous?: string | undefined;
  /** On an object that was restored: the entries that its restoration takes out of the archive. */
  readonly restored?: readonly string[] | undefined;
  /** On a delete marker: the object that its delete removes. */
  readonly deletes?: string | undefined;
}

const NAMES = {
  previous: `${RESERVED_OBJECT_PREFIX}previous`,
  restored: `${RESERVED_OBJECT_PREFIX}restored`,
  deletes: `${RESERVED_OBJECT_PREFIX}deletes`,
};
const TIMESTAMP = /^\d+\.\d+$/;

/** Replaces, on a copy, what its source notes as restored; `-` is no timestamp. */
export const NOTHING_RESTORED = Headers.of({ [NAMES.restored]: '-' });
/** The same for all that an object notes. */
export const NO_NOTES = NOTHING_RESTORED.with(NAMES.previous, '-');

/** The notes among an object's headers; what is no timestamp is none. */
export function readNotes(headers: Headers): Notes {
  const timestamps = (name: string) =>
    (headers.get(name) ?? '').split(' ').filter((each) => TIMESTAMP.test(each));
  const [previous] = timestamps(NAMES.previous);
  const [deletes] = timestamps(NAMES.deletes);
  const restored = timestamps(NAMES.restored);
  return {
    ...(previous === undefined ? {} : { previous }),
    ...(deletes === undefined ? {} : { deletes }),
    ...(restored.length === 0 ? {} : { restored }),
  };
}

/** The headers that write notes; what is no timestamp is left out. */
export function noteHeaders({ previous, restored = [], deletes }: Notes): Headers {
  const value = (...timestamps: (string | undefined)[]) =>
    timestamps.filter((each) => each !== undefined && TIMESTAMP.test(each)).join(' ') || undefined;
  return Headers.of({
    [NAMES.previous]: value(previous),
    [NAMES.restored]: value(...restored),
    [NAMES.deletes]: value(deletes),
  });
}
