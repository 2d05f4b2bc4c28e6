import { presentedType } from '../../buckets/etag';
import { checksumsIn, metadataHeaders, metadataIn, standardHeaders } from '../../buckets/metadata';
import type { ObjectInfo } from '../../buckets/objects';
import { countTags, keepTags } from '../../buckets/kept_tags';
import { parseTags } from '../../buckets/tags';
import { Headers } from '../../http/headers';
import { keyOf } from './arguments';
import type { Call } from './call';
import { metadataOf, contentTypeOf } from '../object_headers';
import { checksumTypeOf, SUMS } from './part_list';
import { S3Refusal } from './refusal';

export { etagFromContentMd5, responseOverrides } from '../object_headers';

const META = 'x-amz-meta-';
const TAGGING = 'x-amz-tagging';
const DEFAULT_TYPE = 'binary/octet-stream';

/**
 * Returns the headers that the store keeps of a new object: type, standard headers,
 * metadata.
 *
 * @throws BucketError, S3Refusal for values that it does not keep
 */
export function contentHeadersOf({ request: { headers } }: Call): Headers {
  checkStorageClass(headers.get('x-amz-storage-class'));
  return Headers.of({ 'Content-Type': contentTypeOf(headers, DEFAULT_TYPE) })
    .withAll(standardHeaders(headers))
    .withAll(metadataHeaders(metadataOf(headers, META)));
}

/** There is only one storage class. */
function checkStorageClass(value: string | undefined): void {
  if (value === undefined || value === 'STANDARD') return;
  throw new S3Refusal(400, 'InvalidStorageClass', 'The storage class you specified is not valid', {
    StorageClassRequested: value,
  });
}

/** Keeps the tags of a request; undefined if it has none. */
export async function tagHeadersOf(call: Call): Promise<Headers | undefined> {
  const value = call.request.headers.get(TAGGING);
  return value === undefined
    ? undefined
    : keepTags(call.caller, keyOf(call), parseTags(value, TAGGING));
}

/** Returns an object's headers for GET and HEAD. */
export function objectHeaders({ headers, etag, versionId }: ObjectInfo): Headers {
  const type = headers.get('content-type');
  const tags = countTags(headers);
  const metadata = metadataIn(headers).map(([name, value]) => [META + name, value] as const);
  return Headers.of({
    ETag: `"${etag}"`,
    'Content-Type': type === undefined ? undefined : presentedType(type),
    'Accept-Ranges': 'bytes',
    'x-amz-version-id': versionId,
    'x-amz-tagging-count': tags === 0 ? undefined : String(tags),
  })
    .withAll(headers.only('content-length', 'content-range', 'last-modified'))
    .withAll(standardHeaders(headers))
    .withAll(headers.filter((key) => key.startsWith('access-control-')))
    .withAll(Headers.of(Object.fromEntries(metadata)));
}

/** Returns headers with S3's checksums. */
export function checksumFields(sums: ReadonlyMap<string, string>): Headers {
  const fields = [...sums].flatMap(([name, sum]) =>
    name in SUMS ? [[`x-amz-checksum-${name}`, sum] as const] : [],
  );
  return Headers.of({
    ...Object.fromEntries(fields),
    'x-amz-checksum-type': checksumTypeOf(sums),
  });
}

/** Returns headers with the stored checksums if the client requests them. */
export function requestedChecksums({ request: { headers } }: Call, info: ObjectInfo): Headers {
  const isWanted = /^enabled$/i.test(headers.get('x-amz-checksum-mode') ?? '');
  return isWanted ? checksumFields(checksumsIn(info.headers)) : Headers.none;
}
