import type { Flaw } from './flaw';

/** A message of the child that walks a database: one line of JSON. */
export type Message =
  | { readonly type: 'progress'; readonly pages: number }
  | { readonly type: 'flaw'; readonly flaw: Flaw }
  /**
   * The walk is done: LMDB now opens the database, through the folder `probe`, which the
   * child removes if it can.
   */
  | { readonly type: 'walked'; readonly pages: number; readonly probe?: string }
  /** The file could not be opened. */
  | { readonly type: 'failed'; readonly message: string }
  /** The last message. */
  | { readonly type: 'done' };
