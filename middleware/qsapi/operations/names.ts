import type { Call } from '../../../src/dialects/call';
import { invalidArgument, keyOf } from '../../../src/dialects/arguments';
import { checkVersionId, type ObjectRef } from '../../../src/buckets/versions';
import type { ByteString } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Response } from '../../../src/swift_api/message';

/**
 * Returns the object, or the version, that a request is about.
 *
 * @throws BucketError `invalid-argument`
 */
export function objectOf(call: Call): ObjectRef {
  const id = call.parameters.get('version_id');
  return {
    ...keyOf(call),
    versionId: id === undefined ? undefined : checkVersionId(id, 'version_id'),
  };
}

/**
 * Returns the object that a request writes.
 *
 * @throws BucketError `invalid-argument` if it names a version
 */
export function targetOf(call: Call): Omit<ObjectRef, 'versionId'> {
  const versionId = call.parameters.get('version_id');
  if (versionId === undefined) return keyOf(call);
  throw invalidArgument('version_id', versionId, 'A version cannot be written to.');
}

/** Returns the owner of something, as documents name it. */
export function owner(call: Pick<Call, 'caller'>): {
  readonly id: ByteString;
  readonly name: ByteString;
} {
  const { user } = call.caller;
  return { id: user, name: user };
}

/** Builds a response without content. */
export function emptyResponse(
  status: number,
  headers: Readonly<Record<string, string | undefined>> = {},
): Response {
  const length = status === 204 ? undefined : '0';
  return { status, headers: Headers.of({ ...headers, 'Content-Length': length }), body: NO_BODY };
}
