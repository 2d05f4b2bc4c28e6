// Publishes the package under the project's scope; see CONTRIBUTING.md. CI runs it, which
// proves to npm by its identity what was built from which commit. `--dry-run` publishes
// nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, say } from './steps/child.mjs';
import { addScope, isScope, pack } from './steps/package.mjs';

/** The scope of the project on npm, in lower case: the name without one is taken. */
const SCOPE = 'SCOPE';

if (!isScope(SCOPE)) {
  say(`${SCOPE} is no scope of npm: set SCOPE in tools/release.mjs to that of the project`);
  process.exit(1);
}
const isDry = process.argv.includes('--dry-run');
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: path } = process.env;
const repository = server && path ? `${server}/${path}` : undefined;

const folder = mkdtempSync(join(tmpdir(), 'hindsight-release-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const root = addScope(pack(folder), folder, { scope: SCOPE, repository });
await run('npm', [
  'publish',
  root,
  '--access',
  'public',
  ...(isDry ? ['--dry-run'] : ['--provenance']),
]);
