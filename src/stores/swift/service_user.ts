import { request as undiciRequest } from 'undici';
import { z } from 'zod';
import { toBytes } from '../../http/bytes';
import { messageOf } from '../../errors';
import { StoreError } from '../error';

/** What a user is known by after logging in. */
export interface Session {
  readonly token: string;
  /** The path of the user's own account, `/v1/AUTH_x`, if the identity service told it. */
  readonly accountPath: string | undefined;
}

/** Logs in. Rejects with a StoreError that says why not; neither it nor anything else names the secret. */
export type Login = () => Promise<Session>;

/** The user in whose name the proxy archives and restores: logs in when first needed and when its token was refused. */
export class ServiceUser {
  private current: Promise<Session> | undefined;

  constructor(private readonly login: Login) {}

  /**
   * The session.
   *
   * @param refused a token that the store no longer takes
   */
  async session(refused?: string): Promise<Session> {
    const before = this.current;
    const session = await (before ?? this.start());
    if (refused === undefined || session.token !== refused) return session;
    return this.current === before || this.current === undefined ? this.start() : this.current;
  }

  private start(): Promise<Session> {
    const session = this.login();
    this.current = session;
    session.catch(() => {
      if (this.current === session) this.current = undefined;
    });
    return session;
  }
}

const TIMEOUT = 30_000;

/** Swift's own way (TempAuth, and what speaks like it): user and key in the headers of a GET. */
export function loginV1(authUrl: URL, user: string, key: string): Login {
  return async () => {
    const { status, headers } = await ask(authUrl, 'GET', {
      'X-Auth-User': toBytes(user),
      'X-Auth-Key': toBytes(key),
    });
    const token = headers['x-auth-token'];
    if (typeof token !== 'string') throw refused(authUrl, user, status);
    const storage = headers['x-storage-url'];
    return { token, accountPath: typeof storage === 'string' ? new URL(storage).pathname : undefined };
  };
}

/** Who logs in to Keystone, and for which project. */
export interface KeystoneUser {
  readonly username: string;
  readonly password: string;
  readonly project_name: string;
  readonly user_domain_name: string;
  readonly project_domain_name: string;
}

const KeystoneToken = z.object({
  token: z.object({
    catalog: z
      .array(
        z.object({
          type: z.string(),
          endpoints: z.array(z.object({ interface: z.string(), url: z.string() })),
        }),
      )
      .optional(),
  }),
});

/** Keystone, version 3, by password, scoped to a project. */
export function loginKeystone(authUrl: URL, user: KeystoneUser): Login {
  const base = authUrl.href.replace(/\/$/, '').replace(/\/v3$/, '');
  const url = new URL(`${base}/v3/auth/tokens`);
  const { username: name, password, user_domain_name, project_name, project_domain_name } = user;
  const body = JSON.stringify({
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name, password, domain: { name: user_domain_name } } },
      },
      scope: { project: { name: project_name, domain: { name: project_domain_name } } },
    },
  });
  return async () => {
    const { status, headers, text } = await ask(url, 'POST', { 'Content-Type': 'application/json' }, body);
    const token = headers['x-subject-token'];
    if (typeof token !== 'string') throw refused(url, name, status);
    return { token, accountPath: objectStorePath(text) };
  };
}

function objectStorePath(text: string): string | undefined {
  try {
    const { catalog = [] } = KeystoneToken.parse(JSON.parse(text)).token;
    const endpoints = catalog
      .filter(({ type }) => type === 'object-store')
      .flatMap((service) => service.endpoints);
    const endpoint = endpoints.find((each) => each.interface === 'public') ?? endpoints[0];
    return endpoint && new URL(endpoint.url).pathname;
  } catch {
    return undefined;
  }
}

async function ask(url: URL, method: 'GET' | 'POST', headers: Record<string, string>, body?: string) {
  try {
    const response = await undiciRequest(url, {
      method,
      headers,
      body: body ?? null,
      headersTimeout: TIMEOUT,
      bodyTimeout: TIMEOUT,
    });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  } catch (cause) {
    const why = messageOf(cause);
    throw new StoreError(
      'unreachable',
      `the identity service at ${url.origin} cannot be reached: ${why}`,
      undefined,
      { cause },
    );
  }
}

function refused(url: URL, user: string, status: number): StoreError {
  return new StoreError(
    'unavailable',
    `the service user ${user} could not log in at ${url.origin}: it answered ${status}`,
  );
}
