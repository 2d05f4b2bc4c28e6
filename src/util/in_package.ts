import { join, relative } from 'node:path';

/**
 * Returns the path of a file of this package, or of a folder with a slash at its end,
 * from the current folder. The package is above `dist`, wherever it is installed.
 */
export function inPackage(name: string): string {
  const path = relative(process.cwd(), join(__dirname, '../../..', name));
  return name.endsWith('/') ? `${path}/` : path;
}
