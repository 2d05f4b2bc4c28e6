import { LRUCache } from 'lru-cache';
import type { Credential } from '../auth/credential';
import { toText, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { NO_BODY, type Handler } from '../swift_api/message';
import { parseTarget } from '../swift_api/target';
import { transactionId } from '../swift_api/transaction';
import { LoginRefused, sessionV1 } from '../auth/logins';
import { LoggedIn, type Session as Login } from '../auth/session';
import { StoreError } from '../util/store_error';
import type { Session } from './caller';
import { BucketError } from './errors';

/** Logs the user of a credential in: rejects with `LoginRefused`, or another StoreError. */
export type LoginOf = (credential: Credential) => Promise<Login>;

interface User extends Pick<Credential, 'user' | 'key'> {
  readonly login: LoggedIn;
}

/** How many users are kept logged in. */
const MAX = 10_000;

/** The sessions of credentials: each is logged in once, for all who ask, and again when its token is over or refused. */
export class Sessions {
  private readonly users = new LRUCache<ByteString, User>({ max: MAX });

  constructor(private readonly login: LoginOf) {}

  /**
   * @param refused a token that the store no longer takes
   * @throws BucketError `access-denied` where the user is not let in, or has no account
   * @throws StoreError where nobody could tell
   */
  async session(credential: Credential, refused?: ByteString): Promise<Session> {
    const { token, accountPath } = await this.loggedIn(credential, refused);
    const account = credential.account ?? parseTarget(accountPath ?? '')?.account;
    if (account !== undefined) return { account, token };
    throw new BucketError('access-denied', `The login of ${credential.user} tells no account.`);
  }

  private async loggedIn(credential: Credential, refused: ByteString | undefined): Promise<Login> {
    try {
      return await this.user(credential).session(refused);
    } catch (error) {
      if (!(error instanceof LoginRefused)) throw error;
      throw new BucketError(
        'access-denied',
        `The user ${credential.user} of this access key cannot log in to the store.`,
      );
    }
  }

  private user(credential: Credential): LoggedIn {
    const { accessKey } = credential;
    const known = this.users.get(accessKey);
    // an access key may have come to be somebody else's
    if (known?.user === credential.user && known.key === credential.key) return known.login;
    const login = new LoggedIn(() => this.login(credential));
    this.users.set(accessKey, { user: credential.user, key: credential.key, login });
    return login;
  }
}

/** How long a login may take, in milliseconds. */
const LOGIN_TIME = 60_000;

/**
 * Logs in as Swift's clients do, through what follows in the pipeline.
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
      // whoever asks first may leave, and others wait for the same login
      signal: AbortSignal.timeout(LOGIN_TIME),
      transactionId: transactionId(),
      authority: 'client',
      received: () => 0,
    });
    await drain(body);
    const session = sessionV1((name) => headers.get(name));
    if (session) return session;
    const message = `the user ${toText(user)} could not log in at ${path}: the answer was ${status}`;
    throw status === 401 || status === 403
      ? new LoginRefused(message)
      : new StoreError('unavailable', message);
  };
}
