import { headBucket } from '../../../src/buckets/bucket';
import type { Caller } from '../../../src/buckets/caller';
import { copyObject, type Copied } from '../../../src/buckets/copies';
import { BucketError } from '../../../src/buckets/errors';
import { headObject, readObject, type ObjectInfo } from '../../../src/buckets/objects';
import { failed } from '../../../src/buckets/preconditions';
import type { ObjectRef } from '../../../src/buckets/versions';
import { removeObject } from '../../../src/buckets/writes';
import { invalidArgument } from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { conditionsOf, writeConditionOf } from '../../../src/dialects/conditions';
import { parseCopySource } from '../../../src/dialects/copy_source';
import type { Response } from '../../../src/swift_api/message';
import { empty, targetOf } from './names';
import { describedBy } from './object_headers';

const COPY = 'x-qs-copy-source';
const MOVE = 'x-qs-move-source';

export const copyRoutes: readonly Route[] = [
  {
    name: 'PUT Object - Copy',
    method: 'PUT',
    on: 'object',
    header: COPY,
    run: (call) => copy(call),
  },
  {
    name: 'PUT Object - Move',
    method: 'PUT',
    on: 'object',
    header: MOVE,
    run: (call) => move(call),
  },
];

/** The object, or the version, that a header names. */
export function sourceIn({ request: { headers } }: Call, header = COPY): ObjectRef {
  return parseCopySource(headers.get(header) ?? '', header, 'version_id');
}

const copy: Operation = async (call) => {
  const [source, target] = [sourceIn(call), targetOf(call)];
  const isFresh = isReplacing(call);
  // judged also where nothing of it is taken
  const described = describedBy(call);
  if (source.versionId === undefined && isSame(source, target) && !isFresh)
    return written(await unchanged(call, source));
  const copied = await copyObject(call.caller, source, target, {
    conditions: conditionsOf(call, `${COPY}-`),
    condition: writeConditionOf(call),
    fresh: isFresh ? described : undefined,
  });
  return written(copied);
};

function written({ etag, versionId }: Pick<ObjectInfo, 'etag' | 'versionId'>): Response {
  return empty(201, { ETag: `"${etag}"`, 'x-qs-version-id': versionId });
}

/** Whether metadata is taken from the request, and not from the source. */
function isReplacing({ request: { headers } }: Call): boolean {
  const name = 'x-qs-metadata-directive';
  const given = headers.get(name) ?? 'copy';
  if (!/^(copy|replace)$/i.test(given))
    throw invalidArgument(name, given, 'Unknown metadata directive.');
  return given.toLowerCase() === 'replace';
}

function isSame(source: ObjectRef, target: ObjectRef): boolean {
  return source.bucket === target.bucket && source.key === target.key;
}

/** Onto itself QingStor copies nothing: only the storage class could change, and there is one. */
async function unchanged(call: Call, object: ObjectRef): Promise<ObjectInfo> {
  const conditions = conditionsOf(call, `${COPY}-`);
  const found = await readObject(call.caller, object, { method: 'HEAD', conditions });
  if (found.status === 304) throw failed(COPY);
  return found;
}

/**
 * Copies, and removes the source if it is still what was copied, which the store judges in the one step with the removal only in a bucket that keeps
 * versions, or once did. Interrupted between the two, the object is in both places.
 */
const move: Operation = async (call) => {
  const { caller } = call;
  const [source, target] = [sourceIn(call, MOVE), targetOf(call)];
  if (source.versionId !== undefined)
    throw new BucketError('invalid-argument', 'A version cannot be moved.');
  if (isSame(source, target))
    throw new BucketError('invalid-request', 'An object cannot be moved onto itself.');
  if ((await headBucket(caller, source.bucket)).versioning === 'never')
    throw new BucketError(
      'not-implemented',
      'Objects can be moved out of buckets with versions only: elsewhere what is written to the source meanwhile could be lost. Copy it, and delete it then.',
    );
  const found = await headObject(caller, source);
  const copied = await copyObject(caller, { ...source, versionId: found.versionId }, target, {
    conditions: conditionsOf(call, `${MOVE}-`),
    condition: writeConditionOf(call),
  });
  await removeMoved(caller, source, found, copied);
  return written(copied);
};

/** @throws BucketError `precondition-failed` where the source has come to be another meanwhile */
async function removeMoved(
  caller: Caller,
  source: ObjectRef,
  { etag }: ObjectInfo,
  copied: Copied,
): Promise<void> {
  // what was uploaded in parts has another etag when it is copied
  const isAnother = !etag.includes('-') && copied.etag !== etag;
  try {
    if (isAnother) throw failed(MOVE);
    await removeObject(caller, source, { ifMatch: `"${etag}"` });
  } catch (error) {
    const code = error instanceof BucketError ? error.code : undefined;
    if (code === 'no-such-key') return;
    if (code !== 'precondition-failed') throw error;
    const message =
      'The source was written to meanwhile: what it was before is copied, and what it is now stays.';
    throw new BucketError(code, message);
  }
}
