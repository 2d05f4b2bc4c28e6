import { join } from 'node:path';
import { run as runCommand, type Ended } from '../clients/command';
import { ROOT } from './paths';

const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');
const TIMEOUT = 20 * 60_000;

/** Fails with the output of a command unless it succeeded. */
export function expectEnd({ code, stdout, stderr }: Ended): void {
  if (code !== 0)
    throw new Error(`ended with ${code}: ${stdout.slice(-2000)}\n${stderr.slice(-20_000)}`);
}

/**
 * Runs Jest separately from this run.
 *
 * @param node the program
 */
export async function runJest(
  node: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<void> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(JEST_|TEST_|HINDSIGHT_TEST_)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), ...variables };
  expectEnd(await runCommand(node, [JEST, ...args], { cwd: ROOT, env, timeout: TIMEOUT }));
}
