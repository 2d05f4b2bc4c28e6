import type { ObjectName } from '../storage/object_name';
import type { StoredContent } from '../storage/records';

/**
 * Something that is not as it should be:
 * - `missing-content`, `damaged-content`: an object's bytes are not there, or are others;
 * - `checksums`: an object's bytes are right, but not the checksums of their blocks;
 * - `damaged-record`: a record of the database is not what was written;
 * - `references`, `counter`, `index`: a number or an index does not agree with the records;
 * - `orphan`: nothing leads to this.
 */
export type FindingKind =
  | 'missing-content'
  | 'damaged-content'
  | 'checksums'
  | 'damaged-record'
  | 'references'
  | 'counter'
  | 'index'
  | 'orphan';

/** What fsck reports. */
export interface Finding {
  readonly kind: FindingKind;
  /** What and where, for people. */
  readonly text: string;
  /** What can be done. */
  readonly advice: string;
  readonly object?: ObjectName;
}

/** How a repair puts a finding right. Nothing is deleted: what is removed is kept in `damaged/`. */
export type Fix =
  | { readonly do: 'remove-object'; readonly key: Buffer }
  | { readonly do: 'remove-record'; readonly table: string; readonly key: Buffer }
  | { readonly do: 'put-content'; readonly id: number; readonly content: StoredContent }
  | { readonly do: 'remove-content'; readonly id: number }
  | { readonly do: 'move-file'; readonly name: string }
  | { readonly do: 'recount' }
  | { readonly do: 'nothing' };

/** A finding, and what a repair does about it. */
export interface Problem {
  readonly finding: Finding;
  readonly fix: Fix;
}

const ADVICE = {
  'remove-object':
    'restore the object from a backup, or move it to damaged/ with --repair and restore its previous version',
  'remove-record': '--repair moves the record to damaged/',
  'put-content': '--repair computes it again from the bytes, whose MD5 is right',
  'remove-content': '--repair moves it to damaged/',
  'move-file': '--repair moves it to damaged/',
  recount: '--repair computes it again from the records',
  nothing: '--repair cannot help; restore the folder from a backup',
} as const;

/** Puts a finding together with its fix, which the advice follows from. */
export function problem(kind: FindingKind, text: string, fix: Fix, object?: ObjectName): Problem {
  const finding = { kind, text, advice: ADVICE[fix.do], ...(object && { object }) };
  return { finding, fix };
}
