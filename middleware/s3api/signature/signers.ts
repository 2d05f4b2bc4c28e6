import { LRUCache } from 'lru-cache';
import { BucketError } from '../../../src/buckets/errors';
import type { Sessions } from '../../../src/buckets/sessions';
import type { CredentialSource } from '../../../src/auth/credential';
import { knownBy, type Principal } from '../../../src/dialects/logins';
import type { ByteString } from '../../../src/http/bytes';
import {
  isSignature,
  signingKey,
  stringToSign,
  type Signed,
} from '../../../src/dialects/sigv4/canonical';
import { formatScope, type Scope, type Signing } from '../../../src/dialects/sigv4/signing';

/** Keys that sign, of a secret for a day and a region, are remembered up to so many. */
const MAX_KEYS = 1000;

/** Who signed, or asks without a signature. */
export interface Signer extends Principal {
  /** What signs in the scope; undefined for who has not signed at all. */
  readonly key: Buffer | undefined;
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
export function signersOf(credentials: CredentialSource, sessions: Sessions): Signers {
  const keys = new LRUCache<string, Buffer>({ max: MAX_KEYS });
  const keyOf = (secret: ByteString, scope: Scope): Buffer => {
    const name = `${formatScope(scope)} ${secret}`;
    const known = keys.get(name);
    if (known) return known;
    const key = signingKey(secret, scope);
    keys.set(name, key);
    return key;
  };
  const judge = async (
    { accessKey, scope, signature }: SignedText,
    textOf: () => ByteString,
  ): Promise<Signer> => {
    const credential = await credentials.find(accessKey);
    if (!credential) throw unknown(accessKey);
    const key = keyOf(credential.secretKey, scope);
    if (!isSignature(key, textOf(), signature)) throw wrong(accessKey);
    return { ...knownBy(credential, sessions), key };
  };
  return {
    ofRequest: (request, signing) => judge(signing, () => stringToSign(request, signing)),
    ofText: (text, signed) => judge(signed, () => text),
  };
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
