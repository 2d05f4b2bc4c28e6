import { LRUCache } from 'lru-cache';
import type { Credential } from '../auth/credential';
import { toText, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { NO_BODY, type Handler } from '../swift_api/message';
import { parseTarget } from '../swift_api/target';
import { newTransactionId } from '../swift_api/transaction';
import { LoginRefused, sessionV1 } from '../auth/logins';
import { UserSession, type Session as Login } from '../auth/session';
import { StoreError } from '../util/store_error';
import type { Session } from './caller';
import { BucketError } from './errors';

/** Logs in a credential's user. Rejects with `LoginRefused` or another StoreError. */
export type LoginOf = (credential: Credential) => Promise<Login>;

interface User extends Pick<Credential, 'user' | 'key'> {
  readonly login: UserSession;
}

/** Maximum number of users kept logged in. */
const MAX_USERS = 10_000;

/**
 * Sessions by credential. Each user is logged in once for all requests, and again when
 * the token has expired or was refused.
 */
export class Sessions {
  private readonly users = new LRUCache<ByteString, User>({ max: MAX_USERS });

  constructor(private readonly login: LoginOf) {}

  /**
   * @param refused a token that the store no longer accepts
   * @throws BucketError `access-denied` if the user cannot log in or has no account
   * @throws StoreError if no login service answered
   */
  async session(credential: Credential, refused?: ByteString): Promise<Session> {
    const { token, accountPath } = await this.loggedIn(credential, refused);
    const account = credential.account ?? parseTarget(accountPath ?? '')?.account;
    if (account !== undefined) return { account, token };
    throw new BucketError(
      'access-denied',
      `The login of user ${credential.user} returned no account.`,
    );
  }

  private async loggedIn(credential: Credential, refused: ByteString | undefined): Promise<Login> {
    try {
      return await this.user(credential).get(refused);
    } catch (error) {
      if (!(error instanceof LoginRefused)) throw error;
      throw new BucketError(
        'access-denied',
        `The user ${credential.user} of this access key cannot log in to the store.`,
      );
    }
  }

  private user(credential: Credential): UserSession {
    const { accessKey } = credential;
    const user = this.users.get(accessKey);
    // the access key may belong to another user by now
    if (user?.user === credential.user && user.key === credential.key) return user.login;
    const login = new UserSession(() => this.login(credential));
    this.users.set(accessKey, { user: credential.user, key: credential.key, login });
    return login;
  }
}

/** Milliseconds that a login may take. */
const LOGIN_TIMEOUT = 60_000;

/**
 * Returns a login as Swift's clients do it, through the rest of the pipeline.
 *
 * @param path of the login
 */
export function loginThrough(next: Handler, path: string): LoginOf {
  return async ({ user, key }) => {
    const { status, headers, body } = await next({
      method: 'GET',
      path,
      query: '',
      headers: Headers.of({ 'X-Auth-User': user, 'X-Auth-Key': key }),
      body: NO_BODY,
      // the first client may disconnect while others wait for the same login
      signal: AbortSignal.timeout(LOGIN_TIMEOUT),
      transactionId: newTransactionId(),
      authority: 'client',
      receivedBytes: () => 0,
    });
    await drain(body);
    const session = sessionV1((name) => headers.get(name));
    if (session) return session;
    const message = `the user ${toText(user)} could not log in at ${path}: it returned ${status}`;
    throw status === 401 || status === 403
      ? new LoginRefused(message)
      : new StoreError('unavailable', message);
  };
}
