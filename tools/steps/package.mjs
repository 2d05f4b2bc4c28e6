import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './child.mjs';

/** What documents call the scope before it is known. */
const PLACEHOLDER = '@SCOPE/';

/** Fields that only a clone needs: its tools and tests are not in the package. */
const OF_CLONE = ['scripts', 'devDependencies', 'overrides'];

/** Whether npm takes a scope of this name. */
export function isScope(name) {
  return /^[a-z0-9][a-z0-9._-]*$/.test(name);
}

/** Packs the project into a tarball in a folder; returns its path. */
export function pack(folder) {
  const args = ['pack', '--silent', '--pack-destination', folder];
  const printed = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  return join(folder, printed.trim().split('\n').at(-1));
}

/**
 * Unpacks a tarball into a folder, and makes it the package of a scope; returns where it
 * is. In a clone the package has no scope, so that `require('hindsight')` is the same
 * everywhere: users who install it have that name, too (CONTRIBUTING.md).
 *
 * @param repository the URL of the repository, which provenance must name
 */
export function addScope(tarball, folder, { scope, repository }) {
  execFileSync('tar', ['xzf', tarball, '-C', folder]);
  const root = join(folder, 'package');
  edit(join(root, 'package.json'), (text) => {
    const fields = JSON.parse(text);
    for (const field of OF_CLONE) delete fields[field];
    const scoped = { ...fields, name: `@${scope}/${fields.name}` };
    if (repository) scoped.repository = { type: 'git', url: `git+${repository}.git` };
    return `${JSON.stringify(scoped, null, 2)}\n`;
  });
  edit(join(root, 'README.md'), (text) => text.replaceAll(PLACEHOLDER, `@${scope}/`));
  return root;
}

function edit(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
