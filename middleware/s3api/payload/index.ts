import { PayloadError } from '../../../src/buckets/payload_error';
import { BucketError } from '../../../src/buckets/errors';
import { isChecksum, type Algorithm } from '../../../src/dialects/payload/checksums';
import {
  boundsOf,
  checkBody,
  lengthIn,
  type CheckedPayload,
} from '../../../src/dialects/payload/checked_body';
import {
  HEX,
  declaredChecksum,
  declaredDigests,
  readChecksums,
  type DeclaredDigest,
} from '../../../src/dialects/payload/declared';
import { BodyVerifier, type LateDigests } from '../../../src/dialects/payload/verifying_stream';
import { UNSIGNED, type Signing } from '../../../src/dialects/sigv4/signing';
import { chunks, type Body, type BodySource } from '../../../src/http/body';
import { ByteReader } from '../../../src/formats/byte_reader';
import type { Headers } from '../../../src/http/headers';
import type { Request } from '../../../src/swift_api/message';
import { decodeAwsChunked } from './aws_chunked';
import { ChunkSignatures } from './chunk_signatures';

/** How the body of a request is signed. */
export interface SignedBody {
  /** The signed payload: its SHA-256 in hex, or a literal in its place. */
  readonly payload: string;
  /** Undefined if the request has no signature of version 4. */
  readonly signing: Signing | undefined;
  /** The signing key for its scope. */
  readonly key: Buffer | undefined;
  /**
   * Whether checksums in headers are those of the body, and not of the object it is
   * about.
   */
  readonly hasOwnChecksums: boolean;
}

interface Form {
  readonly isChunked: boolean;
  readonly isSigned: boolean;
  readonly hasTrailer: boolean;
}

const PLAIN: Form = { isChunked: false, isSigned: false, hasTrailer: false };

const FORMS: ReadonlyMap<string, Form> = new Map([
  [UNSIGNED, PLAIN],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { isChunked: true, isSigned: false, hasTrailer: true }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { isChunked: true, isSigned: true, hasTrailer: false }],
  [
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    { isChunked: true, isSigned: true, hasTrailer: true },
  ],
]);

/**
 * Returns the body of a request as its client means it. The body is verified while it is
 * read, and fails with `PayloadError` if it does not match its signature, length or
 * checksums; a small one for which no client waits is verified at once.
 *
 * @throws BucketError if its headers are wrong, `PayloadError` if a small body is wrong
 */
export async function openPayload(request: Request, signed: SignedBody): Promise<CheckedPayload> {
  const { headers } = request;
  const { payload } = signed;
  const form = formOf(payload);
  const length = lengthOf(headers, form);
  const checksums = signed.hasOwnChecksums
    ? readChecksums(headers, form.hasTrailer)
    : { inHeaders: new Map<Algorithm, string>(), trailing: undefined };
  const digests = declaredDigests(headers, checksums.inHeaders, payload);

  let trailer: ReadonlyMap<string, string> = new Map();
  const bytes = openBody(request.body, form, signed, (received) => (trailer = received));
  const late: LateDigests | undefined = form.isChunked
    ? { algorithm: checksums.trailing, get: () => digestsInTrailer(trailer, checksums.trailing) }
    : undefined;
  const verifier = new BodyVerifier(boundsOf(length), digests, late);
  const checkedBody = await checkBody(request, bytes, verifier, length);
  return {
    ...checkedBody,
    length,
    checksums: checksums.inHeaders,
    trailing: () =>
      new Map([...trailer].map(([name, value]) => [name.replace(/^x-amz-checksum-/, ''), value])),
  };
}

function formOf(payload: string): Form {
  const form = HEX.test(payload) ? PLAIN : FORMS.get(payload);
  if (form) return form;
  throw new BucketError(
    'invalid-argument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.',
    { fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payload } },
  );
}

function lengthOf(headers: Headers, { isChunked }: Form): number | undefined {
  const name = isChunked ? 'x-amz-decoded-content-length' : 'content-length';
  const length = lengthIn(headers, name);
  if (isChunked && length === undefined)
    throw new BucketError('missing-length', `${name} is required.`);
  return length;
}

function openBody(
  body: Body,
  { isChunked, isSigned, hasTrailer }: Form,
  { signing, key }: SignedBody,
  onEnd: (trailer: ReadonlyMap<string, string>) => void,
): BodySource {
  if (!isChunked) return body;
  if (!isSigned) return decodeAwsChunked(new ByteReader(chunks(body)), undefined, onEnd);
  if (key && signing)
    return decodeAwsChunked(
      new ByteReader(chunks(body)),
      new ChunkSignatures(key, signing, hasTrailer),
      onEnd,
    );
  throw new BucketError(
    'invalid-request',
    'Chunks can be signed only if the request is signed with version 4.',
  );
}

/**
 * Returns the digest declared in a trailer; the trailer must hold what was announced, and
 * nothing else.
 */
function digestsInTrailer(
  trailer: ReadonlyMap<string, string>,
  announced: Algorithm | undefined,
): DeclaredDigest[] {
  const expected = announced === undefined ? [] : [`x-amz-checksum-${announced}`];
  const names = [...trailer.keys()];
  const value = trailer.get(expected[0] ?? '');
  if (names.join() !== expected.join() || (announced && !isChecksum(announced, value ?? '')))
    throw new PayloadError(
      new BucketError(
        'invalid-request',
        'The trailer is not what the x-amz-trailer header announced.',
      ),
    );
  return announced === undefined || value === undefined ? [] : [declaredChecksum(announced, value)];
}
