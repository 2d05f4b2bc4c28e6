// Runs all checkers of the sources in parallel. Prints how long each took, and the output
// of those that fail.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const PARTS = [
  // rules and types: .oxlintrc.json
  ['oxlint'],
  // layers: .dependency-cruiser.cjs
  [
    'depcruise',
    '--output-type',
    'err-long',
    '--config',
    '.dependency-cruiser.cjs',
    'src',
    'middleware',
  ],
  // code that nothing uses: knip.json
  ['knip', '--no-progress'],
  ['columns.mjs'],
  // names in comments that nothing has any more
  ['names.mjs'],
  ['prettier', '--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content', '.'],
];

function run([command, ...args]) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const isOurs = command.endsWith('.mjs');
    const child = isOurs
      ? spawn(process.execPath, [join(import.meta.dirname, command), ...args])
      : spawn(join('node_modules/.bin', command), args);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => (output += `${error.message}\n`));
    child.on('close', (code) => {
      const took = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(
        code === 0 ? `${command}: passed, ${took} s` : `${command}: FAILED, ${took} s\n${output}`,
      );
      resolve(code === 0);
    });
  });
}

const passed = await Promise.all(PARTS.map(run));
if (passed.includes(false)) process.exitCode = 1;
