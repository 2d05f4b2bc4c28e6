import type { ByteString } from '../http/bytes';

/** What clients of another API than Swift's sign with, and the store's user in whose name they then act. All are bytes; the keys are secret. */
export interface Credential {
  readonly accessKey: ByteString;
  readonly secretKey: ByteString;
  readonly user: ByteString;
  /** What the user logs in with. */
  readonly key: ByteString;
  /** The account that the user works in; undefined: the one that the login tells. */
  readonly account?: ByteString | undefined;
}

/** Who knows credentials. */
export interface CredentialSource {
  /** @throws StoreError where nobody could tell whether there is one */
  find(accessKey: ByteString): Credential | undefined | Promise<Credential | undefined>;
}

/** The credentials that a server knows, by their access keys. */
export class Credentials implements CredentialSource {
  static readonly none = new Credentials([]);

  private readonly known: ReadonlyMap<ByteString, Credential>;

  /** @param all of several with one access key the first counts */
  constructor(all: readonly Credential[]) {
    this.known = new Map(all.toReversed().map((each) => [each.accessKey, each]));
  }

  find(accessKey: ByteString): Credential | undefined {
    return this.known.get(accessKey);
  }
}
