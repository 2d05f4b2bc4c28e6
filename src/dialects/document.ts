import { randomUUID } from 'node:crypto';
import { ask } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import { expectSuccessAndDrain } from '../buckets/store_answers';
import { drain } from '../http/body';
import { statusResponse } from '../swift_api/responses';
import { atMost, holdBody } from '../swift_api/held_body';
import type { Call, CallHead } from './call';

/**
 * Checks that a client may write to the bucket of a request, with a POST without a body
 * to an object that does not exist.
 *
 * @throws BucketError `access-denied`
 */
export async function checkWriteAccess({
  caller,
  bucket,
}: Pick<CallHead, 'caller' | 'bucket'>): Promise<void> {
  if (bucket === undefined) throw new BucketError('access-denied', 'Access Denied.');
  const object = `hindsight-none-${randomUUID()}`;
  const response = await ask(caller, { method: 'POST', container: bucket, object });
  // the operation itself reports a missing bucket
  if (response.status === 404) await drain(response.body);
  else await expectSuccessAndDrain(caller, response, { bucket });
}

/**
 * Reads the document of a request as a whole. If the body has not arrived yet, checks the
 * right to write first.
 *
 * @returns undefined if it has more than `max` bytes
 * @throws BucketError `access-denied`, and the errors of the body
 */
export async function holdDocument(call: Call, max: number): Promise<Buffer | undefined> {
  const { request, payload, caller } = call;
  if (Buffer.isBuffer(payload.body)) return payload.body.length > max ? undefined : payload.body;
  const { account } = await caller.session();
  const result = await holdBody(
    { ...request, body: payload.body },
    {
      account,
      right: async () => {
        // anonymous requests were checked before
        if (!caller.isAnonymous) await checkWriteAccess(call);
        return undefined;
      },
      bounds: atMost(max, () => statusResponse(413)),
    },
  );
  return 'status' in result ? undefined : result;
}
