import { createHash } from 'node:crypto';
import { unquote, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { readResponse } from '../swift_api/json_response';
import { ask, withPartsAccess, type Caller } from './caller';
import { BucketError } from './errors';
import { DIALECT_PREFIX } from './metadata';
import { expectSuccess } from './store_answers';
import { putBeside } from './uploads/beside';
import { segmentsOf, tagsObjectOf } from './uploads/upload_names';
import type { ObjectRef } from './versions';

/** A name and a value that a client attaches to an object, apart from metadata. */
export interface Tag {
  readonly key: ByteString;
  readonly value: ByteString;
}

const NOTE = `${DIALECT_PREFIX}Tags-`;
/** `COUNT SHA256`: the tags are in an object beside the bucket. */
const POINTER = `${NOTE}Object`;
/** Maximum length of a metadata value, in bytes. */
const MAX_PIECE = 256;
/**
 * Maximum bytes of tags in an object's metadata, of which a Swift allows 4096 in all. S3
 * allows 2048 of a client's own besides tags.
 */
const MAX_IN_METADATA = 6 * MAX_PIECE;
/** More than ten tags of the greatest size. */
const MAX_TAGS_BYTES = 64 * 1024;

/**
 * Returns the metadata that keeps tags, to be sent when the object is written. Tags that
 * are too long for that are written into an object beside the bucket. Its name is the
 * hash of its content, so that it never changes, and may belong to many objects.
 *
 * @throws BucketError `no-such-bucket`, `access-denied` and others
 */
export async function keepTags(
  caller: Caller,
  object: Pick<ObjectRef, 'bucket' | 'key'>,
  tags: readonly Tag[],
): Promise<Headers> {
  const text = encodeTags(tags);
  if (text.length <= MAX_IN_METADATA) return inPieces(text);
  const hash = sha256(text);
  await putBeside(caller, object, {
    object: tagsObjectOf(hash),
    headers: Headers.of({ 'Content-Type': 'text/plain' }),
    body: Buffer.from(text, 'latin1'),
  });
  return Headers.of({ [POINTER]: `${tags.length} ${hash}` });
}

function inPieces(text: string): Headers {
  const pieces: Record<string, string> = {};
  for (let at = 0; at < text.length; at += MAX_PIECE)
    pieces[`${NOTE}${at / MAX_PIECE}`] = text.slice(at, at + MAX_PIECE);
  return Headers.of(pieces);
}

/** Returns the number of tags, given an object's headers. */
export function countTags(headers: Headers): number {
  return pointerIn(headers)?.count ?? decodeTags(piecesIn(headers)).length;
}

/**
 * Returns the tags kept with an object.
 *
 * @param headers of the object
 * @throws BucketError `conflict` if an object beside the bucket should have them, but
 *   does not: Swift's API has copied the object from another bucket
 */
export async function readTags(
  caller: Caller,
  object: ObjectRef,
  headers: Headers,
): Promise<readonly Tag[]> {
  const pointer = pointerIn(headers);
  if (pointer === undefined) return decodeTags(piecesIn(headers));
  const { bucket, key } = object;
  const response = await ask(withPartsAccess(caller, { bucket, key }, 'read'), {
    method: 'GET',
    container: segmentsOf(bucket),
    object: tagsObjectOf(pointer.hash),
    query: { 'multipart-manifest': 'get' },
  });
  const found = response.status === 404 ? undefined : await expectSuccess(caller, response, object);
  const body = await readResponse((found ?? response).body, MAX_TAGS_BYTES, 'tags');
  const text = body.toString('latin1');
  if (found === undefined || sha256(text) !== pointer.hash)
    throw new BucketError(
      'conflict',
      'The tags of the object are missing. If it was copied from another bucket, set them again.',
    );
  return decodeTags(text);
}

/**
 * Returns the tags of a copy's source in the form for its target; undefined if its
 * metadata can be copied as it is.
 */
export async function moveTags(
  caller: Caller,
  source: ObjectRef,
  target: ObjectRef,
  headers: Headers,
): Promise<Headers | undefined> {
  if (pointerIn(headers) === undefined || source.bucket === target.bucket) return undefined;
  return keepTags(caller, target, await readTags(caller, source, headers));
}

/** Returns headers without those that keep tags. */
export function withoutTags(headers: Headers): Headers {
  const prefix = NOTE.toLowerCase();
  return headers.filter((name) => !name.startsWith(prefix));
}

function pointerIn(
  headers: Headers,
): { readonly count: number; readonly hash: string } | undefined {
  const [, count, hash] = /^(\d+) ([0-9a-f]{64})$/.exec(headers.get(POINTER) ?? '') ?? [];
  return count === undefined || hash === undefined ? undefined : { count: Number(count), hash };
}

function piecesIn(headers: Headers): string {
  let text = '';
  for (let at = 0; headers.has(`${NOTE}${at}`); at++) text += headers.get(`${NOTE}${at}`) ?? '';
  return text;
}

function encodeTags(tags: readonly Tag[]): string {
  return tags.map(({ key, value }) => `${encode(key)}=${encode(value)}`).join('&');
}

function decodeTags(text: string): readonly Tag[] {
  if (text === '') return [];
  return text.split('&').map((pair) => {
    const [key = '', value = ''] = pair.split('=');
    return { key: unquote(key), value: unquote(value) };
  });
}

/**
 * Percent-encodes all but the most common characters of tags: metadata must not contain
 * what would end a header or be trimmed.
 */
function encode(bytes: ByteString): string {
  return bytes.replace(
    /[^A-Za-z0-9_.:/@+-]/g,
    (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
