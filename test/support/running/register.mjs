// Lets a child process of a test require the TypeScript sources directly: Node does not
// compile them, and the build may be old.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);
/** Paths are relative to the root of the project, from whichever child. */
const require = createRequire(ROOT);
const OPTIONS = {
  sourceMaps: 'inline',
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
};
/**
 * A cache of compiled sources: a child that is started often would spend most of its time
 * compiling.
 */
const COMPILED = fileURLToPath(new URL('node_modules/.cache/hindsight-children/', ROOT));

mkdirSync(COMPILED, { recursive: true });

Module._extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  const key = createHash('sha1')
    .update(`${filename}\n${JSON.stringify(OPTIONS)}\n${source}`)
    .digest('hex');
  module._compile(
    readCached(join(COMPILED, key)) ?? compile(source, filename, join(COMPILED, key)),
    filename,
  );
};

function readCached(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function compile(source, filename, to) {
  const { transformSync } = require('@swc/core');
  const { code } = transformSync(source, { filename, ...OPTIONS });
  writeFileSync(`${to}.${process.pid}`, code);
  renameSync(`${to}.${process.pid}`, to);
  return code;
}

export { require };
