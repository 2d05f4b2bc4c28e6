import { PayloadError } from '../../buckets/payload_error';
import { BucketError } from '../../buckets/errors';
import { BodyMemoryFull } from '../../http/body_memory';
import { chunks, collect, destroy, streamOf, type Body } from '../../http/body';
import type { Headers } from '../../http/headers';
import type { Request } from '../../swift_api/message';
import type { Payload } from '../call';
import { declaredMd5 } from './declared';
import { verifyStream, type Bounds } from './verifying_stream';

/** Bytes that one request can carry. */
export const MAX_BYTES = 5 * 1024 ** 3;

/** Bodies up to so many bytes are received and judged before anything is done with them. */
const RECEIVED_FIRST = 64 * 1024;

/** A payload that tells afterwards what was wrong with it. */
export interface CheckedPayload extends Payload {
  /** Undefined as long as nothing is. */
  readonly failure: () => BucketError | undefined;
}

/** A body that breaks off with `BadPayload` where it is not what it should be. */
export interface CheckedBody {
  readonly body: Body;
  readonly failure: CheckedPayload['failure'];
}

/**
 * A body of which nothing is signed or summed but by a Content-MD5. It is judged while it is read; a small one for which no client waits is judged at
 * once.
 *
 * @throws BucketError for what its headers tell wrongly, `BadPayload` for a small one that is wrong
 */
export async function plainPayload(request: Request): Promise<CheckedPayload> {
  const { headers, body } = request;
  const length = lengthIn(headers, 'content-length');
  const md5 = headers.get('content-md5');
  const promised = md5 === undefined ? [] : [declaredMd5(md5)];
  const content = verifyStream(chunks(body), boundsOf(length), promised, () => [], undefined);
  const judged = await checkBody(request, content, length);
  return { ...judged, length, checksums: new Map(), trailing: () => new Map() };
}

/** The number of bytes that a header tells; undefined where it is not there. */
export function lengthIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text))
    throw new BucketError('invalid-argument', `${name} is not a number of bytes.`);
  if (Number(text) > MAX_BYTES) throw tooLarge();
  return Number(text);
}

/** How many bytes there must be where so many are promised. */
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
 * A request's body, of which `content` is what is read and judged.
 *
 * @throws BadPayload for a small one that is wrong
 */
export async function checkBody(
  request: Request,
  content: AsyncIterable<Buffer>,
  length: number | undefined,
): Promise<CheckedBody> {
  let failure: BucketError | undefined;
  const noted = noting(content, (error) => (failure = error));
  const body = await received(request, noted, length);
  return { body, failure: () => failure };
}

/** Remembers what a body broke off with: what is behind may take it for something else. */
async function* noting(
  judged: AsyncIterable<Buffer>,
  note: (error: BucketError) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* judged;
  } catch (error) {
    if (error instanceof PayloadError) note(error.reason);
    throw error;
  }
}

async function received(
  { body, sendContinue, memory }: Request,
  judged: AsyncGenerator<Buffer>,
  length: number | undefined,
): Promise<Body> {
  const content = sendContinue ? asked(judged, sendContinue) : judged;
  const isSmall = !sendContinue && length !== undefined && length <= RECEIVED_FIRST;
  if (Buffer.isBuffer(body) || (isSmall && hasRoom(memory, length))) return collect(content);
  const stream = streamOf(content);
  stream.on('error', () => undefined).once('close', () => destroy(body));
  return stream;
}

/** Without room a small body is judged as large ones are, while it is read. */
function hasRoom(memory: Request['memory'], bytes: number): boolean {
  try {
    memory?.take(undefined, bytes);
    return true;
  } catch (error) {
    if (error instanceof BodyMemoryFull) return false;
    throw error;
  }
}

/** Has a client that waits for it send its body, once that is read. */
async function* asked(
  judged: AsyncGenerator<Buffer>,
  sendContinue: () => void,
): AsyncGenerator<Buffer> {
  sendContinue();
  yield* judged;
}
