import { checkBucketName } from '../buckets/bucket';
import { checkVersionId, type ObjectRef } from '../buckets/versions';
import { isText, unquote, type ByteString } from '../http/bytes';
import { invalidArgument } from './arguments';

/**
 * Parses a header that names the source of a copy: `bucket/key?PARAMETER=ID`,
 * percent-encoded, with an optional leading slash.
 *
 * @param header its name, for messages
 * @param parameter the dialect's name for a version id
 * @throws BucketError `invalid-argument`, `invalid-bucket-name`
 */
export function parseCopySource(source: ByteString, header: string, parameter: string): ObjectRef {
  const [path, query] = splitSource(source);
  const [, bucket, key] = /^\/?([^/]+)\/([^]+)$/.exec(unquote(path)) ?? [];
  if (bucket === undefined || key === undefined)
    throw invalidArgument(
      header,
      source,
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  if (!isText(key))
    throw invalidArgument(header, source, 'The key is not valid UTF-8 or contains a NUL.');
  checkBucketName(bucket);
  if (query === undefined) return { bucket, key };
  const [name, id] = query.split(/=(.*)/s);
  if (name !== parameter || id === undefined || id.includes('&'))
    throw invalidArgument(header, source, 'Unsupported copy source parameter.');
  return { bucket, key, versionId: checkVersionId(unquote(id), parameter) };
}

function splitSource(source: ByteString): [path: ByteString, query: ByteString | undefined] {
  const at = source.indexOf('?');
  return at < 0 ? [source, undefined] : [source.slice(0, at), source.slice(at + 1)];
}
