import { z } from 'zod';
import { headBucket } from '../../../src/buckets/bucket';
import { BucketError } from '../../../src/buckets/errors';
import { bucketOf } from '../../../src/dialects/arguments';
import type { Operation, Route } from '../../../src/dialects/call';
import { removeAll, type Outcome, type ToRemove } from '../../../src/dialects/removals';
import { isText, toBytes } from '../../../src/http/bytes';
import { errorCode } from '../errors';
import { jsonAnswer, readJson, type Json } from '../json';

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_KEYS = 1000;

export const multiDeleteRoutes: readonly Route[] = [
  {
    name: 'Delete Multiple Objects',
    method: 'POST',
    on: 'bucket',
    parameters: ['delete'],
    run: (call) => remove(call),
  },
];

/**
 * Whether a text is a key: lone surrogates are not UTF-8, and would name another object.
 */
const isKey = (key: string) => key !== '' && !/\p{Surrogate}/u.test(key) && isText(toBytes(key));
const DeleteDocument = z.object({
  objects: z
    .array(
      z.object({
        key: z.string().refine(isKey, 'not a valid object key'),
        // its documentation has only keys, but its clients also send ids, and one that
        // names a version does not mean the object
        version_id: z.string().nullish(),
      }),
    )
    .min(1)
    .max(MAX_KEYS),
  quiet: z.boolean().nullish(),
});

const remove: Operation = async (call) => {
  const bucket = bucketOf(call);
  // it shows that the request is complete, and is the only part of it that is signed
  if (!call.request.headers.has('content-md5'))
    throw new BucketError('invalid-request', 'Content-MD5 is required.');
  const { objects, quiet } = await readJson(call, DeleteDocument, MAX_BYTES);
  const targets = objects.map(({ key, version_id }) => ({
    key: toBytes(key),
    versionId: version_id === null ? undefined : version_id,
  }));
  await headBucket(call.caller, bucket);
  const outcomes = await removeAll(call.caller, bucket, targets);
  const results = targets.map((each, i) => resultOf(each, outcomes[i]));
  const deleted = results.flatMap(({ isError, document }) => (isError ? [] : [document]));
  const errors = results.flatMap(({ isError, document }) => (isError ? [document] : []));
  return jsonAnswer(200, { deleted: quiet ? undefined : deleted, errors });
};

function resultOf(
  { key, versionId }: ToRemove,
  outcome: Outcome | undefined,
): { isError: boolean; document: Json } {
  const fields = { key, version_id: versionId };
  return outcome instanceof BucketError
    ? { isError: true, document: { ...fields, code: errorCode(outcome), message: outcome.message } }
    : { isError: false, document: fields };
}
