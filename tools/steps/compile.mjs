import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, step } from './child.mjs';

const FOLDERS = ['src', 'middleware'];
/** What else decides what the compiler writes, this file included. */
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/steps/compile.mjs',
];

const inRoot = (path) => join(ROOT, path);
/** Has the digest of what dist/ was built from; missing until a build has succeeded. */
const STAMP = inRoot('dist/.built');

/**
 * Builds dist/, unless it was built from just these sources. tsc takes two seconds of CPU
 * to find that out, and checks neither whether the last build completed nor whether all
 * of its output still exists. If not, everything is built anew.
 */
export async function compile() {
  const sources = listSources();
  const digest = digestOf([...SETTINGS, ...sources]);
  const outputs = sources.flatMap((source) =>
    ['.js', '.js.map', '.d.ts'].map((suffix) => join('dist', source.replace(/\.ts$/, suffix))),
  );
  const isWhole = existsSync(STAMP) && outputs.every((output) => existsSync(inRoot(output)));
  if (isWhole && readFileSync(STAMP, 'utf8') === digest) return;
  if (!isWhole) rmSync(inRoot('dist/.tsbuildinfo'), { force: true });
  rmSync(STAMP, { force: true });
  removeStrays(outputs);
  await step('compiling', '10 to 30 seconds', () =>
    run(inRoot('node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json']),
  );
  chmodSync(inRoot('dist/src/cli.js'), 0o755);
  writeFileSync(STAMP, digest);
}

function listSources() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .sort(),
  );
}

/**
 * Returns a digest of files by their names and content. Times would not do: a source that
 * comes back from elsewhere may be older than the build.
 */
function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const content = readFileSync(inRoot(path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Removes the output of sources that are gone, which a package would have in it. */
function removeStrays(outputs) {
  const current = new Set(outputs.map(inRoot));
  for (const folder of FOLDERS.map((each) => inRoot(join('dist', each))))
    for (const name of existsSync(folder) ? readdirSync(folder, { recursive: true }) : []) {
      const file = join(folder, name);
      if (/\.(js|js\.map|d\.ts)$/.test(file) && !current.has(file)) rmSync(file);
    }
}
