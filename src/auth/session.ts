/** The session of a user who is logged in. */
export interface Session {
  readonly token: string;
  /**
   * The path of the user's own account, `/v1/AUTH_x`, if the identity service returned
   * it.
   */
  readonly accountPath: string | undefined;
  /** The time in milliseconds since 1970 at which the token expires, if known. */
  readonly expires?: number | undefined;
  /** The id of the project that the token is for, if Keystone returned it. */
  readonly project?: string | undefined;
}

/** Logs in. Rejects with a StoreError that names the reason; nothing names the secret. */
export type Login = () => Promise<Session>;

/**
 * Milliseconds before its expiry in which a token is no longer used for new requests: a
 * request may take long to reach the store.
 */
const MARGIN = 30_000;

/**
 * A user who is logged in on first use, when the token has expired and when it was
 * refused. Concurrent callers share one login.
 */
export class UserSession {
  private current: Promise<Session> | undefined;

  constructor(private readonly login: Login) {}

  /**
   * Returns the session; logs in if necessary.
   *
   * @param refused a token that the store no longer accepts
   */
  async get(refused?: string): Promise<Session> {
    const previous = this.current;
    const session = await (previous ?? this.start());
    if (!hasExpired(session) && session.token !== refused) return session;
    return this.current === previous || this.current === undefined ? this.start() : this.current;
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

function hasExpired({ expires }: Session): boolean {
  return expires !== undefined && Date.now() > expires - MARGIN;
}
