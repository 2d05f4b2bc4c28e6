import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as runCommand } from '../../support/clients/command';
import { ROOT } from '../../support/running/paths';
import { installNode, MINUTE } from './lane';

const CLI = join(ROOT, 'dist/src/cli.js');

it(
  'a Node that is too old is told which version is needed',
  async () => {
    const { code, stderr } = await runCommand(await installNode(18), [CLI, 'serve']);
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^Hindsight needs Node ${engines.node.replace('>=', '')} or newer; this is Node 18`,
      ),
    );
  },
  5 * MINUTE,
);
