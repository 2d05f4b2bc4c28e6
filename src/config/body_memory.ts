import { DEFAULT_BODY_MEMORY } from '../http/body_memory';
import { wholeNumber } from './options';

const MIB = 1024 * 1024;

/**
 * The option `max_body_memory`: max bytes of whole bodies that a process buffers. A
 * quarter of the minimum has room for the longest manifest.
 */
export const bodyMemory = wholeNumber(64 * MIB, 1024 * 1024 * MIB)
  .default(DEFAULT_BODY_MEMORY)
  .describe(
    'Most bytes of whole bodies (manifests, lists, documents) that each process holds at a time; then 503. One account may use a quarter of it.',
  );
