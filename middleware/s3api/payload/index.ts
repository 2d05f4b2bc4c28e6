import { BadPayload } from '../../../src/buckets/bad_payload';
import { BucketError } from '../../../src/buckets/errors';
import { chunks, destroy, readAll, streamOf } from '../../../src/http/body';
import { ByteReader } from '../../../src/http/byte_reader';
import type { Headers } from '../../../src/http/headers';
import type { Body, Request } from '../../../src/http/message';
import type { Payload } from '../call';
import type { Signing } from '../signature/signing';
import { UNSIGNED } from '../signature/signing';
import { unchunked } from './aws_chunked';
import { isChecksum, type Algorithm } from './checksums';
import { ChunkSignatures } from './chunk_signatures';
import { HEX, promisedChecksum, promisedOf, readChecksums, type Promised } from './promised';
import { verified, type Bounds } from './verified';

/** Bytes that one request can carry. */
export const MOST_BYTES = 5 * 1024 ** 3;

/** Bodies up to so many bytes are received and judged before anything is done with them. */
const RECEIVED_FIRST = 64 * 1024;

/** How the body of a request is signed. */
export interface SignedBody {
  /** Undefined: the request is not signed at all. */
  readonly signing: Signing | undefined;
  /** What signs in its scope; undefined where nothing is signed. */
  readonly key: Buffer | undefined;
  /** Whether checksums in headers are the body's own, and not those of what it is about. */
  readonly hasOwnChecksums: boolean;
}

/** A payload that tells afterwards what was wrong with it. */
export interface JudgedPayload extends Payload {
  /** Undefined as long as nothing is. */
  readonly failure: () => BucketError | undefined;
}

interface Form {
  readonly isChunked: boolean;
  readonly isSigned: boolean;
  readonly hasTrailer: boolean;
}

const PLAIN: Form = { isChunked: false, isSigned: false, hasTrailer: false };

const FORMS: Readonly<Record<string, Form>> = {
  [UNSIGNED]: PLAIN,
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { isChunked: true, isSigned: false, hasTrailer: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { isChunked: true, isSigned: true, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { isChunked: true, isSigned: true, hasTrailer: true },
};

/**
 * The body of a request as its client means it. It is judged while it is read, and breaks off with `BadPayload` where it is not what was
 * signed, promised or summed; a small one for which no client waits is judged at once.
 *
 * @throws BucketError for what its headers tell wrongly, `BadPayload` for a small one that is wrong
 */
export async function payloadOf(request: Request, signed: SignedBody): Promise<JudgedPayload> {
  const { headers } = request;
  const payload = signed.signing?.payload ?? UNSIGNED;
  const form = formOf(payload);
  const length = lengthOf(headers, form);
  const told = signed.hasOwnChecksums
    ? readChecksums(headers, form.hasTrailer)
    : { given: new Map<Algorithm, string>(), trailing: undefined };
  const promised = promisedOf(headers, told.given, payload);

  let trailer: ReadonlyMap<string, string> = new Map();
  let failure: BucketError | undefined;
  const opened = open(request.body, form, signed, (received) => (trailer = received));
  const late = () => (form.isChunked ? inTrailer(trailer, told.trailing) : []);
  const judged = verified(opened, boundsOf(length), promised, late, told.trailing);
  const body = await received(
    request,
    noting(judged, (error) => (failure = error)),
    length,
  );
  return {
    body,
    length,
    checksums: told.given,
    trailing: () =>
      new Map([...trailer].map(([name, value]) => [name.replace(/^x-amz-checksum-/, ''), value])),
    failure: () => failure,
  };
}

function formOf(payload: string): Form {
  const form = HEX.test(payload) ? PLAIN : FORMS[payload];
  if (form) return form;
  throw new BucketError(
    'invalid-argument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.',
    { fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payload } },
  );
}

function lengthOf(headers: Headers, { isChunked }: Form): number | undefined {
  const name = isChunked ? 'x-amz-decoded-content-length' : 'content-length';
  const text = headers.get(name);
  if (text === undefined && !isChunked) return undefined;
  if (text === undefined) throw new BucketError('missing-length', `${name} is needed.`);
  if (!/^\d{1,16}$/.test(text))
    throw new BucketError('invalid-argument', `${name} is not a number of bytes.`);
  if (Number(text) > MOST_BYTES) throw tooLarge();
  return Number(text);
}

function boundsOf(length: number | undefined): Bounds {
  const message = 'You did not provide the number of bytes specified by the Content-Length HTTP header';
  const incomplete = new BucketError('incomplete-body', message);
  return length === undefined
    ? { least: 0, most: MOST_BYTES, tooShort: incomplete, tooLong: tooLarge() }
    : { least: length, most: length, tooShort: incomplete, tooLong: incomplete };
}

function tooLarge(): BucketError {
  const message = 'Your proposed upload exceeds the maximum allowed object size.';
  return new BucketError('too-large', message, { fields: { MaxSizeAllowed: String(MOST_BYTES) } });
}

function open(
  body: Body,
  { isChunked, isSigned, hasTrailer }: Form,
  { signing, key }: SignedBody,
  ended: (trailer: ReadonlyMap<string, string>) => void,
): AsyncIterable<Buffer> {
  if (!isChunked) return chunks(body);
  if (!isSigned) return unchunked(new ByteReader(chunks(body)), undefined, ended);
  if (key && signing)
    return unchunked(new ByteReader(chunks(body)), new ChunkSignatures(key, signing, hasTrailer), ended);
  throw new BucketError('invalid-request', 'Chunks can be signed only where the request is.');
}

/** What a trailer promises; it must be what was announced, and nothing else. */
function inTrailer(trailer: ReadonlyMap<string, string>, announced: Algorithm | undefined): Promised[] {
  const expected = announced === undefined ? [] : [`x-amz-checksum-${announced}`];
  const names = [...trailer.keys()];
  const value = trailer.get(expected[0] ?? '');
  if (names.join() !== expected.join() || (announced && !isChecksum(announced, value ?? '')))
    throw new BadPayload(
      new BucketError('invalid-request', 'The trailer is not what the x-amz-trailer header announced.'),
    );
  return announced === undefined || value === undefined ? [] : [promisedChecksum(announced, value)];
}

/** Remembers what a body broke off with: what is behind may take it for something else. */
async function* noting(
  judged: AsyncIterable<Buffer>,
  note: (error: BucketError) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* judged;
  } catch (error) {
    if (error instanceof BadPayload) note(error.reason);
    throw error;
  }
}

async function received(
  { body, sendContinue }: Request,
  judged: AsyncGenerator<Buffer>,
  length: number | undefined,
): Promise<Body> {
  const stream = streamOf(sendContinue ? asked(judged, sendContinue) : judged);
  if (Buffer.isBuffer(body) || (!sendContinue && length !== undefined && length <= RECEIVED_FIRST))
    return (await readAll(stream, Infinity)) ?? Buffer.alloc(0);
  stream.on('error', () => undefined).once('close', () => destroy(body));
  return stream;
}

/** Has a client that waits for it send its body, once that is read. */
async function* asked(judged: AsyncGenerator<Buffer>, sendContinue: () => void): AsyncGenerator<Buffer> {
  sendContinue();
  yield* judged;
}
