import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, step } from './child.mjs';

/** Installs the packages of package-lock.json, unless they have been since it changed. */
export async function install() {
  const installed = changeOf('node_modules/.package-lock.json');
  if (installed !== undefined && installed > changeOf('package-lock.json')) return;
  await step('installing packages', '30 to 120 seconds', () => run('npm', ['ci', '--no-progress']));
}

/** Returns when a file was last changed; undefined if it is not there. */
function changeOf(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs;
}
