import { BucketError } from '../../../src/buckets/errors';
import { ONLY_V4 } from '../../../src/dialects/sigv4/signing';
import type { Query } from '../../../src/dialects/query';
import type { Headers } from '../../../src/http/headers';

/** How a request is signed: by which version of signatures, and in which part of it. */
export interface SignatureKind {
  readonly version: 2 | 4;
  readonly from: 'header' | 'query';
}

/**
 * Which requests may have a signature of version 2: presigned URLs and forms, also those
 * with `Authorization`, or none.
 */
export const SIGNATURE_V2_MODES = ['urls', 'all', 'off'] as const;
export type SignatureV2Mode = (typeof SIGNATURE_V2_MODES)[number];

/** The parameters of a signature of version 2; `Expires` alone is none. */
const V2_PARAMETERS = ['AWSAccessKeyId', 'Signature'];

/** The parameters of a signature of version 4 that nothing else has, in lower case. */
const V4_PARAMETERS: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-expires',
  'x-amz-signature',
  'x-amz-signedheaders',
]);

/**
 * Returns how a request is signed.
 *
 * @throws BucketError `invalid-argument` if it has signatures of two kinds, each of which
 *   another reader could take for the one that counts; `invalid-request` if the version
 *   is not accepted, or the credentials are temporary
 */
export function signatureKindOf(
  headers: Headers,
  query: Query,
  mode: SignatureV2Mode,
): SignatureKind {
  const authorization = headers.get('authorization');
  const names = [...query.keys()];
  const kinds: SignatureKind[] = [];
  if (authorization !== undefined)
    kinds.push({ version: /^AWS(\s|$)/i.test(authorization) ? 2 : 4, from: 'header' });
  if (names.some((name) => V4_PARAMETERS.has(name.toLowerCase())))
    kinds.push({ version: 4, from: 'query' });
  if (V2_PARAMETERS.some((name) => query.has(name))) kinds.push({ version: 2, from: 'query' });
  const [kind = { version: 4, from: 'header' }, ...others] = kinds;
  if (others.length > 0) throw new BucketError('invalid-argument', TWO_WAYS);
  if (headers.has(TOKEN) || names.some((name) => name.toLowerCase() === TOKEN))
    throw new BucketError(
      'invalid-request',
      'Temporary credentials (X-Amz-Security-Token) are not supported.',
    );
  if (kind.version === 2 && !isAccepted(kind, mode))
    throw new BucketError('invalid-request', ONLY_V4);
  return kind;
}

const TOKEN = 'x-amz-security-token';

/** AWS's message for signatures of several kinds. */
export const TWO_WAYS =
  'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified';

function isAccepted({ from }: SignatureKind, mode: SignatureV2Mode): boolean {
  return mode === 'all' || (mode === 'urls' && from === 'query');
}
