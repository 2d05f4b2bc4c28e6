import type { ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { entriesOf, type Entry } from './entries';
import { BucketError } from './errors';
import { segmentsOf } from './parts';
import { done } from './store_answers';
import { listUploads } from './uploads';

/**
 * Deletes a bucket, and with it what is left of uploads that came to their end.
 *
 * @throws BucketError `bucket-not-empty` also while it has versions, delete markers or uploads in progress
 */
export async function deleteBucket(caller: Caller, name: ByteString): Promise<void> {
  const { isInHeaderMode } = await headBucket(caller, name);
  const { uploads } = await listUploads(caller, name, {
    prefix: '',
    delimiter: '',
    keyMarker: '',
    idMarker: '',
    most: 1,
  });
  if (uploads.length > 0) throw notEmpty(name);
  const response = await ask(caller, { method: 'DELETE', container: name });
  if (response.status === 409) {
    await drain(response.body);
    throw notEmpty(name);
  }
  await done(caller, response, { bucket: name });
  // only once nothing can lead to them any more: what an archive keeps may
  if (!isInHeaderMode) await deleteSegments(caller, segmentsOf(name));
}

/** What cannot be removed now stays: the bucket is gone all the same. */
async function deleteSegments(caller: Caller, container: ByteString): Promise<void> {
  for await (const { name: object } of segmentsIn(caller, container))
    await drain((await ask(caller, { method: 'DELETE', container, object })).body);
  await drain((await ask(caller, { method: 'DELETE', container })).body);
}

/** None where there is no such container. */
async function* segmentsIn(caller: Caller, container: ByteString): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(caller, container, {});
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
}

function notEmpty(name: ByteString): BucketError {
  const message = 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.';
  return new BucketError('bucket-not-empty', message, { fields: { BucketName: name } });
}
