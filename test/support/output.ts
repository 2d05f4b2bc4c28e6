import type { Readable } from 'node:stream';

const MAX_CHARACTERS = 4000;

/** Reads what a process prints without showing it. @returns the last of it, for the message of an error */
export function lastOf(output: Readable): () => string {
  let text = '';
  output.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-MAX_CHARACTERS);
  });
  return () => text.trim();
}
