import { toText, unquote, type ByteString } from '../http/bytes';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { keepTags, readTags, withoutTags, type Tag } from './kept_tags';
import { headObject } from './objects';
import { settableHeaders } from './own_headers';
import { expectSuccessAndDrain } from './store_answers';
import type { ObjectRef } from './versions';

/**
 * The limits of S3 and COS. Lengths are in units of UTF-16: a character outside of its
 * basic plane counts twice (S3, "Categorizing your objects using tags").
 */
const MAX_TAGS = 10;
const MAX_KEY = 128;
const MAX_VALUE = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Parses tags from the form used in headers and forms: `a=1&b=2`, percent-encoded.
 *
 * @param argument what the dialect calls the place of the tags, for the error
 * @throws BucketError `invalid-argument` for any other form, `invalid-tag`
 */
export function parseTags(text: ByteString, argument: string): readonly Tag[] {
  const decoded = (part: ByteString) => unquote(part.replaceAll('+', ' '));
  const tags = text.split('&').flatMap((pair): Tag[] => {
    if (pair === '') return [];
    const [key = '', ...rest] = pair.split('=');
    if (rest.length > 1)
      throw new BucketError(
        'invalid-argument',
        'The tags must be encoded as URL query parameters.',
        { fields: { ArgumentName: argument, ArgumentValue: text } },
      );
    return [{ key: decoded(key), value: decoded(rest[0] ?? '') }];
  });
  return checkTags(tags);
}

/**
 * Returns `tags` if they are within the limits.
 *
 * @throws BucketError `invalid-tag`
 */
export function checkTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MAX_TAGS)
    throw new BucketError('invalid-tag', `Object tags cannot be greater than ${MAX_TAGS}`);
  const seen = new Set<ByteString>();
  for (const { key, value } of tags) {
    const refuse = (message: string) =>
      new BucketError('invalid-tag', message, { fields: { TagKey: key, TagValue: value } });
    const [name, text] = [toText(key), toText(value)];
    if (name === '' || name.length > MAX_KEY || !ALLOWED.test(name))
      throw refuse('The TagKey you have provided is invalid');
    if (text.length > MAX_VALUE || !ALLOWED.test(text))
      throw refuse('The TagValue you have provided is invalid');
    if (/^aws:/i.test(name)) throw refuse('System tags cannot be added or updated by requester');
    if (seen.has(key)) throw refuse('Cannot provide multiple Tags with the same key');
    seen.add(key);
  }
  return tags;
}

/** The tags of an object. */
export interface Tagging {
  readonly tags: readonly Tag[];
  /** The version that the tags belong to; undefined if the bucket never had versions. */
  readonly versionId: string | undefined;
}

/** Returns the tags of an object, or of one of its versions. */
export async function getTags(caller: Caller, object: ObjectRef): Promise<Tagging> {
  const { headers, versionId } = await headObject(caller, object);
  return { tags: await readTags(caller, object, headers), versionId };
}

/**
 * Replaces the tags of an object, or of one of its versions; everything else kept with it
 * stays. If the bucket has versions, exactly that version is changed. If it never had
 * any, an object written between the read and the write gets the metadata of its
 * predecessor; its content is not touched.
 *
 * @returns the id of the changed version
 */
export async function putTags(
  caller: Caller,
  object: ObjectRef,
  tags: readonly Tag[],
): Promise<string | undefined> {
  const { headers, versionId } = await headObject(caller, object);
  const { bucket: container, key } = object;
  const keptTags = await keepTags(caller, object, tags);
  const response = await ask(caller, {
    method: 'POST',
    container,
    object: key,
    query: { 'version-id': object.versionId ?? versionId },
    headers: withoutTags(settableHeaders(headers)).withAll(keptTags),
  });
  await expectSuccessAndDrain(caller, response, object);
  return versionId;
}
