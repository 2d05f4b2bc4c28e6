import type { Readable } from 'node:stream';

const MAX_CHARACTERS = 4000;

/**
 * Reads the output of a process without printing it. @returns a function for its end, for
 * error messages
 */
export function lastOf(output: Readable): () => string {
  let text = '';
  output.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-MAX_CHARACTERS);
  });
  return () => text.trim();
}
