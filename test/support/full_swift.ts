import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from './ports';

const LAB = join(__dirname, 'swift-lab');

/**
 * Starts a third proxy over the lab's Swift while the tests of a suite run, with all of Swift's middleware that can write or changes what a
 * request means. A Swift that is not the lab's has no third proxy: it is walked as it is.
 *
 * @param plain the Swift to take for want of a lab
 * @returns tells where it listens, once the suite runs
 */
export function suiteFullSwift(plain: string): () => string {
  let url = plain;
  if (process.env['SWIFT_LAB'] === undefined) return () => url;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    execFileSync('bash', [LAB, 'full', String(port)], { stdio: ['ignore', 'ignore', 'inherit'] });
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(() => execFileSync('bash', [LAB, 'end', 'full']));
  return () => url;
}
