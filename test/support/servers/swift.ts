import { Headers } from '../../../src/http/headers';
import { Client } from '../clients/client';
import { labOfWorker } from './lab';
import { describeNotRun } from '../running/needs';

/** The two proxies over one real Swift. */
export interface SwiftUrls {
  /** Without versioning: what Hindsight stands in front of. */
  readonly plain: string;
  /** With Swift's own versioning: what Hindsight is compared with. */
  readonly versioned: string;
}

/** The need to report for a suite that did not run without a Swift. */
export const SWIFT = { name: 'Swift', install: 'test/support/swift-lab install' };

/**
 * The Swift that the environment names, otherwise this worker's; undefined if there is
 * none.
 */
export function swiftUrls(): SwiftUrls | undefined {
  const plain = process.env['SWIFT_PLAIN'];
  const versioned = process.env['SWIFT_VERSIONED'];
  return plain && versioned ? { plain, versioned } : labOfWorker();
}

/** Declares a suite that needs a real Swift. Without one it is reported as not run. */
export function describeWithSwift(name: string, suite: (swift: SwiftUrls) => void): void {
  const swift = swiftUrls();
  if (swift) describe(name, () => suite(swift));
  else describeNotRun(SWIFT, name);
}

/** The users of the lab. */
export const USERS = {
  tester: ['test:tester', 'testing'],
  tester2: ['test2:tester2', 'testing2'],
  tester3: ['test:tester3', 'testing3'],
  admin: ['admin:admin', 'admin'],
  service: ['test5:tester5', 'testing5'],
} as const;

/** Logs a user in at an endpoint with TempAuth. */
export async function login(url: string, user: keyof typeof USERS): Promise<Client> {
  const [name, key] = USERS[user];
  const anonymous = new Client(url, Headers.none);
  const response = await anonymous.send('GET', '/auth/v1.0', {
    'X-Auth-User': name,
    'X-Auth-Key': key,
  });
  const token = response.headers.get('x-auth-token') ?? '';
  const storage = response.headers.get('x-storage-url') ?? '';
  return new Client(url, Headers.of({ 'X-Auth-Token': token }), new URL(storage).pathname);
}
