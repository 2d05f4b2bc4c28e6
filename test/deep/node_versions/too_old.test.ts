import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runCommand } from '../../support/clients/command';
import { CLI, ROOT } from '../../support/running/paths';
import { installNode, MINUTE } from './lane';

let node: string;
beforeAll(async () => {
  node = await installNode(18);
}, 5 * MINUTE);

it.each([
  ['the command', [CLI, 'serve']],
  ['npm start, before it installs anything', [join(ROOT, 'tools/start.mjs')]],
])('a Node that is too old is told by %s which version is needed', async (_, args) => {
  const { code, stderr } = await runCommand(node, args);
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(
      `^Hindsight needs Node ${engines.node.replace('>=', '')} or newer; this is Node 18[.\\d]+\\.\n$`,
    ),
  );
});
