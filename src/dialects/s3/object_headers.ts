import { cannedAcl } from '../../buckets/acl';
import { BucketError } from '../../buckets/errors';
import { shownType } from '../../buckets/etag';
import { checksumsIn, metadataHeaders, metadataIn, standardHeaders } from '../../buckets/metadata';
import type { ObjectInfo } from '../../buckets/objects';
import { parseTags, tagHeaders, tagsIn } from '../../buckets/tags';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Call } from './call';
import { metadataGiven, typeGiven } from '../object_headers';
import { notImplemented, S3Refusal } from './refusal';

export { etagGiven, overridden } from '../object_headers';

const META = 'x-amz-meta-';
const DEFAULT_TYPE = 'binary/octet-stream';

/** What asks for more than is kept: to accept it would be a promise. */
const NOT_KEPT = [
  'x-amz-server-side-encryption',
  'x-amz-object-lock',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
  'x-amz-grant-',
];

/**
 * What the store keeps of the headers with which an object is written: type, standard headers, metadata.
 *
 * @throws BucketError, S3Refusal for what is not kept
 */
export function describedBy({ request: { headers } }: Call): Headers {
  for (const [name] of headers.entries())
    if (NOT_KEPT.some((each) => name.startsWith(each)))
      throw notImplemented(
        `A header you provided implies functionality that is not implemented: ${name}`,
      );
  checkStorageClass(headers.get('x-amz-storage-class'));
  checkAcl(headers.get('x-amz-acl'));
  return Headers.of({ 'Content-Type': typeGiven(headers, DEFAULT_TYPE) })
    .withAll(standardHeaders(headers))
    .withAll(metadataHeaders(metadataGiven(headers, META)));
}

/** There is one class. */
function checkStorageClass(given: string | undefined): void {
  if (given === undefined || given === 'STANDARD') return;
  throw new S3Refusal(400, 'InvalidStorageClass', 'The storage class you specified is not valid', {
    StorageClassRequested: given,
  });
}

/** Objects have no ACL of their own, and what is asked for is what the bucket has; it must be one that there is. */
function checkAcl(given: ByteString | undefined): void {
  try {
    if (given !== undefined) cannedAcl(given);
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'not-implemented') throw error;
  }
}

/** What keeps the tags that a header gives an object; undefined where there is no such header. */
export function taggedBy({ request: { headers } }: Call): Headers | undefined {
  const given = headers.get('x-amz-tagging');
  return given === undefined ? undefined : tagHeaders(parseTags(given));
}

/** An object's headers as GET and HEAD tell them. */
export function objectHeaders({ headers, etag, versionId }: ObjectInfo): Headers {
  const type = headers.get('content-type');
  const tags = tagsIn(headers).length;
  const metadata = metadataIn(headers).map(([name, value]) => [META + name, value] as const);
  return Headers.of({
    ETag: `"${etag}"`,
    'Content-Type': type === undefined ? undefined : shownType(type),
    'Accept-Ranges': 'bytes',
    'x-amz-version-id': versionId,
    'x-amz-tagging-count': tags === 0 ? undefined : String(tags),
  })
    .withAll(headers.only('content-length', 'content-range', 'last-modified'))
    .withAll(standardHeaders(headers))
    .withAll(headers.filter((key) => key.startsWith('access-control-')))
    .withAll(Headers.of(Object.fromEntries(metadata)));
}

/** Checksums as headers tell them. */
export function checksumFields(checksums: ReadonlyMap<string, string>): Headers {
  const [value] = checksums.values();
  if (value === undefined) return Headers.none;
  const fields = [...checksums].map(([name, sum]) => [`x-amz-checksum-${name}`, sum]);
  const type = value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT';
  return Headers.of(
    Object.fromEntries([...fields, ['x-amz-checksum-type', type]]) as Record<string, string>,
  );
}

/** Those that are kept with an object, where the client asks for them. */
export function checksumsWanted({ request: { headers } }: Call, info: ObjectInfo): Headers {
  const isWanted = /^enabled$/i.test(headers.get('x-amz-checksum-mode') ?? '');
  return isWanted ? checksumFields(checksumsIn(info.headers)) : Headers.none;
}
