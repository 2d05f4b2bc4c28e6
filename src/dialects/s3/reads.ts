import { BucketError } from '../../buckets/errors';
import { readObject, type ReadObject } from '../../buckets/objects';
import { partRange } from '../../buckets/uploads/part_ranges';
import { MAX_PARTS } from '../../buckets/uploads/uploads';
import type { ObjectRef } from '../../buckets/versions';
import { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import type { Route, Call } from './call';
import { invalidArgument, keyOf } from './arguments';
import { contentSumOf } from './content_sum';
import { conditionsOf, versionOf } from './conditions';
import { requestedChecksums, objectHeaders, responseOverrides } from './object_headers';
import { READ } from './vocabulary';

/** To be placed after the routes with parameters. */
export const plainReadRoutes: readonly Route[] = [
  {
    name: 'GetObject',
    method: 'GET',
    on: 'object',
    vocabulary: READ,
    run: (call) => read(call, 'GET'),
  },
  {
    name: 'HeadObject',
    method: 'HEAD',
    on: 'object',
    vocabulary: READ,
    run: (call) => read(call, 'HEAD'),
  },
];

async function read(call: Call, method: 'GET' | 'HEAD'): Promise<Response> {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const overrides = responseOverrides(call);
  const part = call.parameters.get('partNumber');
  if (part !== undefined) return readPart(call, ref, method, part);
  const { headers } = call.request;
  const [range, ifRange] = [headers.get('range'), headers.get('if-range')];
  const conditions = conditionsOf(call);
  return present(
    call,
    await readObject(call.caller, ref, { method, conditions, range, ifRange }),
    overrides,
  );
}

async function readPart(
  call: Call,
  ref: ObjectRef,
  method: 'GET' | 'HEAD',
  value: string,
): Promise<Response> {
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MAX_PARTS)
    throw invalidArgument(
      'partNumber',
      value,
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    );
  if (call.request.headers.has('range'))
    throw new BucketError(
      'invalid-request',
      'Cannot specify both Range header and partNumber query parameter',
    );
  const { versionId, range, count } = await partRange(call.caller, ref, number);
  const conditions = conditionsOf(call);
  const object = await readObject(
    call.caller,
    { ...ref, versionId },
    { method, conditions, range },
  );
  const parts = Headers.of({
    'x-amz-mp-parts-count': count === undefined ? undefined : String(count),
  });
  // an object without parts is its own first part, so its checksums are those of the part
  return present(call, object, responseOverrides(call).withAll(parts), count === undefined);
}

/** @param isWhole whether the response has the whole content, whatever its status */
function present(
  call: Call,
  object: ReadObject,
  extraHeaders: Headers,
  isWhole = object.status === 200,
): Response {
  const { status, body } = object;
  if (status === 304) {
    const headers = objectHeaders(object).without(
      'content-length',
      'content-type',
      'content-range',
    );
    return { status, headers, body };
  }
  const checksums = isWhole ? requestedChecksums(call, object) : Headers.none;
  const headers = objectHeaders(object)
    .withAll(checksums)
    .withAll(contentSumOf(call, object))
    .withAll(extraHeaders);
  return { status, headers, body };
}
