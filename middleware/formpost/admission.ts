import type { ByteString } from '../../src/http/bytes';
import type { Request } from '../../src/swift_api/message';
import { formatTarget, type ObjectTarget } from '../../src/swift_api/target';
import { signTempUrl } from '../../src/swift_api/temp_url/temp_url';
import { within } from '../tempurl/scope';

/** By what a form was found to be signed. */
export interface Signer {
  /** The key. */
  readonly value: ByteString;
  readonly digest: string;
  /** Until when, in seconds since 1970. */
  readonly expires: number;
}

/** Lets a file of a signed form be put: the address and the right of its PUT. */
export type Admit = (
  signer: Signer,
  target: ObjectTarget,
) => Pick<Request, 'path' | 'query' | 'authorise'>;

/** For an app that keeps objects itself, and asks what may be. */
export const byAuthorising: Admit = (_, target) => ({
  path: formatTarget(target),
  query: '',
  authorise: within(target, 'container'),
});

/** For a Swift behind, which judges by the same key until the same time: its `tempurl` knows only this version of the API. */
export const bySigning: Admit = (signer, target) => ({
  path: formatTarget({ ...target, version: 'v1' }),
  query: signTempUrl(signer, 'PUT', signer.expires, target),
});
