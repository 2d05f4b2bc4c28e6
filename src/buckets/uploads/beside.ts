import type { Body } from '../../http/body';
import { drain } from '../../http/body';
import type { ByteString } from '../../http/bytes';
import type { Headers } from '../../http/headers';
import { X_STORAGE_POLICY } from '../../swift_api/header_names';
import { headBucket } from '../bucket';
import { ask, withPartsAccess, type Caller } from '../caller';
import { expectSuccessAndDrain } from '../store_answers';
import { segmentsOf, type Upload } from './upload_names';

/**
 * Writes an object into the container beside a bucket; creates the container if it does
 * not exist. It needs the right to write the bucket's object, and has none of the
 * client's ACLs.
 *
 * @throws BucketError `no-such-bucket` and others
 */
export async function putBeside(
  caller: Caller,
  { bucket, key }: Pick<Upload, 'bucket' | 'key'>,
  beside: { readonly object: ByteString; readonly headers: Headers; readonly body?: Body },
): Promise<void> {
  const forParts = withPartsAccess(caller, { bucket, key });
  const put = { method: 'PUT', container: segmentsOf(bucket), ...beside };
  let response = await ask(forParts, put);
  if (response.status === 404) {
    await drain(response.body);
    const { headers } = await headBucket(caller, bucket);
    await createSegments(forParts, bucket, headers);
    response = await ask(forParts, put);
  }
  await expectSuccessAndDrain(caller, response, { bucket, key });
}

/** Creates the container without the client's ACLs. */
async function createSegments(
  caller: Caller,
  bucket: ByteString,
  bucketHeaders: Headers,
): Promise<void> {
  const container = segmentsOf(bucket);
  const headers = bucketHeaders.only(X_STORAGE_POLICY);
  await expectSuccessAndDrain(caller, await ask(caller, { method: 'PUT', container, headers }), {
    bucket: container,
  });
  caller.parts.invalidate((await caller.session()).account, bucket);
}
