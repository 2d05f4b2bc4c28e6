import { join } from 'node:path';

/** The root of the project. */
export const ROOT = join(__dirname, '../../..');
/** The built command. */
export const CLI = join(ROOT, 'dist/src/cli.js');
