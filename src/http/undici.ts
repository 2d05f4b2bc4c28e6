// oxlint-disable typescript/no-require-imports -- an `import` loads at the start, and `import()` finds no TypeScript in tests
import type * as Undici from 'undici';

/** Loads undici when it is first used: a server with an embedded store needs none. */
export function loadUndici(): typeof Undici {
  return require('undici') as typeof Undici;
}
