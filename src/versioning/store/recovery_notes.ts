import { Headers } from '../../http/headers';
import { RESERVED_OBJECT_PREFIX } from '../../swift_api/reserved';

/**
 * The notes that the proxy writes on an object or an archive entry, in the request that
 * writes it, so that interrupted operations can be recognised. Each is one or more
 * timestamps, in the form that ends the names of archive entries, and is bound to its
 * object: see `NoteBinding`.
 */
export interface RecoveryNotes {
  /** On an object: the entry for the state that it overwrote, the newest at the time. */
  readonly previous?: string | undefined;
  /** On a restored object: the entries that its restoration removes from the archive. */
  readonly restored?: readonly string[] | undefined;
  /** On a delete marker: the object that its delete removes. */
  readonly deletes?: string | undefined;
  /** On a delete marker: it is unfinished. */
  readonly unfinished?: true | undefined;
  /** On an object: the write that made it, as noted before that began. */
  readonly operation?: string | undefined;
  /**
   * Which of these are not bound to their object: written by 0.1.0, or by anybody who
   * writes to the store. Such notes remove no marker, and an entry only if its content is
   * the object's.
   */
  readonly unbound?: readonly ('previous' | 'restored')[] | undefined;
}

/** All kinds of notes. */
export const NOTE_KINDS = ['previous', 'restored', 'deletes', 'unfinished', 'operation'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

/** The header of each kind of note. */
export const NOTE_HEADERS: Readonly<Record<NoteKind, string>> = {
  previous: `${RESERVED_OBJECT_PREFIX}previous`,
  restored: `${RESERVED_OBJECT_PREFIX}restored`,
  deletes: `${RESERVED_OBJECT_PREFIX}deletes`,
  unfinished: `${RESERVED_OBJECT_PREFIX}unfinished`,
  operation: `${RESERVED_OBJECT_PREFIX}operation`,
};

/** A timestamp in a note. */
export const TIMESTAMP = /^\d+\.\d+$/;

/** Replaces the source's `restored` note on a copy; `-` is no timestamp. */
export const NOTHING_RESTORED = Headers.of({ [NOTE_HEADERS.restored]: '-' });
/**
 * Replaces the notes that a copy takes from its source and that count although they are
 * unbound: both name entries of an archive. The other kinds count only if they are bound
 * to their object, and a copy keeps them without effect.
 */
export const NO_NOTES = NOTHING_RESTORED.with(NOTE_HEADERS.previous, '-');

/** Returns the words of a note; undefined if there is no such note. */
export function wordsOf(kind: NoteKind, notes: RecoveryNotes): readonly string[] | undefined {
  if (kind === 'unfinished') return notes.unfinished ? [] : undefined;
  const value = notes[kind];
  return typeof value === 'string' ? [value] : value;
}
