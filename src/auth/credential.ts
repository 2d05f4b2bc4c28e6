import type { ByteString } from '../http/bytes';

/**
 * A key pair with which clients of APIs other than Swift's sign, and the store's user on
 * whose behalf they act. All are bytes; the keys are secret.
 */
export interface Credential {
  readonly accessKey: ByteString;
  readonly secretKey: ByteString;
  readonly user: ByteString;
  /** The key that the user logs in with. */
  readonly key: ByteString;
  /** The account that the user works in; undefined: the one that the login returns. */
  readonly account?: ByteString | undefined;
}

/** A source of credentials. */
export interface CredentialSource {
  /** @throws StoreError if it cannot be determined whether there is one */
  find(accessKey: ByteString): Credential | undefined | Promise<Credential | undefined>;
  /** Whether a credential that is known without a lookup is that of a user. */
  hasUser?(user: ByteString): boolean;
}

/** The credentials that a server knows, by their access keys. */
export class Credentials implements CredentialSource {
  static readonly none = new Credentials([]);

  private readonly byAccessKey: ReadonlyMap<ByteString, Credential>;
  private readonly users: ReadonlySet<ByteString>;

  /** @param all if several have the same access key, the first counts */
  constructor(all: readonly Credential[]) {
    this.byAccessKey = new Map(all.toReversed().map((each) => [each.accessKey, each]));
    this.users = new Set(all.map(({ user }) => user));
  }

  find(accessKey: ByteString): Credential | undefined {
    return this.byAccessKey.get(accessKey);
  }

  hasUser(user: ByteString): boolean {
    return this.users.has(user);
  }
}
