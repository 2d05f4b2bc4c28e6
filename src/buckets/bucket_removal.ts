import { drain } from '../http/body';
import type { ByteString } from '../http/bytes';
import { headBucket } from './bucket';
import { ask, type Caller } from './caller';
import { entriesOf } from './entries';
import { BucketError } from './errors';
import { expectSuccessAndDrain } from './store_answers';
import { listUploads } from './uploads/upload_listing';
import { segmentsOf } from './uploads/upload_names';

/**
 * Deletes a bucket. Parts that still exist stay in their container: an archive may refer
 * to them, or a later bucket of the same name.
 *
 * @throws BucketError `bucket-not-empty`, also if the bucket has versions, delete markers
 *   or uploads in progress
 */
export async function deleteBucket(caller: Caller, name: ByteString): Promise<void> {
  await headBucket(caller, name);
  if ((await hasObjects(caller, name)) || (await hasUploads(caller, name)))
    throw notEmptyError(name);
  const response = await ask(caller, { method: 'DELETE', container: name });
  if (response.status === 409) {
    await drain(response.body);
    throw notEmptyError(name);
  }
  await expectSuccessAndDrain(caller, response, { bucket: name });
  caller.parts.invalidate((await caller.session()).account, name);
  await drain((await ask(caller, { method: 'DELETE', container: segmentsOf(name) })).body);
}

/**
 * Checked first because it is fast; finding uploads means listing the parts of all
 * objects.
 */
async function hasObjects(caller: Caller, container: ByteString): Promise<boolean> {
  return !(await entriesOf(caller, container, { limit: '1' }).next()).done;
}

async function hasUploads(caller: Caller, name: ByteString): Promise<boolean> {
  const query = { prefix: '', delimiter: '', keyMarker: '', idMarker: '', max: 1 };
  return (await listUploads(caller, name, query)).uploads.length > 0;
}

function notEmptyError(name: ByteString): BucketError {
  const message =
    'The bucket you tried to delete is not empty. You must delete all versions in the bucket.';
  return new BucketError('bucket-not-empty', message, { fields: { BucketName: name } });
}
