// An `import` would load at the start, and `import()` finds no TypeScript in tests.
// oxlint-disable typescript/no-require-imports
import type * as Undici from 'undici';

/** Loads undici when it is first used: a server with an embedded store needs none. */
export function loadUndici(): typeof Undici {
  return require('undici') as typeof Undici;
}
