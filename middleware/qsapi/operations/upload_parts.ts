import { copySourceError } from '../../../src/buckets/copies';
import { BucketError } from '../../../src/buckets/errors';
import { readObject } from '../../../src/buckets/objects';
import { preconditionFailed } from '../../../src/buckets/preconditions';
import { putPart } from '../../../src/buckets/uploads/upload_parts';
import { getUpload, MAX_PARTS } from '../../../src/buckets/uploads/uploads';
import { destroy, whileUnread } from '../../../src/http/body';
import { Headers } from '../../../src/http/headers';
import { invalidArgument } from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { conditionsOf } from '../../../src/dialects/conditions';
import { etagFromContentMd5 } from '../../../src/dialects/object_headers';
import { qsCopySourceOf } from './copies';
import { invalidRange, checkRange } from './ranges';
import { emptyResponse } from './names';
import { uploadOf } from './uploads';
import { COPY_PART } from '../vocabulary';

const SOURCE = 'x-qs-copy-source';
const [NUMBER, ID] = ['part_number', 'upload_id'];

export const partRoutes: readonly Route[] = [
  {
    name: 'Copy Object Part',
    method: 'PUT',
    on: 'object',
    parameters: [NUMBER, ID],
    header: SOURCE,
    vocabulary: COPY_PART,
    run: (call) => copy(call),
  },
  {
    name: 'Upload Object Part',
    method: 'PUT',
    on: 'object',
    parameters: [NUMBER, ID],
    run: (call) => put(call),
  },
  ...[NUMBER, ID].map((only): Route => ({
    name: 'Upload Object Part',
    method: 'PUT',
    on: 'object',
    parameters: [only],
    run: () => Promise.reject(invalidArgument(only, '', `${NUMBER} and ${ID} are both required.`)),
  })),
];

/**
 * Reads the number of a part. QingStor counts from 0. Other APIs show the same numbers
 * for the same upload.
 */
function numberOf({ parameters }: Call): number {
  const value = parameters.get(NUMBER) ?? '';
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (number <= MAX_PARTS) return number;
  throw invalidArgument(NUMBER, value, `${NUMBER} must be a whole number from 0 to ${MAX_PARTS}.`);
}

const put: Operation = async (call) => {
  const { body, length } = call.payload;
  const number = numberOf(call);
  if (length === undefined) throw new BucketError('missing-length', 'Content-Length is required.');
  const content = {
    body,
    length,
    headers: etagFromContentMd5(call),
    sums: NONE,
    trailing: () => NONE,
  };
  const { etag } = await putPart(call.caller, uploadOf(call), number, content);
  return emptyResponse(201, { ETag: `"${etag}"` });
};

const NONE: ReadonlyMap<string, string> = new Map();

const copy: Operation = async (call) => {
  const { caller, request } = call;
  const [number, upload, source] = [numberOf(call), uploadOf(call), qsCopySourceOf(call)];
  await getUpload(caller, upload);
  const conditions = conditionsOf(call, `${SOURCE}-`);
  const range = request.headers.get('x-qs-copy-range');
  checkRange(range);
  const sourceObject = await readObject(caller, source, { method: 'GET', conditions, range }).catch(
    (error: unknown) => {
      throw copySourceError(error);
    },
  );
  if (sourceObject.status === 304) throw preconditionFailed(SOURCE);
  const { body, headers, size } = sourceObject;
  if (range !== undefined && sourceObject.status !== 206) {
    destroy(body);
    throw invalidRange(range);
  }
  const length = Number(headers.get('content-length') ?? size);
  const content = { body, length, headers: Headers.none, sums: NONE, trailing: () => NONE };
  const { etag } = await whileUnread(sourceObject, () => putPart(caller, upload, number, content));
  return emptyResponse(201, {
    ETag: `"${etag}"`,
    'x-qs-content-copy-range': headers.get('content-range'),
  });
};
