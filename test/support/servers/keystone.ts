import { join } from 'node:path';
import { request } from 'undici';
import { labOfWorker, runSync } from './lab';
import { describeNeeding } from '../running/needs';
import { freePorts } from './ports';
import { describeWithSwift } from './swift';

const LAB = join(__dirname, '../keystone-lab');

/** A user logged in to the lab's Keystone. */
interface Login {
  readonly token: string;
  readonly user: string;
  readonly project: string;
}

/** A real Keystone, and a Swift whose users log in with it. */
export interface KeystoneLab {
  readonly keystone: string;
  readonly swift: string;
  logIn(name: KeystoneUserName): Promise<Login>;
  /** Sends a request for a path below `/v3`. Rejects if the response is an error. */
  ask(token: string, method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): void;
}

/** The users of the lab, whose passwords are their names, and the project of each. */
const USERS = {
  demo: 'demo',
  guest: 'guests',
  hindsight: 'service',
  s3: 'service',
  admin: 'admin',
};
export type KeystoneUserName = keyof typeof USERS;

const KEYSTONE = {
  name: 'Keystone',
  file: '/usr/bin/keystone-manage',
  install: 'test/support/keystone-lab install',
};

/**
 * Declares a suite that needs a real Keystone and a Swift beside it, which start before
 * its tests.
 *
 * @param suite receives a function that returns them, for hooks and tests
 */
export function describeWithKeystone(
  name: string,
  suite: (running: () => KeystoneLab) => void,
): void {
  describeNeeding(KEYSTONE, 'with Keystone', () => {
    describeWithSwift(name, () => {
      let lab: KeystoneLab;
      beforeAll(async () => {
        lab = await startKeystone();
      }, 180_000);
      afterAll(() => lab.stop());
      suite(() => lab);
    });
  });
}

/** Starts both beside the running swift-lab. */
async function startKeystone(): Promise<KeystoneLab> {
  const [one, other] = await freePorts(2);
  const env = { ...process.env, ...labOfWorker()?.env };
  runSync('bash', [LAB, 'up', String(one), String(other)], { env });
  const keystone = `http://127.0.0.1:${String(one)}`;
  return {
    keystone,
    swift: `http://127.0.0.1:${String(other)}`,
    logIn: (name) => logIn(keystone, name),
    ask: async (token, method, path, body) => {
      const headers = { 'X-Auth-Token': token, 'Content-Type': 'application/json' };
      const text = body === undefined ? null : JSON.stringify(body);
      const answer = await request(`${keystone}/v3${path}`, { method, headers, body: text });
      const responseText = await answer.body.text();
      if (answer.statusCode >= 300)
        throw new Error(`${method} ${path}: ${answer.statusCode} ${responseText}`);
      return responseText === '' ? undefined : (JSON.parse(responseText) as unknown);
    },
    stop: () => runSync('bash', [LAB, 'down'], { env }),
  };
}

async function logIn(keystone: string, name: KeystoneUserName): Promise<Login> {
  const domain = { name: 'Default' };
  const { headers, body } = await request(`${keystone}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, password: name, domain } } },
        scope: { project: { name: USERS[name], domain } },
      },
    }),
  });
  const { token } = (await body.json()) as {
    token: { project: { id: string }; user: { id: string } };
  };
  return {
    token: String(headers['x-subject-token']),
    user: token.user.id,
    project: token.project.id,
  };
}
