import { bucketOfHost, type Address } from '../../../src/dialects/address';
import { authorizationIn } from '../../../src/dialects/logins';
import type { Query } from '../../../src/dialects/query';
import { EMPTY_SHA256, type SignedRequest } from '../../../src/dialects/sigv4/canonical';
import {
  readSigning,
  signsQuery,
  UNSIGNED,
  type Signing,
} from '../../../src/dialects/sigv4/signing';
import { BucketError } from '../../../src/buckets/errors';
import type { Headers } from '../../../src/http/headers';
import type { Request } from '../../../src/swift_api/message';
import { signatureKindOf, type SignatureKind, type SignatureV2Mode } from './kind';
import { withQueryHeaders } from './query_headers';
import type { Signer, Signers } from './signers';
import { checkValidity } from './validity';
import { signedHeaders, stringsToSign } from './version2/canonical';
import { checkSigned, isQueryHeader } from './version2/parameters';
import { readSignatureV2, SIGNATURE_PARAMETERS } from './version2/signature';
import { checkTimeV2 } from './version2/validity';

/** Which signatures of version 2 are accepted. */
export interface SignatureV2Options {
  readonly mode: SignatureV2Mode;
  /** Milliseconds for which a URL or a form may be valid. */
  readonly maxAge: number;
}

/** What signatures are checked by. */
export interface SignatureChecks {
  readonly signers: Signers;
  readonly domains: readonly string[];
  /** Milliseconds by which a client's clock may be off. */
  readonly skew: number;
  readonly signatureV2: SignatureV2Options;
}

/** A request and its sender. */
export interface Authenticated {
  readonly signer: Signer;
  /** With those that a presigned URL has in its query. */
  readonly headers: Headers;
  /** The query without these, and without the signature. */
  readonly parameters: Query;
  /** The signed payload: its SHA-256 in hex, or a literal in its place. */
  readonly payload: string;
  /** A signature of version 4, which those of chunks of the body follow. */
  readonly signing: Signing | undefined;
}

/**
 * Returns the signer of a request, and the request as signed.
 *
 * @param now milliseconds since 1970
 * @throws BucketError if the signature is missing, invalid or not accepted
 */
export async function authenticate(
  request: Request,
  address: Address,
  query: Query,
  now: number,
  checks: SignatureChecks,
): Promise<Authenticated> {
  authorizationIn(request.headers, 'invalid-argument');
  const kind = signatureKindOf(request.headers, query, checks.signatureV2.mode);
  return kind.version === 2
    ? authenticateV2({ request, key: address.key, query, from: kind.from }, now, checks)
    : authenticateV4(request, query, now, checks);
}

async function authenticateV4(
  request: Request,
  query: Query,
  now: number,
  { signers, skew }: SignatureChecks,
): Promise<Authenticated> {
  const { method, path, host } = request;
  // the signed Host is the one that names the bucket
  const headers = host === undefined ? request.headers : request.headers.with('Host', host);
  const stated = readSigning(headers, query);
  checkValidity(stated, headers, now, skew);
  const { signer, signing } = await verifyV4({ method, path, headers, query }, stated, signers);
  const isPresigned = (name: string) =>
    signing.from === 'query' && name.toLowerCase().startsWith('x-amz-');
  return {
    signer,
    headers: withQueryHeaders(
      request.headers,
      query,
      (name) => isPresigned(name) && !signsQuery(name),
    ),
    parameters: without(query, isPresigned),
    payload: signing.payload,
    signing,
  };
}

async function verifyV4(
  request: SignedRequest,
  signing: Signing,
  signers: Signers,
): Promise<{ signing: Signing; signer: Signer }> {
  try {
    return { signing, signer: await signers.ofRequest(request, signing) };
  } catch (error) {
    if (!(error instanceof BucketError && error.code === 'bad-signature' && signing.mayBeOfNothing))
      throw error;
    const emptyBodySigning = { ...signing, payload: EMPTY_SHA256, mayBeOfNothing: false };
    return verifyV4(request, emptyBodySigning, signers);
  }
}

/** A request with a signature of version 2, valid or not. */
interface StatedV2 {
  readonly request: Request;
  readonly key: Address['key'];
  readonly query: Query;
  readonly from: SignatureKind['from'];
}

async function authenticateV2(
  { request, key, query, from }: StatedV2,
  now: number,
  { signers, skew, domains, signatureV2: { maxAge } }: SignatureChecks,
): Promise<Authenticated> {
  const { method, path } = request;
  const isHeader = (name: string) => from === 'query' && isQueryHeader(name);
  const signature = readSignatureV2(from, request.headers, query);
  const headers = signedHeaders(withQueryHeaders(request.headers, query, isHeader));
  checkTimeV2(headers, signature.expires, now, { skew, maxAge });
  const signed = { method, from, query, key, path, headers };
  checkSigned(signed);
  const texts = stringsToSign(
    { ...signed, virtualBucket: bucketOfHost(request, domains) },
    signature.expires,
  );
  return {
    signer: await signers.ofVersion2(texts, signature),
    headers,
    parameters: without(query, (name) => isHeader(name) || SIGNATURE_PARAMETERS.has(name)),
    payload: headers.get('x-amz-content-sha256') ?? UNSIGNED,
    signing: undefined,
  };
}

function without(query: Query, isOther: (name: string) => boolean): Query {
  return new Map([...query].filter(([name]) => !isOther(name)));
}
