import { z } from 'zod';
import { createBucket, headBucket, setVersioning } from '../../../src/buckets/bucket';
import { deleteBucket } from '../../../src/buckets/bucket_removal';
import { bucketOf } from '../../../src/dialects/arguments';
import type { Operation, Route } from '../../../src/dialects/call';
import { jsonAnswer, readJson } from '../json';
import { emptyResponse } from './names';

const MAX_DOCUMENT = 64 * 1024;
const parameters = ['versioning'];

export const versioningRoutes: readonly Route[] = [
  {
    name: 'GET Bucket Version',
    method: 'GET',
    on: 'bucket',
    parameters,
    run: (call) => show(call),
  },
  {
    name: 'PUT Bucket Version',
    method: 'PUT',
    on: 'bucket',
    parameters,
    run: (call) => change(call),
  },
];

/** Matched after the routes with parameters. */
export const plainBucketRoutes: readonly Route[] = [
  { name: 'PUT Bucket', method: 'PUT', on: 'bucket', run: (call) => create(call) },
  { name: 'HEAD Bucket', method: 'HEAD', on: 'bucket', run: (call) => head(call) },
  { name: 'DELETE Bucket', method: 'DELETE', on: 'bucket', run: (call) => remove(call) },
];

const STATUSES = { never: 'DISABLED', enabled: 'ENABLED', suspended: 'SUSPENDED' } as const;

const show: Operation = async (call) => {
  const { versioning } = await headBucket(call.caller, bucketOf(call));
  return jsonAnswer(200, { status: STATUSES[versioning] });
};

const VersioningDocument = z.object({ status: z.enum(['ENABLED', 'SUSPENDED']) });

const change: Operation = async (call) => {
  const { status } = await readJson(call, VersioningDocument, MAX_DOCUMENT);
  await setVersioning(call.caller, bucketOf(call), status === 'ENABLED' ? 'enabled' : 'suspended');
  return emptyResponse(200);
};

const create: Operation = async (call) => {
  await createBucket(call.caller, bucketOf(call));
  return emptyResponse(201);
};

const head: Operation = async (call) => {
  await headBucket(call.caller, bucketOf(call));
  return emptyResponse(200);
};

const remove: Operation = async (call) => {
  await deleteBucket(call.caller, bucketOf(call));
  return emptyResponse(204);
};
