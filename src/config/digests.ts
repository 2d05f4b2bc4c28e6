import { z } from 'zod';
import { DIGESTS } from '../http/digest';
import { valueForms, wordList } from './options';

/** The option `allowed_digests`; all digests by default. */
export const allowedDigests = wordList
  .transform((names) => [...new Set(names.map((name) => name.toLowerCase()))])
  .pipe(z.array(z.enum(DIGESTS, { error: `not known; known: ${DIGESTS.join(', ')}` })))
  .register(valueForms, { values: `words: ${DIGESTS.map((name) => `\`${name}\``).join(', ')}` })
  .default([...DIGESTS])
  .describe('Digests that signatures may use.');
