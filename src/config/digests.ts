import { z } from 'zod';
import { DIGESTS } from '../http/digest';
import { wordList } from './options';

/** The option `allowed_digests`; all digests by default. */
export const allowedDigests = wordList
  .transform((names) => [...new Set(names.map((name) => name.toLowerCase()))])
  .pipe(z.array(z.enum(DIGESTS, { error: `not known; known: ${DIGESTS.join(', ')}` })))
  .default([...DIGESTS]);
