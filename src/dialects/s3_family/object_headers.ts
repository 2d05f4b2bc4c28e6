import { cannedAcl } from '../../buckets/acl';
import { BucketError } from '../../buckets/errors';
import { shownType } from '../../buckets/etag';
import { checksumsIn, metadataHeaders, metadataIn, standardHeaders } from '../../buckets/metadata';
import { checkHeader } from '../../buckets/headers';
import type { ObjectInfo } from '../../buckets/objects';
import { parseTags, tagHeaders, tagsIn } from '../../buckets/tags';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { hasReservedParameter } from '../../reserved';
import { DELETE_MARKER_TYPE } from '../../stores/markers';
import type { Call } from '../call';
import { invalidArgument } from './arguments';
import { notImplemented, S3Refusal } from './refusal';

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
      throw notImplemented(`A header you provided implies functionality that is not implemented: ${name}`);
  checkStorageClass(headers.get('x-amz-storage-class'));
  checkAcl(headers.get('x-amz-acl'));
  return Headers.of({ 'Content-Type': typeIn(headers) })
    .withAll(standardHeaders(headers))
    .withAll(metadataHeaders(metadataOf(headers)));
}

/** Types by which the store, or the proxy, knows what an object is, no client gives. */
function typeIn(headers: Headers): ByteString {
  const type = headers.get('content-type') || DEFAULT_TYPE;
  if (!hasReservedParameter(type) && type !== DELETE_MARKER_TYPE) return type;
  throw invalidArgument('Content-Type', type, 'The content type is one of those that are reserved.');
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

/** By the names as they were spelled: an underscore is no hyphen. */
function metadataOf(headers: Headers): [name: string, value: ByteString][] {
  const raw = headers.filter((key) => key.startsWith(META)).toRaw();
  const found: [string, ByteString][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2)
    found.push([(raw[i] ?? '').slice(META.length), raw[i + 1] ?? '']);
  return found;
}

/** What keeps the tags that a header gives an object; undefined where there is no such header. */
export function taggedBy({ request: { headers } }: Call): Headers | undefined {
  const given = headers.get('x-amz-tagging');
  return given === undefined ? undefined : tagHeaders(parseTags(given));
}

/** A Content-MD5 as the store takes it. @throws BucketError `invalid-digest` */
export function etagGiven({ request: { headers } }: Call): Headers {
  const given = headers.get('content-md5')?.trim();
  if (given === undefined) return Headers.none;
  const bytes = Buffer.from(given, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== given)
    throw new BucketError('invalid-digest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': given },
    });
  return Headers.of({ ETag: bytes.toString('hex') });
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
  return Headers.of(Object.fromEntries([...fields, ['x-amz-checksum-type', type]]) as Record<string, string>);
}

/** Those that are kept with an object, where the client asks for them. */
export function checksumsWanted({ request: { headers } }: Call, info: ObjectInfo): Headers {
  const isWanted = /^enabled$/i.test(headers.get('x-amz-checksum-mode') ?? '');
  return isWanted ? checksumFields(checksumsIn(info.headers)) : Headers.none;
}

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/** The headers that the query asks an answer to have instead. */
export function overridden({ parameters }: Call): Headers {
  const wanted = OVERRIDES.map((name) => [name, parameters.get(`response-${name}`)] as const);
  for (const [name, value] of wanted) if (value !== undefined) checkHeader(name, value);
  return Headers.of(Object.fromEntries(wanted));
}
