import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './ports';

export const LAB = join(__dirname, 'swift-lab');

/**
 * Starts a real Swift for the tests, from Debian's packages, unless the environment names one (SWIFT_PLAIN and SWIFT_VERSIONED).
 * Without one the tests that need it do not run, which is said loudly, and is a failure where CI is set.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env['SWIFT_PLAIN']) return;
  if (!existsSync('/usr/bin/swift-proxy-server')) {
    const message = `No Swift on this machine: the tests against a real one DO NOT RUN. Install it: ${LAB} install`;
    if (process.env['CI']) throw new Error(message);
    process.stderr.write(`\n${'!'.repeat(100)}\n${message}\n${'!'.repeat(100)}\n\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-swift-'));
  const ports = await freePorts(6);
  const env = { ...process.env, SWIFT_LAB: folder, SWIFT_LAB_PORTS: ports.join(' ') };
  const down = () => spawnSync('bash', [LAB, 'down'], { env, stdio: 'ignore' });
  process.once('exit', down);
  execFileSync('bash', [LAB, 'up'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  process.env['HINDSIGHT_TEST_LAB'] = folder;
  process.env['SWIFT_LAB'] = folder;
  process.env['SWIFT_LAB_PORTS'] = ports.join(' ');
  process.env['SWIFT_PLAIN'] = `http://127.0.0.1:${ports[0] ?? 0}`;
  process.env['SWIFT_VERSIONED'] = `http://127.0.0.1:${ports[1] ?? 0}`;
}
