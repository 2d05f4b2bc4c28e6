import { PayloadError } from '../../buckets/payload_error';
import { BucketError } from '../../buckets/errors';
import { BodyMemoryFull } from '../../http/body_memory';
import { derivedStream, type Body, type BodySource } from '../../http/body';
import type { Headers } from '../../http/headers';
import type { Request } from '../../swift_api/message';
import type { Payload } from '../call';
import { declaredMd5 } from './declared';
import { BodyVerifier, verifyAll, verifyStream, type Bounds } from './verifying_stream';

/** Maximum size of a request body, in bytes. */
export const MAX_BYTES = 5 * 1024 ** 3;

/** Bodies up to this size are received and checked before they are processed. */
const RECEIVED_FIRST = 64 * 1024;

/** A payload that records why it is invalid. */
export interface CheckedPayload extends Payload {
  /** Undefined unless the body has turned out to be invalid. */
  readonly failure: () => BucketError | undefined;
}

/** A body that fails with `PayloadError` if it is not what it should be. */
export interface CheckedBody {
  readonly body: Body;
  readonly failure: CheckedPayload['failure'];
}

/**
 * Returns a payload with no signature or checksum except Content-MD5. The body is checked
 * while it is read; a small one of a client that does not wait to send it is checked at
 * once.
 *
 * @throws BucketError if headers are invalid, `PayloadError` if a small body is
 */
export async function plainPayload(request: Request): Promise<CheckedPayload> {
  const { headers, body } = request;
  const length = lengthIn(headers, 'content-length');
  const md5 = headers.get('content-md5');
  const digests = md5 === undefined ? [] : [declaredMd5(md5)];
  const verifier = new BodyVerifier(boundsOf(length), digests);
  const checkedBody = await checkBody(request, body, verifier, length);
  return { ...checkedBody, length, checksums: new Map(), trailing: () => new Map() };
}

/** Parses a header with a number of bytes; undefined if it is missing. */
export function lengthIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text))
    throw new BucketError('invalid-argument', `${name} is not a number of bytes.`);
  if (Number(text) > MAX_BYTES) throw tooLarge();
  return Number(text);
}

/** Returns the bounds for a declared length. */
export function boundsOf(length: number | undefined): Bounds {
  return {
    min: length ?? 0,
    max: length ?? MAX_BYTES,
    tooShort: incomplete,
    tooLong: length === undefined ? tooLarge : incomplete,
  };
}

function incomplete(): BucketError {
  const message =
    'You did not provide the number of bytes specified by the Content-Length HTTP header';
  return new BucketError('incomplete-body', message);
}

function tooLarge(): BucketError {
  const message = 'Your proposed upload exceeds the maximum allowed object size.';
  return new BucketError('too-large', message, { fields: { MaxSizeAllowed: String(MAX_BYTES) } });
}

/**
 * Returns a request's body, which is verified at once if it is small or at hand, and
 * otherwise while it is read.
 *
 * @param source of its bytes, as the client means them
 * @throws PayloadError, or what `source` fails with, if it is verified at once
 */
export async function checkBody(
  { body, sendContinue, memory }: Request,
  source: BodySource,
  verifier: BodyVerifier,
  length: number | undefined,
): Promise<CheckedBody> {
  const isSmall = !sendContinue && length !== undefined && length <= RECEIVED_FIRST;
  if (Buffer.isBuffer(source) || Buffer.isBuffer(body) || (isSmall && hasRoom(memory, length))) {
    sendContinue?.();
    return { body: await verifyAll(source, verifier), failure: () => undefined };
  }
  let failure: BucketError | undefined;
  const content = verifyOnRead(source, verifier, sendContinue, (error) => (failure = error));
  const stream = derivedStream(body, content);
  return { body: stream, failure: () => failure };
}

/** Whether memory is left for a small body; otherwise it is checked while it is read. */
function hasRoom(memory: Request['memory'], bytes: number): boolean {
  try {
    memory?.take(undefined, bytes);
    return true;
  } catch (error) {
    if (error instanceof BodyMemoryFull) return false;
    throw error;
  }
}

/**
 * Yields the bytes of a body as they are verified. Its first read sends 100 Continue to a
 * waiting client. A PayloadError is recorded, since later stages may take it for
 * something else.
 */
async function* verifyOnRead(
  source: AsyncIterable<Buffer>,
  verifier: BodyVerifier,
  sendContinue: Request['sendContinue'],
  record: (error: BucketError) => void,
): AsyncGenerator<Buffer> {
  sendContinue?.();
  try {
    yield* verifyStream(source, verifier);
  } catch (error) {
    if (error instanceof PayloadError) record(error.reason);
    throw error;
  }
}
