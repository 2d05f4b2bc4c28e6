import { destroy, drain, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { NO_BODY, type Response } from '../swift_api/message';
import { rangesOf } from '../http/ranges';
import { DELETE_MARKER_TYPE, NO_MARKER_HEADER } from '../swift_api/markers';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { entriesOf } from './entries';
import { BucketError } from './errors';
import { etagIn, unquoted } from './etag';
import { failed, judged, type Conditions } from './preconditions';
import { hasBucket, noSuchBucket, refusalOf } from './store_answers';
import { NULL_VERSION, timeOfVersion, type ObjectRef } from './versions';

/** What is known of an object, or of one of its versions. */
export interface ObjectInfo {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
  /** Undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
  /** Bytes: of all of it. */
  readonly size: number;
  /** As the store tells them, with the proxy's own. */
  readonly headers: Headers;
}

/** What is read of an object. */
export interface ReadObject extends ObjectInfo {
  /** 304: nothing, since the conditions say so. */
  readonly status: 200 | 206 | 304;
  readonly body: Body;
}

/** How an object is read. */
export interface ReadOptions {
  readonly method: 'GET' | 'HEAD';
  readonly conditions?: Conditions;
  /** As the header Range has it. */
  readonly range?: string | undefined;
  /** As the header If-Range has it: where it does not mean what is there, all of the object is read. */
  readonly ifRange?: string | undefined;
}

/**
 * Reads an object or a version of it.
 *
 * @throws BucketError `no-such-key` (with the delete marker that was met), `no-such-version`, `is-delete-marker`, `no-such-bucket`,
 *   `precondition-failed`, `invalid-range`
 */
export async function readObject(
  caller: Caller,
  ref: ObjectRef,
  options: ReadOptions,
): Promise<ReadObject> {
  const { method, conditions = {}, range, ifRange } = options;
  const headers = method === 'GET' ? Headers.of({ Range: range }) : Headers.none;
  const response = await askFor(caller, ref, { method, headers });
  const isUnsatisfiable = response.status === 416 && response.headers.has('etag');
  if (response.status >= 300 && !isUnsatisfiable) throw await objectRefusal(caller, response, ref);
  const info = infoOf(response);
  checkVersion(response, info, ref);
  const judgement = judged(conditions, info);
  if (range !== undefined && judgement === 'hold' && !meansRange(ifRange, info)) {
    if (method === 'HEAD') return headOf(response, info, undefined);
    destroy(response.body);
    return readObject(caller, ref, { method, conditions });
  }
  if (judgement === 'hold' && !isUnsatisfiable)
    return method === 'HEAD' ? headOf(response, info, range) : readOf(response, info);
  destroy(response.body);
  if (judgement === 'failed')
    throw failed(conditions.ifMatch === undefined ? 'If-Unmodified-Since' : 'If-Match');
  if (judgement === 'not-modified') return { ...info, status: 304, body: NO_BODY };
  throw unsatisfiable(range ?? '', info.size);
}

/**
 * Whether a range is to be taken of what is there (RFC 9110, 13.1.5): the very content of which the client has the rest. A weak etag never tells that, and
 * a date only where it is the very same.
 */
function meansRange(ifRange: string | undefined, { etag, modified }: ObjectInfo): boolean {
  if (ifRange === undefined) return true;
  const given = ifRange.trim();
  return given.startsWith('W/')
    ? false
    : unquoted(given) === etag || Date.parse(given) === modified;
}

/** What is known of an object, or of one of its versions. @throws BucketError as where it is read */
export async function headObject(caller: Caller, ref: ObjectRef): Promise<ObjectInfo> {
  return readObject(caller, ref, { method: 'HEAD' });
}

/** The same, undefined where there is none. */
export async function findObject(caller: Caller, ref: ObjectRef): Promise<ObjectInfo | undefined> {
  const response = await askFor(caller, ref, { method: 'HEAD' });
  if (response.status !== 404) {
    if (response.status >= 300) throw await objectRefusal(caller, response, ref);
    await drain(response.body);
    return infoOf(response);
  }
  await drain(response.body);
  return undefined;
}

function askFor(
  caller: Caller,
  { bucket, key, versionId }: ObjectRef,
  { method, headers = Headers.none }: { readonly method: string; readonly headers?: Headers },
): Promise<Response> {
  const query = { 'version-id': versionId };
  return ask(caller, { method, container: bucket, object: key, query, headers });
}

/** What an answer tells of the object. */
export function infoOf({ headers }: Response): ObjectInfo {
  const [, total] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return {
    etag: etagIn(headers),
    modified: Date.parse(headers.get('last-modified') ?? '') || 0,
    versionId: headers.get('x-object-version-id'),
    size: Number(total ?? headers.get('content-length') ?? 0),
    headers,
  };
}

function readOf(response: Response, info: ObjectInfo): ReadObject {
  return { ...info, status: response.status === 206 ? 206 : 200, body: response.body };
}

/** Swift answers HEAD for all of an object whatever range is asked for. */
function headOf(response: Response, info: ObjectInfo, range: string | undefined): ReadObject {
  const { size, headers } = info;
  const ranges = rangesOf(range, size);
  destroy(response.body);
  if (ranges?.length === 0) throw unsatisfiable(range ?? '', size);
  const [only, more] = ranges ?? [];
  if (only === undefined || more !== undefined) return { ...info, status: 200, body: NO_BODY };
  const [first, last] = only;
  const part = Headers.of({
    'Content-Range': `bytes ${first}-${last}/${size}`,
    'Content-Length': String(last - first + 1),
  });
  return { ...info, headers: headers.withAll(part), status: 206, body: NO_BODY };
}

function unsatisfiable(range: string, size: number): BucketError {
  return new BucketError('invalid-range', 'The requested range is not satisfiable', {
    fields: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: Headers.of({ 'Content-Range': `bytes */${size}` }),
  });
}

/** A store without versions answers with what it has, whatever id is asked for. */
function checkVersion(response: Response, info: ObjectInfo, ref: ObjectRef): void {
  if (ref.versionId === undefined || ref.versionId === (info.versionId ?? NULL_VERSION)) return;
  destroy(response.body);
  throw noSuchVersion(ref);
}

function noSuchVersion({ key, versionId = '' }: ObjectRef): BucketError {
  return new BucketError('no-such-version', 'The specified version does not exist.', {
    fields: { Key: key, VersionId: versionId },
  });
}

/** The error that the refusal of a request for an object is, with the delete marker that was met. Reads the answer to its end. */
export async function objectRefusal(
  caller: Caller,
  response: Response,
  ref: ObjectRef,
): Promise<BucketError> {
  const { status, headers } = response;
  const { bucket, key, versionId } = ref;
  if (status === 400 && versionId !== undefined) {
    await drain(response.body);
    // ids are refused if the bucket never had versions, and if there is no bucket
    return (await hasBucket(caller, bucket)) ? noSuchVersion(ref) : noSuchBucket(bucket);
  }
  if (status !== 404) return refusalOf(caller, response, ref);
  await drain(response.body);
  if (versionId !== undefined && isMarkerType(headers.get('content-type') ?? ''))
    return isDeleteMarker(ref, versionId, headers);
  if (versionId !== undefined) return refusalOf(caller, { ...response, body: NO_BODY }, ref);
  const marker = await markerInPlace(caller, ref, headers);
  return new BucketError('no-such-key', 'The specified key does not exist.', {
    fields: { Key: key, BucketName: bucket },
    ...(marker === undefined ? {} : { marker: { id: marker } }),
  });
}

function isDeleteMarker({ key }: ObjectRef, id: string, headers: Headers): BucketError {
  const time = Date.parse(headers.get('last-modified') ?? '') || timeOfVersion(id);
  const lastModified = time === undefined ? undefined : new Date(time).toUTCString();
  return new BucketError(
    'is-delete-marker',
    'The specified method is not allowed against this resource.',
    {
      fields: { Key: key, ResourceType: 'DeleteMarker' },
      headers: Headers.of({ Allow: 'DELETE' }),
      marker: { id, lastModified },
    },
  );
}

/**
 * The delete marker that is an object's newest version; undefined where there is none, or the caller may not look.
 *
 * @param headers by the store, where it looked itself
 * @throws BucketError `no-such-bucket`
 */
async function markerInPlace(
  caller: Caller,
  ref: ObjectRef,
  headers: Headers,
): Promise<string | undefined> {
  if (headers.has(NO_MARKER_HEADER)) return undefined;
  const id = headers.get('x-object-version-id') ?? NULL_VERSION;
  // `null` is also told of what never was
  return id === NULL_VERSION && !isMarkerType(headers.get('content-type') ?? '')
    ? lookForMarker(caller, ref)
    : id;
}

async function lookForMarker(
  caller: Caller,
  { bucket, key }: ObjectRef,
): Promise<string | undefined> {
  try {
    if ((await headBucket(caller, bucket)).versioning === 'never') return undefined;
    for await (const entry of entriesOf(caller, bucket, { versions: '', prefix: key, limit: '1' }))
      return entry.name === key && isMarkerType(entry.content_type) ? entry.version_id : undefined;
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'access-denied') throw error;
  }
  return undefined;
}

/** Whether a content type is that of delete markers. */
export function isMarkerType(contentType: ByteString): boolean {
  return contentType === DELETE_MARKER_TYPE;
}
