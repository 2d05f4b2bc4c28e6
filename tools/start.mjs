// Serves from a clone: `npm start -- OPTIONS` passes OPTIONS to `hindsight serve`. What
// can be known to go wrong is reported before packages are installed and sources are
// compiled, so this and tools/steps/ need no package, and run on older Nodes.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nodeMistake, startMistakes } from './steps/checks.mjs';
import { ROOT, say } from './steps/child.mjs';
import { compile } from './steps/compile.mjs';
import { install } from './steps/install.mjs';

const args = process.argv.slice(2);
const tooOld = nodeMistake();
if (tooOld) fail([tooOld]);
process.chdir(ROOT);
const file = configurationIn(args);
if (file) fail((await startMistakes(file, process.env)).map((each) => `hindsight: ${each}`));
await install();
await compile();
serve();

/** Returns the configuration that options name; undefined if they only ask for help. */
function configurationIn(options) {
  if (options.some((each) => ['-h', '--help'].includes(each))) return undefined;
  const at = options.findIndex((each) => /^(-c|--config$|--config=)/.test(each));
  if (at < 0) return 'config/embedded.conf';
  const value = options[at].replace(/^(-c|--config=?)/, '');
  return value === '' ? options[at + 1] : value;
}

/** Prints mistakes, if there are any, and ends this process. */
function fail(mistakes) {
  for (const mistake of mistakes) say(mistake);
  if (mistakes.length > 0) process.exit(1);
}

/**
 * Becomes the server: a signal reaches it without a process between, and npm sees its
 * exit code.
 */
function serve() {
  const cli = join(ROOT, 'dist/src/cli.js');
  process.argv = [process.execPath, cli, 'serve', ...args];
  createRequire(import.meta.url)(cli);
}
