import { checkBucketName } from '../buckets/bucket';
import { checkVersionId, type ObjectRef } from '../buckets/versions';
import { isText, unquote, type ByteString } from '../http/bytes';
import { invalidArgument } from './arguments';

/**
 * The object, or the version, that a header names as the source of a copy: `bucket/key?PARAMETER=ID`, percent-encoded, a leading slash optional.
 *
 * @param header its name, for messages
 * @param parameter what the dialect calls the id of a version
 * @throws BucketError `invalid-argument`, `invalid-bucket-name`
 */
export function parseCopySource(given: ByteString, header: string, parameter: string): ObjectRef {
  const [path, query] = splitSource(given);
  const [, bucket, key] = /^\/?([^/]+)\/([^]+)$/.exec(unquote(path)) ?? [];
  if (bucket === undefined || key === undefined)
    throw invalidArgument(
      header,
      given,
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  if (!isText(key))
    throw invalidArgument(header, given, 'The key is not UTF-8, or has a NUL in it.');
  checkBucketName(bucket);
  if (query === undefined) return { bucket, key };
  const [name, id] = query.split(/=(.*)/s);
  if (name !== parameter || id === undefined || id.includes('&'))
    throw invalidArgument(header, given, 'Unsupported copy source parameter.');
  return { bucket, key, versionId: checkVersionId(unquote(id), parameter) };
}

function splitSource(given: ByteString): [path: ByteString, query: ByteString | undefined] {
  const at = given.indexOf('?');
  return at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)];
}
