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

/** Halves of characters are no UTF-8, and would name another object. */
const isKey = (key: string) => key !== '' && !/\p{Surrogate}/u.test(key) && isText(toBytes(key));
const Wanted = z.object({
  objects: z
    .array(
      z.object({
        key: z.string().refine(isKey, 'no name of an object'),
        // its documentation has only keys; its clients send ids too, and who names a version does not mean the object
        version_id: z.string().nullish(),
      }),
    )
    .min(1)
    .max(MAX_KEYS),
  quiet: z.boolean().nullish(),
});

const remove: Operation = async (call) => {
  const bucket = bucketOf(call);
  // it tells that the request is whole, and is all that is signed of it
  if (!call.request.headers.has('content-md5'))
    throw new BucketError('invalid-request', 'Content-MD5 is needed.');
  const { objects, quiet } = await readJson(call, Wanted, MAX_BYTES);
  const named = objects.map(({ key, version_id }) => ({
    key: toBytes(key),
    versionId: version_id === null ? undefined : version_id,
  }));
  await headBucket(call.caller, bucket);
  const outcomes = await removeAll(call.caller, bucket, named);
  const told = named.map((each, i) => toldOf(each, outcomes[i]));
  const deleted = told.flatMap(({ isError, shown }) => (isError ? [] : [shown]));
  const errors = told.flatMap(({ isError, shown }) => (isError ? [shown] : []));
  return jsonAnswer(200, { deleted: quiet ? undefined : deleted, errors });
};

function toldOf(
  { key, versionId }: ToRemove,
  outcome: Outcome | undefined,
): { isError: boolean; shown: Json } {
  const own = { key, version_id: versionId };
  return outcome instanceof BucketError
    ? { isError: true, shown: { ...own, code: errorCode(outcome), message: outcome.message } }
    : { isError: false, shown: own };
}
