import { destroy, drain, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { parseDate } from '../http/dates';
import { Headers } from '../http/headers';
import { NO_BODY, type Response } from '../swift_api/message';
import { parseRanges } from '../http/ranges';
import { DELETE_MARKER_TYPE, NO_MARKER_HEADER } from '../swift_api/markers';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { entriesOf } from './entries';
import { BucketError } from './errors';
import { etagOfResponse, withoutQuotes } from './etag';
import { preconditionFailed, evaluateConditions, type Conditions } from './preconditions';
import { hasBucket, noSuchBucket, errorOfResponse } from './store_answers';
import { NULL_VERSION, timeOfVersion, type ObjectRef } from './versions';
import { X_OBJECT_VERSION_ID } from '../swift_api/header_names';

/** The state of an object, or of one of its versions. */
export interface ObjectInfo {
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds, whole seconds. */
  readonly modified: number;
  /** Undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
  /** Bytes, of the whole object. */
  readonly size: number;
  /** As the store sends them, including the proxy's own. */
  readonly headers: Headers;
}

/** An object that is being read. */
export interface ReadObject extends ObjectInfo {
  /** 304 if the conditions rule the body out. */
  readonly status: 200 | 206 | 304;
  readonly body: Body;
}

/** How to read an object. */
export interface ReadOptions {
  readonly method: 'GET' | 'HEAD';
  readonly conditions?: Conditions;
  /** The value of the Range header. */
  readonly range?: string | undefined;
  /** The value of the If-Range header; if it does not match, the whole object is read. */
  readonly ifRange?: string | undefined;
}

/**
 * Reads an object or a version of it.
 *
 * @throws BucketError `no-such-key` (with the delete marker, if any), `no-such-version`,
 *   `is-delete-marker`, `no-such-bucket`, `precondition-failed`, `invalid-range`
 */
export async function readObject(
  caller: Caller,
  ref: ObjectRef,
  options: ReadOptions,
): Promise<ReadObject> {
  const { method, conditions = {}, range, ifRange } = options;
  const headers = method === 'GET' ? Headers.of({ Range: range }) : Headers.none;
  const response = await requestObject(caller, ref, { method, headers });
  const isUnsatisfiable = response.status === 416 && response.headers.has('etag');
  if (response.status >= 300 && !isUnsatisfiable) throw await objectRefusal(caller, response, ref);
  const info = infoOf(response);
  checkVersion(response, info, ref);
  const verdict = evaluateConditions(conditions, info);
  if (range !== undefined && verdict === 'hold' && !rangeApplies(ifRange, info)) {
    if (method === 'HEAD') return headOf(response, info, undefined);
    destroy(response.body);
    return readObject(caller, ref, { method, conditions });
  }
  if (verdict === 'hold' && !isUnsatisfiable)
    return method === 'HEAD' ? headOf(response, info, range) : readOf(response, info);
  destroy(response.body);
  if (verdict === 'failed')
    throw preconditionFailed(conditions.ifMatch === undefined ? 'If-Unmodified-Since' : 'If-Match');
  if (verdict === 'not-modified') return { ...info, status: 304, body: NO_BODY };
  throw unsatisfiable(range ?? '', info.size);
}

/**
 * Whether a range applies (RFC 9110, 13.1.5): the client must already have the rest of
 * the same content. A weak etag never proves that, and a date only if it is identical.
 */
function rangeApplies(ifRange: string | undefined, { etag, modified }: ObjectInfo): boolean {
  if (ifRange === undefined) return true;
  const validator = ifRange.trim();
  return validator.startsWith('W/')
    ? false
    : withoutQuotes(validator) === etag || parseDate(validator) === modified;
}

/**
 * Returns the state of an object or a version of it.
 *
 * @throws BucketError like `readObject`
 */
export async function headObject(caller: Caller, ref: ObjectRef): Promise<ObjectInfo> {
  return readObject(caller, ref, { method: 'HEAD' });
}

/** Like `headObject`, but returns undefined if there is no such object or version. */
export async function findObject(caller: Caller, ref: ObjectRef): Promise<ObjectInfo | undefined> {
  const response = await requestObject(caller, ref, { method: 'HEAD' });
  if (response.status !== 404) {
    if (response.status < 300) {
      await drain(response.body);
      return infoOf(response);
    }
    const refusal = await objectRefusal(caller, response, ref);
    // of a store that knows no versions
    if (refusal.code === 'no-such-version') return undefined;
    throw refusal;
  }
  await drain(response.body);
  return undefined;
}

function requestObject(
  caller: Caller,
  { bucket, key, versionId }: ObjectRef,
  { method, headers = Headers.none }: { readonly method: string; readonly headers?: Headers },
): Promise<Response> {
  const query = { 'version-id': versionId };
  return ask(caller, { method, container: bucket, object: key, query, headers });
}

/** Returns the state of the object from a response. */
function infoOf({ headers }: Response): ObjectInfo {
  const [, total] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return {
    etag: etagOfResponse(headers),
    modified: parseDate(headers.get('last-modified')) ?? 0,
    versionId: headers.get(X_OBJECT_VERSION_ID),
    size: Number(total ?? headers.get('content-length') ?? 0),
    headers,
  };
}

function readOf(response: Response, info: ObjectInfo): ReadObject {
  return { ...info, status: response.status === 206 ? 206 : 200, body: response.body };
}

/** Applies the range itself, since Swift ignores Range for HEAD. */
function headOf(response: Response, info: ObjectInfo, range: string | undefined): ReadObject {
  const { size, headers } = info;
  const ranges = parseRanges(range, size);
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

/** A store without versions returns the current object whatever id is requested. */
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

/**
 * Maps a failed request for an object to an error, with the delete marker, if any. Drains
 * the response.
 */
export async function objectRefusal(
  caller: Caller,
  response: Response,
  ref: ObjectRef,
): Promise<BucketError> {
  const { status, headers } = response;
  const { bucket, key, versionId } = ref;
  if (status === 400 && versionId !== undefined) {
    await drain(response.body);
    // the store refuses ids if the bucket never had versions, and if there is no bucket
    return (await hasBucket(caller, bucket)) ? noSuchVersion(ref) : noSuchBucket(bucket);
  }
  if (status !== 404) return errorOfResponse(caller, response, ref);
  await drain(response.body);
  if (versionId !== undefined && isMarkerType(headers.get('content-type') ?? ''))
    return deleteMarkerError(ref, versionId, headers);
  if (versionId !== undefined) return errorOfResponse(caller, { ...response, body: NO_BODY }, ref);
  const marker = await currentMarker(caller, ref, headers);
  return new BucketError('no-such-key', 'The specified key does not exist.', {
    fields: { Key: key, BucketName: bucket },
    ...(marker === undefined ? {} : { marker: { id: marker } }),
  });
}

function deleteMarkerError({ key }: ObjectRef, id: string, headers: Headers): BucketError {
  const time = parseDate(headers.get('last-modified')) ?? timeOfVersion(id);
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
 * Returns the id of the delete marker that is an object's newest version; undefined if
 * there is none, or if the caller may not list versions.
 *
 * @param headers of the store's response, which names the marker if the store looked
 *   itself
 * @throws BucketError `no-such-bucket`
 */
async function currentMarker(
  caller: Caller,
  ref: ObjectRef,
  headers: Headers,
): Promise<string | undefined> {
  if (headers.has(NO_MARKER_HEADER)) return undefined;
  const id = headers.get(X_OBJECT_VERSION_ID) ?? NULL_VERSION;
  // `null` is also reported for objects that never existed
  return id === NULL_VERSION && !isMarkerType(headers.get('content-type') ?? '')
    ? findMarker(caller, ref)
    : id;
}

async function findMarker(caller: Caller, { bucket, key }: ObjectRef): Promise<string | undefined> {
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
