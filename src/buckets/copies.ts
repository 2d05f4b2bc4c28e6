import { quote, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { NO_BODY, type Response } from '../swift_api/message';
import { isReserved } from '../swift_api/reserved';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { presentedType } from './etag';
import {
  checksumHeaders,
  checksumsIn,
  dialectHeadersExceptChecksums,
  standardHeaders,
} from './metadata';
import { moveTags } from './kept_tags';
import { headObject, type ObjectInfo } from './objects';
import { withPartsCleanup } from './uploads/parts';
import {
  preconditionFailed,
  evaluateConditions,
  recheckingWrite,
  type Conditions,
  type WriteCondition,
} from './preconditions';
import { errorOfResponse, expectSuccessAndDrain } from './store_answers';
import type { ObjectRef } from './versions';
import {
  checkCondition,
  checkKey,
  throwIfRefused,
  writeResultOf,
  type WriteResult,
} from './writes';
import { X_OBJECT_MANIFEST } from '../swift_api/header_names';

/** How a copy differs from its source. */
export interface CopyOptions {
  /** Conditions on the source. */
  readonly conditions?: Conditions;
  /** Type, standard headers and metadata that replace all of the source's. */
  readonly fresh?: Headers | undefined;
  /** Headers with tags that replace the source's. */
  readonly tags?: Headers | undefined;
  /** A condition on the object that the copy replaces. */
  readonly condition?: WriteCondition;
}

/** The result of a copy. */
export interface CopyResult extends WriteResult {
  /** Undefined in a bucket that never had versions. */
  readonly sourceVersionId: string | undefined;
  readonly checksums: ReadonlyMap<string, string>;
}

/**
 * Copies the content of an object in one piece, whatever the source consists of. A
 * condition on the object it replaces is checked first. If the bucket keeps versions, or
 * once did, it is checked again when no other write can interfere. Elsewhere it may hold
 * for more than one of several concurrent writes: Swift takes the If-None-Match of a copy
 * for a condition on its source (`copy.py`, `_get_source_object`), so the store cannot
 * check it as for a PUT.
 *
 * @throws BucketError `precondition-failed`, `invalid-request` for a delete marker, a
 *   copy that changes nothing and one that is too large, and the errors of reading and
 *   writing
 */
export async function copyObject(
  caller: Caller,
  source: ObjectRef,
  target: ObjectRef,
  options: CopyOptions,
): Promise<CopyResult> {
  checkKey(target.key);
  const info = await headSource(caller, source, options.conditions);
  if (isNoOp(source, target, options)) throw new BucketError('invalid-request', NO_CHANGE);
  await checkCondition(caller, target, options.condition);
  const checksums = wholeChecksums(info.headers);
  const tags = options.tags ?? (await moveTags(caller, source, target, info.headers));
  const headers = copyHeaders(info, checksums, { ...options, tags });
  const { dialect, failure } = recheckingWrite(options.condition);
  const response = await withPartsCleanup(caller, target, () =>
    ask(caller, {
      method: 'PUT',
      container: target.bucket,
      object: target.key,
      query: { 'version-id': info.versionId },
      headers: headers.with('X-Copy-From', quote(`${source.bucket}/${source.key}`)),
      dialect: {
        ...dialect,
        hasSeenSource: !info.headers.has(X_OBJECT_MANIFEST),
      },
    }),
  );
  await throwIfRefused(response, failure);
  if (response.status === 413) {
    const { code } = await errorOfResponse(caller, response, target);
    throw new BucketError(code === 'quota-exceeded' ? code : 'invalid-request', TOO_LARGE);
  }
  if (response.status === 404) throw await missingError(caller, response, source, target);
  const written = writeResultOf(
    await expectSuccessAndDrain(caller, response, { bucket: target.bucket }),
  );
  return { ...written, sourceVersionId: info.versionId, checksums };
}

/** Returns the error for a 404: either the target bucket or the source is gone. */
async function missingError(
  caller: Caller,
  response: Response,
  source: ObjectRef,
  target: ObjectRef,
): Promise<BucketError> {
  await drain(response.body);
  await headBucket(caller, target.bucket);
  return errorOfResponse(caller, { ...response, body: NO_BODY }, source);
}

const NO_CHANGE =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
const TOO_LARGE =
  'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120';
const OF_MARKER =
  'The source of a copy request may not specifically refer to a delete marker by version id.';

/**
 * Maps an error of reading a copy's source to that of the copy: a delete marker is an
 * invalid source.
 */
export function copySourceError(error: unknown): unknown {
  const isMarker = error instanceof BucketError && error.code === 'is-delete-marker';
  return isMarker ? new BucketError('invalid-request', OF_MARKER) : error;
}

async function headSource(
  caller: Caller,
  source: ObjectRef,
  conditions: Conditions = {},
): Promise<ObjectInfo> {
  const info = await headObject(caller, source).catch((error: unknown) => {
    throw copySourceError(error);
  });
  if (evaluateConditions(conditions, info) !== 'hold') throw preconditionFailed('x-copy-source');
  return info;
}

function isNoOp(source: ObjectRef, target: ObjectRef, { fresh, tags }: CopyOptions): boolean {
  const isItself = source.bucket === target.bucket && source.key === target.key;
  return isItself && source.versionId === undefined && fresh === undefined && tags === undefined;
}

/**
 * Returns the checksums of the whole content, which hold for the copy, too; not those
 * made of the checksums of parts.
 */
function wholeChecksums(headers: Headers): ReadonlyMap<string, string> {
  return new Map([...checksumsIn(headers)].filter(([, value]) => !value.includes('-')));
}

/** Returns no headers if nothing changes: the store then copies everything by itself. */
function copyHeaders(
  { headers }: ObjectInfo,
  checksums: ReadonlyMap<string, string>,
  { fresh, tags }: CopyOptions,
): Headers {
  const type = headers.get('content-type') ?? '';
  const isUnchanged = checksums.size === checksumsIn(headers).size && presentedType(type) === type;
  if (fresh === undefined && tags === undefined && isUnchanged) return Headers.none;
  return Headers.of({ 'X-Fresh-Metadata': 'true' })
    .withAll(fresh ?? contentHeaders(headers, presentedType(type)))
    .withAll(checksumHeaders(checksums))
    .withAll(tags ?? dialectHeadersExceptChecksums(headers));
}

function contentHeaders(headers: Headers, type: ByteString): Headers {
  return standardHeaders(headers)
    .withAll(headers.filter((key) => key.startsWith('x-object-meta-') && !isReserved(key)))
    .with('Content-Type', type);
}
