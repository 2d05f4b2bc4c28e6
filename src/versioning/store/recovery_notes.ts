import { Headers } from '../../http/headers';
import { RESERVED_OBJECT_PREFIX } from '../../swift_api/reserved';

/**
 * What the proxy notes on an object or an archive entry when it writes it, in the same request, so that an operation that was
 * interrupted can be told from one that was not. Each is a timestamp, or several, as they end the names of archive entries, and is
 * bound to its object: see `NoteBinding`.
 */
export interface Notes {
  /** On an object: the entry that was the newest when the object was written over what that entry keeps. */
  readonly previous?: string | undefined;
  /** On an object that was restored: the entries that its restoration takes out of the archive. */
  readonly restored?: readonly string[] | undefined;
  /** On a delete marker: the object that its delete removes. */
  readonly deletes?: string | undefined;
  /** On a delete marker: it is half made. */
  readonly unfinished?: true | undefined;
  /** On an object: the write that made it, as that was noted before it began. */
  readonly operation?: string | undefined;
  /**
   * Which of these are not bound to their object: 0.1.0 wrote them, or anybody who writes to the store. By such notes no marker is
   * removed, and an entry only if its content is the object's.
   */
  readonly unbound?: readonly ('previous' | 'restored')[] | undefined;
}

/** The notes that there are. */
export const NOTE_KINDS = ['previous', 'restored', 'deletes', 'unfinished', 'operation'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

/** The headers that have them. */
export const NOTE_HEADERS: Readonly<Record<NoteKind, string>> = {
  previous: `${RESERVED_OBJECT_PREFIX}previous`,
  restored: `${RESERVED_OBJECT_PREFIX}restored`,
  deletes: `${RESERVED_OBJECT_PREFIX}deletes`,
  unfinished: `${RESERVED_OBJECT_PREFIX}unfinished`,
  operation: `${RESERVED_OBJECT_PREFIX}operation`,
};

/** The timestamps in notes. */
export const TIMESTAMP = /^\d+\.\d+$/;

/** Replaces, on a copy, what its source notes as restored; `-` is no timestamp. */
export const NOTHING_RESTORED = Headers.of({ [NOTE_HEADERS.restored]: '-' });
/** The same for all that an object notes. */
export const NO_NOTES = NOTHING_RESTORED.with(NOTE_HEADERS.previous, '-');

/** The words of a note; undefined if there is no such note. */
export function wordsOf(kind: NoteKind, notes: Notes): readonly string[] | undefined {
  if (kind === 'unfinished') return notes.unfinished ? [] : undefined;
  const value = notes[kind];
  return typeof value === 'string' ? [value] : value;
}
