import type { Call } from '../../../src/dialects/call';
import { invalidArgument, keyOf } from '../../../src/dialects/arguments';
import { checkVersionId, type ObjectRef } from '../../../src/buckets/versions';
import type { ByteString } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { NO_BODY, type Response } from '../../../src/swift_api/message';

/** The object, or the version, that a request is about. @throws BucketError `invalid-argument` */
export function objectOf(call: Call): ObjectRef {
  const given = call.parameters.get('version_id');
  return {
    ...keyOf(call),
    versionId: given === undefined ? undefined : checkVersionId(given, 'version_id'),
  };
}

/** The object that a request writes. @throws BucketError `invalid-argument` where it names a version */
export function targetOf(call: Call): Omit<ObjectRef, 'versionId'> {
  const given = call.parameters.get('version_id');
  if (given === undefined) return keyOf(call);
  throw invalidArgument('version_id', given, 'A version cannot be written to.');
}

/** Who owns something. */
export function owner(call: Pick<Call, 'caller'>): {
  readonly id: ByteString;
  readonly name: ByteString;
} {
  const { user } = call.caller;
  return { id: user, name: user };
}

/** An answer without content. */
export function empty(
  status: number,
  headers: Readonly<Record<string, string | undefined>> = {},
): Response {
  const length = status === 204 ? undefined : '0';
  return { status, headers: Headers.of({ ...headers, 'Content-Length': length }), body: NO_BODY };
}
