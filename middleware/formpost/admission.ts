import type { ByteString } from '../../src/http/bytes';
import type { Request } from '../../src/swift_api/message';
import { formatTarget, type ObjectTarget } from '../../src/swift_api/target';
import { signTempUrl } from '../../src/swift_api/temp_url/temp_url';
import { authoriseWithin } from '../../src/swift_api/temp_url/scope';

/** The signature that was found valid for a form. */
export interface Signer {
  /** The key. */
  readonly value: ByteString;
  readonly digest: string;
  /** Expiry, in seconds since 1970. */
  readonly expires: number;
}

/** Admits the PUT of a file in a signed form: returns its address and its right. */
export type Admit = (
  signer: Signer,
  target: ObjectTarget,
) => Pick<Request, 'path' | 'query' | 'authorise'>;

/** For an app that stores objects itself and asks for authorisation. */
export const admitByAuthorising: Admit = (_, target) => ({
  path: formatTarget(target),
  query: '',
  authorise: authoriseWithin(target, 'container'),
});

/**
 * For a Swift behind the proxy, which checks the same key and expiry: its `tempurl` knows
 * only this version of the API.
 */
export const admitBySigning: Admit = (signer, target) => ({
  path: formatTarget({ ...target, version: 'v1' }),
  query: signTempUrl(signer, 'PUT', signer.expires, target),
});
