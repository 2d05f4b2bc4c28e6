import { randomUUID } from 'node:crypto';
import { ask } from '../buckets/caller';
import { BucketError } from '../buckets/errors';
import { done } from '../buckets/store_answers';
import { drain } from '../http/body';
import { answer } from '../swift_api/responses';
import { atMost, holdBody } from '../swift_api/held_body';
import type { Call, CallHead } from './call';

/**
 * Establishes that a client may write in the bucket that a request is about, by one without a body that changes
 * nothing: of an object that is not there.
 *
 * @throws BucketError `access-denied`
 */
export async function establishWriting({
  caller,
  bucket,
}: Pick<CallHead, 'caller' | 'bucket'>): Promise<void> {
  if (bucket === undefined) throw new BucketError('access-denied', 'Access Denied.');
  const object = `hindsight-none-${randomUUID()}`;
  const response = await ask(caller, { method: 'POST', container: bucket, object });
  // that there is no such bucket is for the operation to tell
  if (response.status === 404) await drain(response.body);
  else await done(caller, response, { bucket });
}

/**
 * The document that a request carries, as a whole. Before one that has not come yet the right is established.
 *
 * @returns undefined if it has more than `most` bytes
 * @throws BucketError `access-denied`, and what the body breaks off with
 */
export async function holdDocument(call: Call, max: number): Promise<Buffer | undefined> {
  const { request, payload, caller } = call;
  if (Buffer.isBuffer(payload.body)) return payload.body.length > max ? undefined : payload.body;
  const { account } = await caller.session();
  const held = await holdBody(
    { ...request, body: payload.body },
    {
      account,
      right: async () => {
        // asked before if nobody has signed
        if (!caller.isAnonymous) await establishWriting(call);
        return undefined;
      },
      bounds: atMost(max, () => answer(413)),
    },
  );
  return 'status' in held ? undefined : held;
}
