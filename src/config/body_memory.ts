import { USUAL_BODY_MEMORY } from '../http/body_memory';
import { whole } from './options';

const MIB = 1024 * 1024;

/** Bytes of bodies that a process holds as wholes: a quarter of the least has room for the longest manifest. */
export const bodyMemory = whole(64 * MIB, 1024 * 1024 * MIB).default(USUAL_BODY_MEMORY);
