import { Headers } from '../../src/http/headers';
import { Client } from './client';

/** The two proxies over one real Swift. */
export interface SwiftUrls {
  /** Without versions of its own: what Hindsight stands in front of. */
  readonly plain: string;
  /** With Swift's own versions: what Hindsight is compared with. */
  readonly versioned: string;
}

/** A suite that needs the real Swift; where there is none it is shown as not run (and CI has failed before). */
export function describeWithSwift(name: string, suite: (swift: SwiftUrls) => void): void {
  const plain = process.env['SWIFT_PLAIN'];
  const versioned = process.env['SWIFT_VERSIONED'];
  if (plain && versioned) describe(name, () => suite({ plain, versioned }));
  else describe.skip(`${name} (NOT RUN: no Swift)`, () => it('needs a real Swift', () => undefined));
}

/** The users of the lab. */
export const USERS = {
  tester: ['test:tester', 'testing'],
  tester2: ['test2:tester2', 'testing2'],
  tester3: ['test:tester3', 'testing3'],
  admin: ['admin:admin', 'admin'],
  service: ['test5:tester5', 'testing5'],
} as const;

/** Logs a user in at an endpoint, by TempAuth. */
export async function login(url: string, user: keyof typeof USERS): Promise<Client> {
  const [name, key] = USERS[user];
  const anonymous = new Client(url, Headers.none);
  const response = await anonymous.send('GET', '/auth/v1.0', { 'X-Auth-User': name, 'X-Auth-Key': key });
  const token = response.headers.get('x-auth-token') ?? '';
  const storage = response.headers.get('x-storage-url') ?? '';
  return new Client(url, Headers.of({ 'X-Auth-Token': token }), new URL(storage).pathname);
}
