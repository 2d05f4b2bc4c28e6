import { BucketError } from '../../buckets/errors';
import { checksumHeaders } from '../../buckets/metadata';
import { removeObject, writeObject } from '../../buckets/writes';
import { readAll, type Body } from '../../http/body';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { checkNewObjectAcl } from './requested_acl';
import { keyOf } from './arguments';
import { emptyResponse } from './buckets';
import { contentSumField, withContentSum } from './content_sum';
import { removeConditionOf, versionOf, writeConditionOf } from './conditions';
import {
  checksumFields,
  contentHeadersOf,
  etagFromContentMd5,
  tagHeadersOf,
} from './object_headers';
import { DELETE, PUT } from './vocabulary';

/**
 * Bodies up to this size are received before they are written if they have a trailer that
 * is to be kept.
 */
const RECEIVED_FIRST = 64 * 1024;

/** To be placed after the routes with parameters. */
export const plainWriteRoutes: readonly Route[] = [
  { name: 'PutObject', method: 'PUT', on: 'object', vocabulary: PUT, run: (call) => put(call) },
  {
    name: 'DeleteObject',
    method: 'DELETE',
    on: 'object',
    vocabulary: DELETE,
    run: (call) => remove(call),
  },
];

const put: Operation = async (call) => {
  const { caller, payload } = call;
  const { length } = payload;
  if (length === undefined)
    throw new BucketError('missing-length', 'You must provide the Content-Length HTTP header.');
  const condition = writeConditionOf(call);
  await checkNewObjectAcl(call);
  const objectHeaders = contentHeadersOf(call)
    .withAll((await tagHeadersOf(call)) ?? Headers.none)
    .withAll(etagFromContentMd5(call));
  const { body, sums } = await withContentSum(call, await receive(call, length));
  const isHeld = Buffer.isBuffer(body);
  // the trailer of a longer body comes too late to be kept with it
  const checksums = new Map([
    ...payload.checksums,
    ...(isHeld ? payload.trailing() : []),
    ...(isHeld ? sums() : []),
  ]);
  const headers = objectHeaders.withAll(checksumHeaders(checksums));
  const isSummed = call.wireFormat.contentSum !== undefined;
  const footers = isSummed && !isHeld ? () => checksumHeaders(sums()) : undefined;
  const object = { headers, body, length, condition, footers };
  const written = await writeObject(caller, keyOf(call), object);
  const checksumResponse = checksumFields(new Map([...checksums, ...payload.trailing()])).withAll(
    contentSumField(call, sums()),
  );
  const response = emptyResponse(200, {
    ETag: `"${written.etag}"`,
    'x-amz-version-id': idOf(written.versionId),
  });
  return { ...response, headers: response.headers.withAll(checksumResponse) };
};

/** Returns the body; receives it first if that allows keeping its checksum. */
async function receive({ request, payload }: Call, length: number): Promise<Body> {
  const { body } = payload;
  if (length > RECEIVED_FIRST || Buffer.isBuffer(body) || !request.headers.has('x-amz-trailer'))
    return body;
  request.sendContinue?.();
  return (await readAll(body, RECEIVED_FIRST)) ?? NO_BODY;
}

/** S3 reports no id for objects written while versioning is suspended. */
export function idOf(versionId: string | undefined): string | undefined {
  return versionId === 'null' ? undefined : versionId;
}

const remove: Operation = async (call) => {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const { versionId, isMarker } = await removeObject(
    call.caller,
    ref,
    removeConditionOf(call, 'x-amz-'),
  );
  const headers = Headers.of({
    'x-amz-version-id': versionId,
    'x-amz-delete-marker': isMarker ? 'true' : undefined,
  });
  return { status: 204, headers, body: NO_BODY };
};
