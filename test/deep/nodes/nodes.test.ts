import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as runCommand, type Ended } from '../../support/command';

const ROOT = join(__dirname, '../../..');
const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');
const CLI = join(ROOT, 'dist/src/cli.js');
const MINUTE = 60_000;
/** The integration suites that each Node runs: sockets, native modules, workers and an SDK. */
const LANE = ['wire', 'embedded', 'embedded_api', 's3/aws_sdk.test.ts'].map(
  (each) => `test/integration/${each}`,
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hindsight-nodes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The binary of a version, as npm has it for this machine. */
async function installNode(major: number): Promise<string> {
  const name = `node-linux-${process.arch}`;
  const prefix = join(folder, String(major));
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${major}`];
  expectEnd(await runCommand('npm', args, { timeout: 5 * MINUTE }));
  return join(prefix, 'node_modules', name, 'bin/node');
}

function expectEnd({ code, stdout, stderr }: Ended): void {
  if (code !== 0) throw new Error(`ended with ${code}: ${stdout.slice(-2000)}\n${stderr.slice(-20_000)}`);
}

/** Runs Jest on a Node, apart from the run that this suite is part of. */
async function runJest(
  node: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<void> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(JEST_|TEST_|HINDSIGHT_TEST_)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), ...variables };
  expectEnd(await runCommand(node, [JEST, ...args], { cwd: ROOT, env, timeout: 20 * MINUTE }));
}

it(
  'the properties of the unit suites hold at their full extent',
  () => runJest(process.execPath, ['--selectProjects', 'unit'], { TEST_DEPTH: 'deep' }),
  20 * MINUTE,
);

describe.each([22, 24])('Node %i', (major) => {
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

it(
  'a Node that is too old is told which version is needed',
  async () => {
    const { code, stderr } = await runCommand(await installNode(18), [CLI, 'serve']);
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Hindsight needs Node ${engines.node.replace('>=', '')} or newer; this is Node 18`),
    );
  },
  5 * MINUTE,
);
