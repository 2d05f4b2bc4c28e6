/**
 * What is wrong with a database's structure:
 * - `header`: one of the two pages that begin the file;
 * - `page`: a page is none that belongs where it is, or cannot be read;
 * - `order`: keys are not where a search looks for them;
 * - `place`: a page is in two places, or outside of the file;
 * - `free`: the free list has a page that is in use, has one twice, or cannot be read;
 * - `count`: a table's record does not agree with the table;
 * - `table`: a table is not there, and one is that nobody knows;
 * - `process`: the process that read the database died, or got stuck.
 */
export type FlawKind =
  'header' | 'page' | 'order' | 'place' | 'free' | 'count' | 'table' | 'process';

/** Something wrong in the structure of a database, as opposed to that of its records. */
export interface Flaw {
  readonly kind: 'structure';
  readonly flaw: FlawKind;
  /** What and where, for people: one line. */
  readonly text: string;
  /** The page's number, if it is about one. */
  readonly page?: number;
  /** The table's name, if it is about one. */
  readonly table?: string;
}

/** So many are reported of one database: more would help nobody. */
export const MAX_FLAWS = 100;
