import { LRUCache } from 'lru-cache';
import { BucketError } from '../../../src/buckets/errors';
import type { Sessions } from '../../../src/buckets/sessions';
import type { Credential, CredentialSource } from '../../../src/auth/credential';
import { principalOf, type Principal } from '../../../src/dialects/logins';
import type { ByteString } from '../../../src/http/bytes';
import { isSameSignature } from '../../../src/http/digest';
import {
  isSignature,
  signingKey,
  stringToSign,
  type SignedRequest,
} from '../../../src/dialects/sigv4/canonical';
import { formatScope, type Scope, type Signing } from '../../../src/dialects/sigv4/signing';
import { signV2 } from './version2/canonical';
import type { SignatureV2 } from './version2/signature';

/** Max number of cached signing keys, each of a secret for a day and a region. */
const MAX_KEYS = 1000;

/** The signer of a request, or its anonymous sender. */
export interface Signer extends Principal {
  /** The signing key for the scope; undefined without a signature of version 4. */
  readonly key: Buffer | undefined;
}

/**
 * Finds the signer of requests and texts. All methods throw BucketError if a signature is
 * wrong, or its access key is unknown.
 */
export interface Signers {
  /** Returns the signer of a request. */
  ofRequest(request: SignedRequest, signing: Signing): Promise<Signer>;
  /** Returns the signer of a text. */
  ofText(text: ByteString, signed: SignedText): Promise<Signer>;
  /**
   * Returns the signer of a text by Signature Version 2.
   *
   * @param texts of which one is signed
   */
  ofVersion2(texts: readonly ByteString[], signature: SignatureV2): Promise<Signer>;
}

/** The signature of a text, and the access key it claims. */
type SignedText = Pick<Signing, 'accessKey' | 'scope' | 'signature'>;

/** Verifies signatures by the secrets known here. */
export function createSigners(credentialSource: CredentialSource, sessions: Sessions): Signers {
  const keys = new LRUCache<string, Buffer>({ max: MAX_KEYS });
  const keyOf = (secret: ByteString, scope: Scope): Buffer => {
    const name = `${formatScope(scope)} ${secret}`;
    const cached = keys.get(name);
    if (cached) return cached;
    const key = signingKey(secret, scope);
    keys.set(name, key);
    return key;
  };
  const find = async (accessKey: ByteString): Promise<Credential> => {
    const credential = await credentialSource.find(accessKey);
    if (!credential) throw unknown(accessKey);
    return credential;
  };
  const verify = async (
    { accessKey, scope, signature }: SignedText,
    textOf: () => ByteString,
  ): Promise<Signer> => {
    const credential = await find(accessKey);
    const key = keyOf(credential.secretKey, scope);
    if (!isSignature(key, textOf(), signature)) throw signatureMismatch(accessKey);
    return { ...principalOf(credential, { credentialSource, sessions }), key };
  };
  return {
    ofRequest: (request, signing) => verify(signing, () => stringToSign(request, signing)),
    ofText: (text, signed) => verify(signed, () => text),
    ofVersion2: async (texts, { accessKey, signature }) => {
      const credential = await find(accessKey);
      const isSigned = (text: ByteString) =>
        isSameSignature(signature, signV2(credential.secretKey, text));
      if (!texts.some(isSigned)) throw signatureMismatch(accessKey);
      return { ...principalOf(credential, { credentialSource, sessions }), key: undefined };
    },
  };
}

function unknown(accessKey: ByteString): BucketError {
  const message = 'The AWS Access Key Id you provided does not exist in our records.';
  return new BucketError('unknown-access-key', message, { fields: { AWSAccessKeyId: accessKey } });
}

export function signatureMismatch(accessKey: ByteString): BucketError {
  const message =
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
  return new BucketError('bad-signature', message, { fields: { AWSAccessKeyId: accessKey } });
}
