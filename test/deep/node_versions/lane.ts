import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as runCommand } from '../../support/clients/command';
import { ROOT } from '../../support/running/paths';
import { expectEnd, runJest } from '../../support/running/run_jest';

export const MINUTE = 60_000;
/** The suites that each Node runs: sockets, native modules, workers and an SDK. */
const LANE = [
  ...['wire', 'command', 'data_folder', 'embedded'].map((each) => `test/integration/${each}`),
  'test/deep/clients/aws_sdk.test.ts',
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hindsight-nodes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Installs a Node binary from npm for this machine; only within tests and hooks. */
export async function installNode(major: number): Promise<string> {
  const name = `node-linux-${process.arch}`;
  const prefix = join(folder, String(major));
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    `${name}@${major}`,
  ];
  expectEnd(await runCommand('npm', args, { timeout: 5 * MINUTE }));
  return join(prefix, 'node_modules', name, 'bin/node');
}

/** The unit suites, and a lane of the integration suites, on a version of Node. */
export function nodeSuite(major: number): void {
  describe(`Node ${major}`, () => {
    let node = '';
    beforeAll(async () => {
      node = await installNode(major);
    }, 5 * MINUTE);

    it('has a lane of suites that are there', () => {
      expect(LANE.filter((each) => !existsSync(join(ROOT, each)))).toEqual([]);
    });

    it('passes the unit suites', () => runJest(node, ['--selectProjects', 'unit']), 20 * MINUTE);

    it('passes a lane of the integration suites', () => runJest(node, LANE), 20 * MINUTE);
  });
}
