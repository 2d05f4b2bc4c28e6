import type { Spelling } from '../../src/dialects/call';

/** How S3 writes what other dialects write otherwise. */
export const SPELLING: Spelling = { namespace: 'http://s3.amazonaws.com/doc/2006-03-01/' };
