import { headBucket } from '../../../src/buckets/bucket';
import type { Caller } from '../../../src/buckets/caller';
import { copyObject, type CopyResult } from '../../../src/buckets/copies';
import { BucketError } from '../../../src/buckets/errors';
import { headObject, readObject, type ObjectInfo } from '../../../src/buckets/objects';
import { preconditionFailed } from '../../../src/buckets/preconditions';
import type { ObjectRef } from '../../../src/buckets/versions';
import { removeObject } from '../../../src/buckets/writes';
import { invalidArgument } from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { conditionsOf, writeConditionOf } from '../../../src/dialects/conditions';
import { parseCopySource } from '../../../src/dialects/copy_source';
import type { Response } from '../../../src/swift_api/message';
import * as vocabulary from '../vocabulary';
import { emptyResponse, targetOf } from './names';
import { headersToStore } from './object_headers';

const COPY = 'x-qs-copy-source';
const MOVE = 'x-qs-move-source';

export const copyRoutes: readonly Route[] = [
  {
    name: 'PUT Object - Copy',
    method: 'PUT',
    on: 'object',
    header: COPY,
    vocabulary: vocabulary.COPY,
    run: (call) => copy(call),
  },
  {
    name: 'PUT Object - Move',
    method: 'PUT',
    on: 'object',
    header: MOVE,
    vocabulary: vocabulary.MOVE,
    run: (call) => move(call),
  },
];

/** Returns the object, or the version, that a header names. */
export function qsCopySourceOf({ request: { headers } }: Call, header = COPY): ObjectRef {
  return parseCopySource(headers.get(header) ?? '', header, 'version_id');
}

const copy: Operation = async (call) => {
  const [source, target] = [qsCopySourceOf(call), targetOf(call)];
  const replacesMetadata = isReplacing(call);
  // checked even if none of it is used
  const metadata = headersToStore(call);
  if (source.versionId === undefined && isSame(source, target) && !replacesMetadata)
    return toResponse(await headUnchanged(call, source));
  const result = await copyObject(call.caller, source, target, {
    conditions: conditionsOf(call, `${COPY}-`),
    condition: writeConditionOf(call),
    fresh: replacesMetadata ? metadata : undefined,
  });
  return toResponse(result);
};

function toResponse({ etag, versionId }: Pick<ObjectInfo, 'etag' | 'versionId'>): Response {
  return emptyResponse(201, { ETag: `"${etag}"`, 'x-qs-version-id': versionId });
}

/** Whether metadata is taken from the request instead of the source. */
function isReplacing({ request: { headers } }: Call): boolean {
  const name = 'x-qs-metadata-directive';
  const directive = headers.get(name) ?? 'copy';
  if (!/^(copy|replace)$/i.test(directive))
    throw invalidArgument(name, directive, 'Unknown metadata directive.');
  return directive.toLowerCase() === 'replace';
}

function isSame(source: ObjectRef, target: ObjectRef): boolean {
  return source.bucket === target.bucket && source.key === target.key;
}

/**
 * Answers a copy of an object onto itself, where QingStor copies nothing: only the
 * storage class could change, and there is one.
 */
async function headUnchanged(call: Call, object: ObjectRef): Promise<ObjectInfo> {
  const conditions = conditionsOf(call, `${COPY}-`);
  const source = await readObject(call.caller, object, { method: 'HEAD', conditions });
  if (source.status === 304) throw preconditionFailed(COPY);
  return source;
}

/**
 * Copies, then removes the source if it is still what was copied. Only in a bucket that
 * is or was versioned does the store check that atomically with the removal. If
 * interrupted between the two, the object is in both places.
 */
const move: Operation = async (call) => {
  const { caller } = call;
  const [source, target] = [qsCopySourceOf(call, MOVE), targetOf(call)];
  if (source.versionId !== undefined)
    throw new BucketError('invalid-argument', 'A version cannot be moved.');
  if (isSame(source, target))
    throw new BucketError('invalid-request', 'An object cannot be moved onto itself.');
  if ((await headBucket(caller, source.bucket)).versioning === 'never')
    throw new BucketError(
      'not-implemented',
      'Objects can be moved only out of versioned buckets: elsewhere, a concurrent write to the source could be lost. Copy the object, then delete it.',
    );
  const sourceInfo = await headObject(caller, source);
  const copyResult = await copyObject(
    caller,
    { ...source, versionId: sourceInfo.versionId },
    target,
    {
      conditions: conditionsOf(call, `${MOVE}-`),
      condition: writeConditionOf(call),
    },
  );
  await removeMoved(caller, source, sourceInfo, copyResult);
  return toResponse(copyResult);
};

/** @throws BucketError `precondition-failed` if the source was overwritten meanwhile */
async function removeMoved(
  caller: Caller,
  source: ObjectRef,
  { etag }: ObjectInfo,
  copyResult: CopyResult,
): Promise<void> {
  // an object uploaded in parts gets another etag when it is copied
  const hasChanged = !etag.includes('-') && copyResult.etag !== etag;
  try {
    if (hasChanged) throw preconditionFailed(MOVE);
    await removeObject(caller, source, { ifMatch: `"${etag}"` });
  } catch (error) {
    const code = error instanceof BucketError ? error.code : undefined;
    if (code === 'no-such-key') return;
    if (code !== 'precondition-failed') throw error;
    const message =
      'The source was overwritten during the move: its former content was copied, and its new content was kept.';
    throw new BucketError(code, message);
  }
}
