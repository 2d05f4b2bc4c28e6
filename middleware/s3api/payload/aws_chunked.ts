import { PayloadError } from '../../../src/buckets/payload_error';
import { BucketError, type BucketErrorCode } from '../../../src/buckets/errors';
import type { ByteReader } from '../../../src/formats/byte_reader';
import type { ChunkSignatures } from './chunk_signatures';

/** Max bytes of a signed chunk, which is buffered until its signature is verified. */
const MAX_SIGNED = 16 * 1024 * 1024;

/** Max bytes of the line before a chunk, and of a line in the trailer. */
const MAX_LINE = 1024;

const MAX_TRAILERS = 16;

/**
 * Decodes a body in the content coding `aws-chunked`: chunks, each
 * `SIZE[;chunk-signature=HEX]`, CRLF, bytes, CRLF; the last is empty, followed by a
 * trailer of `name:value` lines and an empty line.
 *
 * @param signatures verifies those of the chunks and of the trailer; undefined if there
 *   are none
 * @param onEnd receives the trailer, names in lower case
 * @throws PayloadError if the body is malformed, too short, or not signed as declared
 */
export async function* decodeAwsChunked(
  reader: ByteReader,
  signatures: ChunkSignatures | undefined,
  onEnd: (trailer: ReadonlyMap<string, string>) => void,
): AsyncGenerator<Buffer> {
  for (;;) {
    const { size, signature } = readHead(await readLine(reader), signatures !== undefined);
    if (size === 0) {
      signatures?.checkChunk(Buffer.alloc(0), signature);
      break;
    }
    if (signatures) yield await signedChunk(reader, size, signature, signatures);
    else yield* plainChunk(reader, size);
    if ((await reader.read(2)).toString('latin1') !== '\r\n')
      throw malformed('a chunk does not end in CRLF');
  }
  onEnd(await readTrailer(reader, signatures));
  if ((await reader.readSome(1)) !== undefined) throw malformed('there is data after its end');
}

async function signedChunk(
  reader: ByteReader,
  size: number,
  signature: string,
  signatures: ChunkSignatures,
): Promise<Buffer> {
  if (size > MAX_SIGNED) throw malformed(`a signed chunk has more than ${MAX_SIGNED} bytes`);
  const data = await reader.read(size);
  if (data.length < size) throw incomplete();
  signatures.checkChunk(data, signature);
  return data;
}

async function* plainChunk(reader: ByteReader, size: number): AsyncGenerator<Buffer> {
  for (let missing = size; missing > 0;) {
    const part = await reader.readSome(missing);
    if (part === undefined) throw incomplete();
    missing -= part.length;
    yield part;
  }
}

function readHead(
  line: string,
  isSigned: boolean,
): { readonly size: number; readonly signature: string } {
  const [, size, signature] =
    /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?\r$/.exec(line) ?? [];
  if (size === undefined) throw malformed('a chunk does not begin with its size');
  if (isSigned !== (signature !== undefined))
    throw malformed(isSigned ? 'a chunk is not signed' : 'a chunk is signed but must not be');
  return { size: parseInt(size, 16), signature: signature ?? '' };
}

async function readTrailer(
  reader: ByteReader,
  signatures: ChunkSignatures | undefined,
): Promise<ReadonlyMap<string, string>> {
  const trailer = new Map<string, string>();
  const isSigned = signatures?.signsTrailer === true;
  for (let mayContinue = isSigned; ;) {
    const line = (await readLine(reader)).replace(/\r$/, '');
    if (line === '') {
      if (!mayContinue || trailer.has(TRAILER_SIGNATURE)) break;
      // minio-go also has an empty line before the signature
      mayContinue = false;
      continue;
    }
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): *(.*)$/.exec(line) ?? [];
    const key = name?.toLowerCase();
    if (key === undefined || trailer.has(key) || trailer.size === MAX_TRAILERS)
      throw malformed('its trailer must consist of name:value lines, each name once');
    trailer.set(key, value);
  }
  const signature = trailer.get(TRAILER_SIGNATURE);
  trailer.delete(TRAILER_SIGNATURE);
  if (isSigned) signatures.checkTrailer(trailer, signature ?? '');
  else if (signature !== undefined) throw malformed('its trailer is signed but must not be');
  return trailer;
}

const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

async function readLine(reader: ByteReader): Promise<string> {
  const line = await reader.readLine(MAX_LINE);
  if (line === undefined) throw incomplete();
  return line.toString('latin1');
}

function incomplete(): PayloadError {
  return payloadError('incomplete-body', 'The request body terminated unexpectedly');
}

function malformed(why: string): PayloadError {
  return payloadError('invalid-request', `The aws-chunked body is malformed: ${why}.`);
}

function payloadError(code: BucketErrorCode, message: string): PayloadError {
  return new PayloadError(new BucketError(code, message));
}
