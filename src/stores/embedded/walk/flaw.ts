/**
 * What is wrong with a database's structure:
 * - `header`: one of the two pages at the beginning of the file;
 * - `page`: a page does not belong where it is, or cannot be read;
 * - `order`: keys are not where a search looks for them;
 * - `place`: a page is used in two places, or lies outside the file;
 * - `free`: the free list has a page that is in use, has one twice, or cannot be read;
 * - `count`: a table's record does not match the table;
 * - `table`: a table is missing, and there is an unknown one;
 * - `process`: the process that read the database died or got stuck.
 */
export type FlawKind =
  'header' | 'page' | 'order' | 'place' | 'free' | 'count' | 'table' | 'process';

/** A flaw in the structure of a database, as opposed to its records. */
export interface Flaw {
  readonly kind: 'structure';
  readonly flaw: FlawKind;
  /** What is wrong and where, in one line for people. */
  readonly text: string;
  /** The number of the page concerned, if any. */
  readonly page?: number;
  /** The name of the table concerned, if any. */
  readonly table?: string;
}

/** Max flaws reported of one database; more would not help. */
export const MAX_FLAWS = 100;
