import { BucketError } from '../../../../src/buckets/errors';
import type { Query } from '../../../../src/dialects/query';
import { RESPONSE_OVERRIDES } from '../../../../src/dialects/vocabulary';
import type { ByteString } from '../../../../src/http/bytes';
import type { SignatureKind } from '../kind';
import { SIGNATURE_PARAMETERS } from './signature';

/**
 * The parameters that name a part of a resource, and are signed: those of AWS's
 * documentation, of its SDKs and of Swift's s3api. A name that clients do not sign
 * must not be added, since their signatures would be wrong.
 */
const SUB_RESOURCES: ReadonlySet<string> = new Set(
  (
    'accelerate acl analytics cors delete inventory lifecycle location logging metrics ' +
    'notification object-lock partNumber policy replication requestPayment restore select ' +
    'select-type tagging torrent uploadId uploads versionId versioning versions website'
  ).split(' '),
);

/** The signed parameters whose values are free text: headers of the response. */
const OVERRIDES: ReadonlySet<string> = new Set(RESPONSE_OVERRIDES);

/**
 * Parameters that are not signed, and that a client which signs its requests one by one
 * cannot do without: they choose the page of a listing, of those that the client may see.
 */
const PAGES: ReadonlySet<string> = new Set(
  (
    'delimiter encoding-type key-marker marker max-keys max-parts max-uploads ' +
    'part-number-marker prefix upload-id-marker version-id-marker'
  ).split(' '),
);

/** The parts of a request that decide which parameters it may have. */
export interface QueriedRequest {
  readonly method: string;
  readonly from: SignatureKind['from'];
  readonly query: Query;
  readonly key: ByteString | undefined;
}

/**
 * Whether a parameter of a URL stands for a header, as boto and AWS's SDK of version 2
 * (`Content-Type`) write signed headers into the URL; it is signed as that header.
 */
export function isQueryHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith('x-amz-') || lower === 'content-type' || lower === 'content-md5';
}

/**
 * Checks that all parameters are signed. An unknown one is refused, since no operation
 * may depend on a parameter that anybody on the way could have added.
 *
 * @throws BucketError `access-denied`
 */
export function checkSigned(request: QueriedRequest): void {
  const unsigned = [...request.query.keys()].find((name) => !isCovered(name, request));
  if (unsigned === undefined) return;
  throw new BucketError(
    'access-denied',
    'A signature of version 2 does not cover this parameter. Please use AWS4-HMAC-SHA256.',
    { fields: { ArgumentName: unsigned } },
  );
}

function isCovered(name: string, request: QueriedRequest): boolean {
  if (SUB_RESOURCES.has(name) || OVERRIDES.has(name)) return true;
  return request.from === 'query'
    ? SIGNATURE_PARAMETERS.has(name) || isQueryHeader(name)
    : PAGES.has(name) && isListing(request);
}

/** Whether a request lists objects, versions, uploads or parts, or nothing at all. */
function isListing({ method, query, key }: QueriedRequest): boolean {
  return method === 'GET' && (key === undefined || query.has('uploadId'));
}

/**
 * Formats the signed parameters, with their values decoded. An empty value has two forms:
 * clients sign `acl` and `acl=` as they write it, and both mean the same.
 *
 * @returns all texts that may have been signed
 * @throws BucketError `access-denied` if other parameters have the same text: an `&` in a
 *   value could begin the next parameter. In a URL, whose signer may let others choose
 *   the text of an override (the name of a file, say), a parameter that chooses what is
 *   read cannot be distinguished from that text
 */
export function canonicalParameters({ from, query }: QueriedRequest): readonly ByteString[] {
  const signed = [...query]
    .filter(([name]) => SUB_RESOURCES.has(name) || OVERRIDES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of signed)
    if (hasNext(name, value))
      throw new BucketError('access-denied', `The value of ${name} has an & in it.`);
  const override = signed.find(([name]) => OVERRIDES.has(name))?.[0];
  const resource = signed.find(([name]) => SUB_RESOURCES.has(name))?.[0];
  if (from === 'query' && override !== undefined && resource !== undefined)
    throw new BucketError(
      'access-denied',
      `A URL with a signature of version 2 cannot have both ${resource} and ${override}: its signature does not determine where one of them ends. Please use AWS4-HMAC-SHA256.`,
    );
  const text = (empty: string) =>
    signed.map(([name, value]) => name + (value === '' ? empty : `=${value}`)).join('&');
  return [...new Set([text(''), text('=')])];
}

/** Whether the value of a parameter could be its value and a further parameter. */
function hasNext(name: string, value: ByteString): boolean {
  const [, ...rest] = value.split('&');
  if (SUB_RESOURCES.has(name)) return rest.length > 0;
  return rest
    .map((each) => each.replace(/=.*/s, ''))
    .some((each) => SUB_RESOURCES.has(each) || OVERRIDES.has(each));
}
