// Builds dist/, compiling only what has changed since the last build. tsc does not check
// whether the last build completed, and whether all of its output still exists, so this
// does; if not, it builds everything anew.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '../..'));

/** Exists during a build, and after one that failed. */
const BEGUN = 'dist/.begun';

const sources = ['src', 'middleware'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const outputs = sources.flatMap((source) =>
  ['.js', '.js.map', '.d.ts'].map((suffix) => join('dist', source.replace(/\.ts$/, suffix))),
);

if (existsSync(BEGUN) || !outputs.every((output) => existsSync(output)))
  rmSync('dist/.tsbuildinfo', { force: true });
removeStrays();
mkdirSync('dist', { recursive: true });
writeFileSync(BEGUN, '');
const { status, error } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
chmodSync('dist/src/cli.js', 0o755);
rmSync(BEGUN, { force: true });

/** Removes the output of sources that are gone, which a package would have in it. */
function removeStrays() {
  const current = new Set(outputs);
  for (const folder of ['dist/src', 'dist/middleware'])
    for (const name of existsSync(folder) ? readdirSync(folder, { recursive: true }) : []) {
      const file = join(folder, name);
      if (/\.(js|js\.map|d\.ts)$/.test(file) && !current.has(file)) rmSync(file);
    }
}
