import { z } from 'zod';
import { messageOf } from '../util/errors';
import { toBytes } from '../http/bytes';
import { parseIsoDate } from '../http/dates';
import { loadUndici } from '../http/undici';
import { readJsonText } from '../formats/json';
import { StoreError } from '../util/store_error';
import type { Login, Session } from './session';
import { X_AUTH_TOKEN, X_STORAGE_URL } from '../swift_api/header_names';

const TIMEOUT = 30_000;

/** The user's role in messages. */
const SERVICE = 'service user';

/**
 * Returns a login by Swift's own protocol (TempAuth and compatible services): user and
 * key in the headers of a GET.
 */
export function loginV1(authUrl: URL, user: string, key: string, role = SERVICE): Login {
  return async () => {
    const { status, headers } = await requestIdentity(authUrl, 'GET', {
      'X-Auth-User': toBytes(user),
      'X-Auth-Key': toBytes(key),
    });
    const value = (name: string) => [headers[name]].flat()[0];
    return sessionV1(value) ?? fail(loginError(authUrl, `${role} ${user}`, status));
  };
}

/**
 * Returns the session in a response to a login by Swift's own protocol, or undefined if
 * there is none.
 */
export function sessionV1(
  header: (name: string) => string | undefined,
  now = Date.now(),
): Session | undefined {
  const token = header(X_AUTH_TOKEN);
  if (token === undefined) return undefined;
  const storage = header(X_STORAGE_URL);
  const seconds = Number(header('x-auth-token-expires') ?? NaN);
  return {
    token,
    accountPath:
      storage !== undefined && URL.canParse(storage) ? new URL(storage).pathname : undefined,
    expires: Number.isFinite(seconds) ? now + seconds * 1000 : undefined,
  };
}

function fail(error: Error): never {
  throw error;
}

/** The user that logs in to Keystone, and the project. */
export interface KeystoneUser {
  readonly username: string;
  readonly password: string;
  readonly project_name: string;
  readonly user_domain_name: string;
  readonly project_domain_name: string;
}

const KeystoneToken = z.object({
  token: z.object({
    expires_at: z.string().optional(),
    project: z.object({ id: z.string() }).optional(),
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

/** Returns a login to Keystone, version 3, by password, scoped to a project. */
export function loginKeystone(authUrl: URL, user: KeystoneUser, role = SERVICE): Login {
  const url = keystoneUrl(authUrl, 'auth/tokens');
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
    const { status, headers, text } = await requestIdentity(
      url,
      'POST',
      { 'Content-Type': 'application/json' },
      body,
    );
    const token = headers['x-subject-token'];
    if (typeof token !== 'string') throw loginError(url, `${role} ${name}`, status);
    return { token, ...parseToken(text) };
  };
}

/**
 * Returns a URL of version 3 of a Keystone's API, whether or not `authUrl` names the
 * version.
 */
export function keystoneUrl(authUrl: URL, path: string): URL {
  const base = authUrl.href.replace(/\/$/, '').replace(/\/v3$/, '');
  return new URL(`${base}/v3/${path}`);
}

/** Returns Keystone's data about a token; parts that cannot be read are undefined. */
export function parseToken(text: string): Omit<Session, 'token'> {
  try {
    const { catalog = [], expires_at, project } = KeystoneToken.parse(readJsonText(text)).token;
    const endpoints = catalog
      .filter(({ type }) => type === 'object-store')
      .flatMap((service) => service.endpoints);
    const endpoint = endpoints.find((each) => each.interface === 'public') ?? endpoints[0];
    const accountPath = endpoint && new URL(endpoint.url).pathname;
    return {
      accountPath,
      expires: parseIsoDate(expires_at),
      project: project?.id,
    };
  } catch {
    return { accountPath: undefined, expires: undefined, project: undefined };
  }
}

/** The response of an identity service. */
export interface IdentityResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Sends a request to an identity service.
 *
 * @throws StoreError if it cannot be reached
 */
export async function requestIdentity(
  url: URL,
  method: 'GET' | 'POST',
  headers: Record<string, string>,
  body?: string,
): Promise<IdentityResponse> {
  try {
    const response = await loadUndici().request(url, {
      method,
      headers,
      body: body ?? null,
      headersTimeout: TIMEOUT,
      bodyTimeout: TIMEOUT,
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      text: await response.body.text(),
    };
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

/** A login that the identity service has refused. */
export class LoginRefused extends StoreError {
  constructor(message: string) {
    super('unavailable', message);
  }
}

function loginError(url: URL, user: string, status: number): StoreError {
  const message = `the ${user} could not log in at ${url.origin}${url.pathname}, which answered ${status}`;
  const isRefused = status === 401 || status === 403;
  return isRefused ? new LoginRefused(message) : new StoreError('unavailable', message);
}
