import type { Session } from '../../../src/buckets/caller';
import { BucketError } from '../../../src/buckets/errors';
import type { Sessions } from '../../../src/buckets/sessions';
import type { Credentials } from '../../../src/credentials/credential';
import type { ByteString } from '../../../src/http/bytes';
import { isSignature, signingKey, stringToSign, type Signed } from './canonical';
import type { Scope, Signing } from './signing';

/** Somebody whose signature was found right. */
export interface Signer {
  readonly user: ByteString;
  /** What signs in the scope; undefined where only somebody else knows that, so that signatures within a body cannot be judged. */
  readonly key: Buffer | undefined;
  /** @param refused a token that the store no longer takes */
  session(refused?: ByteString): Promise<Session>;
}

/** Who knows secrets, and so who signed. All throw BucketError where a signature is not right, or nobody's. */
export interface Signers {
  /** Who signed a request. */
  ofRequest(request: Signed, signing: Signing): Promise<Signer>;
  /** Who signed a text. */
  ofText(text: ByteString, signed: SignedText): Promise<Signer>;
}

/** A text's signature, and whose it is said to be. */
export type SignedText = Pick<Signing, 'accessKey' | 'scope' | 'signature'>;

/** Judges by secrets that are known here. */
export function signersOf(credentials: Credentials, sessions: Sessions): Signers {
  const judge = (text: ByteString, { accessKey, scope, signature }: SignedText): Signer => {
    const credential = credentials.find(accessKey);
    if (!credential) throw unknown(accessKey);
    const key = signingKey(credential.secretKey, scope satisfies Scope);
    if (!isSignature(key, text, signature)) throw wrong(accessKey);
    const session = (refused?: ByteString) => sessions.session(credential, refused);
    return { user: credential.user, key, session };
  };
  return {
    ofRequest: (request, signing) => settled(() => judge(stringToSign(request, signing), signing)),
    ofText: (text, signed) => settled(() => judge(text, signed)),
  };
}

function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

export function unknown(accessKey: ByteString): BucketError {
  const message = 'The AWS Access Key Id you provided does not exist in our records.';
  return new BucketError('unknown-access-key', message, { fields: { AWSAccessKeyId: accessKey } });
}

export function wrong(accessKey: ByteString): BucketError {
  const message =
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
  return new BucketError('bad-signature', message, { fields: { AWSAccessKeyId: accessKey } });
}
