/** What a user is known by after logging in. */
export interface Session {
  readonly token: string;
  /** The path of the user's own account, `/v1/AUTH_x`, if the identity service told it. */
  readonly accountPath: string | undefined;
  /** Milliseconds since 1970 until when the token is good, if that was told. */
  readonly expires?: number | undefined;
  /** The id of the project that the token is for, if Keystone told it. */
  readonly project?: string | undefined;
}

/** Logs in. Rejects with a StoreError that says why not; neither it nor anything else names the secret. */
export type Login = () => Promise<Session>;

/** How long before its end a token is not begun with any more, in milliseconds: a request may be long in coming to the store. */
const MARGIN = 30_000;

/** A user who is logged in when first needed, when the token has expired and when it was refused; all who ask meanwhile wait for the same login. */
export class LoggedIn {
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
    if (!hasExpired(session) && session.token !== refused) return session;
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

function hasExpired({ expires }: Session): boolean {
  return expires !== undefined && Date.now() > expires - MARGIN;
}
