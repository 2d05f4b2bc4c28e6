import type { Flaw } from './flaw';

/** What the child that walks a database writes: one message a line, as JSON. */
export type Message =
  | { readonly type: 'progress'; readonly pages: number }
  | { readonly type: 'flaw'; readonly flaw: Flaw }
  /**
   * What follows is not the walk itself: LMDB opens what was walked, by way of the folder `probe`,
   * which the child removes if it can.
   */
  | { readonly type: 'walked'; readonly pages: number; readonly probe?: string }
  /** The file could not be opened. */
  | { readonly type: 'failed'; readonly message: string }
  /** The last one. */
  | { readonly type: 'done' };
