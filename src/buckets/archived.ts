import { archivePrefix } from '../core/names';
import { unquote } from '../http/bytes';
import { headBucket } from './bucket';
import type { Caller } from './caller';
import { entriesOf } from './entries';
import { BucketError } from './errors';
import { isMadeOf } from './manifest_parts';
import { uploadNoted } from './parts';
import type { Upload } from './upload_names';

/**
 * Whether the archive of a container in one of Swift's header modes has an object that was made of an upload: of one that was completed by who could not
 * end it. Also where the caller may not list the archive.
 */
export async function isArchived(caller: Caller, upload: Upload): Promise<boolean> {
  const { bucket, key, id } = upload;
  const { headers } = await headBucket(caller, bucket);
  const location = headers.get('x-versions-location') ?? headers.get('x-history-location');
  if (location === undefined) return false;
  const [container] = unquote(location).split('/');
  try {
    for await (const entry of entriesOf(caller, container, { prefix: archivePrefix(key) })) {
      const { name: object, content_type, slo_etag } = entry;
      const noted = uploadNoted(content_type);
      if (noted === id) return true;
      const mayBe = noted === undefined && slo_etag !== undefined;
      if (mayBe && (await isMadeOf(caller, upload, { container, object }))) return true;
    }
    return false;
  } catch (error) {
    if (!(error instanceof BucketError)) throw error;
    return error.code !== 'no-such-bucket';
  }
}
