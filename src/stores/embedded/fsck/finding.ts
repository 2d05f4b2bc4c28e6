import type { ObjectName } from '../storage/object_name';
import type { StoredContent } from '../storage/records';

/**
 * A kind of damage or inconsistency:
 * - `missing-content`, `damaged-content`: an object's bytes are missing or differ;
 * - `checksums`: an object's bytes are intact, but not their block checksums;
 * - `damaged-record`: a record of the database differs from what was written;
 * - `references`, `counter`, `index`: a number or an index contradicts the records;
 * - `orphan`: nothing refers to this.
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
  /** What is wrong and where, for people. */
  readonly text: string;
  /** What can be done. */
  readonly advice: string;
  readonly object?: ObjectName;
}

/**
 * How a repair fixes a finding. It deletes nothing: what it removes goes to `damaged/`.
 */
export type Fix =
  | { readonly do: 'remove-object'; readonly key: Buffer }
  | { readonly do: 'remove-record'; readonly table: string; readonly key: Buffer }
  | { readonly do: 'put-content'; readonly id: number; readonly content: StoredContent }
  | { readonly do: 'remove-content'; readonly id: number }
  | { readonly do: 'move-file'; readonly name: string }
  | { readonly do: 'recount' }
  | { readonly do: 'nothing' };

/** A finding with its fix. */
export interface Problem {
  readonly finding: Finding;
  readonly fix: Fix;
}

const ADVICE = {
  'remove-object':
    'restore the object from a backup, or run --repair, which moves it to damaged/, and restore its previous version',
  'remove-record': '--repair moves the record to damaged/',
  'put-content': '--repair recomputes it from the bytes, whose MD5 is right',
  'remove-content': '--repair moves it to damaged/',
  'move-file': '--repair moves it to damaged/',
  recount: '--repair recomputes it from the records',
  nothing: '--repair cannot fix this; restore the folder from a backup',
} as const;

/** Builds a problem; the advice follows from the fix. */
export function problem(kind: FindingKind, text: string, fix: Fix, object?: ObjectName): Problem {
  const finding = { kind, text, advice: ADVICE[fix.do], ...(object && { object }) };
  return { finding, fix };
}
