import { BucketError } from '../../../src/buckets/errors';
import { headObject, readObject } from '../../../src/buckets/objects';
import type { ObjectRef } from '../../../src/buckets/versions';
import { removeObject, writeObject } from '../../../src/buckets/writes';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import {
  conditionsOf,
  removeConditionOf,
  writeConditionOf,
} from '../../../src/dialects/conditions';
import { etagFromContentMd5, responseOverrides } from '../../../src/dialects/object_headers';
import type { Response } from '../../../src/swift_api/message';
import { emptyResponse, objectOf, targetOf } from './names';
import { headersToStore, objectHeaders } from './object_headers';
import { checkRange } from './ranges';
import { DELETE, PUT, READ } from '../vocabulary';

/** Matched after the routes with parameters, or with headers. */
export const plainObjectRoutes: readonly Route[] = [
  { name: 'PUT Object', method: 'PUT', on: 'object', vocabulary: PUT, run: (call) => put(call) },
  {
    name: 'GET Object',
    method: 'GET',
    on: 'object',
    vocabulary: READ,
    run: (call) => read(call, 'GET'),
  },
  {
    name: 'HEAD Object',
    method: 'HEAD',
    on: 'object',
    vocabulary: READ,
    run: (call) => read(call, 'HEAD'),
  },
  {
    name: 'DELETE Object',
    method: 'DELETE',
    on: 'object',
    vocabulary: DELETE,
    run: (call) => remove(call),
  },
];

const put: Operation = async (call) => {
  const { caller, payload } = call;
  const { body, length } = payload;
  const headers = headersToStore(call).withAll(etagFromContentMd5(call));
  const condition = writeConditionOf(call);
  const { etag, versionId } = await writeObject(caller, targetOf(call), {
    headers,
    body,
    length,
    condition,
  });
  return emptyResponse(201, { ETag: `"${etag}"`, 'x-qs-version-id': versionId });
};

async function read(call: Call, method: 'GET' | 'HEAD'): Promise<Response> {
  const overrides = responseOverrides(call);
  const { headers } = call.request;
  const range = headers.get('range');
  checkRange(range);
  const object = await readObject(call.caller, objectOf(call), {
    method,
    conditions: conditionsOf(call),
    range,
    ifRange: headers.get('if-range'),
  });
  const { status, body } = object;
  if (status !== 304) return { status, headers: objectHeaders(object).withAll(overrides), body };
  const notModifiedHeaders = objectHeaders(object).without(
    'content-length',
    'content-type',
    'content-range',
  );
  return { status, headers: notModifiedHeaders, body };
}

/**
 * Deletes an object or a version. QingStor's delete marker header is about what was there
 * before: that the removed version was a marker, or that the object was deleted already.
 * That is checked first, and may have changed by the time of the delete.
 */
const remove: Operation = async (call) => {
  const object = objectOf(call);
  const condition = removeConditionOf(call, undefined);
  const wasMarker = object.versionId === undefined && (await isDeleted(call, object));
  const { versionId, isMarker } = await removeObject(call.caller, object, condition);
  const reportsMarker = object.versionId === undefined ? wasMarker : isMarker;
  return emptyResponse(204, {
    'x-qs-version-id': versionId,
    'x-qs-delete-marker': reportsMarker ? 'true' : undefined,
  });
};

async function isDeleted({ caller }: Call, object: ObjectRef): Promise<boolean> {
  try {
    await headObject(caller, object);
  } catch (error) {
    // a client that may delete it need not have the right to read it
    if (error instanceof BucketError) return error.details.marker !== undefined;
    throw error;
  }
  return false;
}
