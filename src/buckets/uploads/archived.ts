import { archivePrefix } from '../../versioning/archive/names';
import { unquote } from '../../http/bytes';
import { headBucket } from '../bucket';
import type { Caller } from '../caller';
import { entriesOf } from '../entries';
import { BucketError } from '../errors';
import { isMadeOf } from './manifest_parts';
import { MAX_CLOCK_SKEW, notedUploadId, type CompletedUpload } from './parts';
import { beginningOf, type Upload } from './upload_names';
import { X_HISTORY_LOCATION, X_VERSIONS_LOCATION } from '../../swift_api/header_names';

/**
 * Finds the object made from an upload in the archive of a container in one of Swift's
 * header modes: whoever completed the upload did not get to end it.
 *
 * @returns `unknown` if the caller may not read the archive
 * @throws BucketError if the store cannot tell
 */
export async function findArchived(
  caller: Caller,
  upload: Upload,
): Promise<CompletedUpload | 'unknown' | undefined> {
  const { bucket, key, id } = upload;
  const { headers } = await headBucket(caller, bucket);
  const location = headers.get(X_VERSIONS_LOCATION) ?? headers.get(X_HISTORY_LOCATION);
  if (location === undefined) return undefined;
  const [container] = unquote(location).split('/');
  const prefix = archivePrefix(key);
  // the names end in timestamps
  const marker =
    prefix +
    Math.floor((beginningOf(id) - MAX_CLOCK_SKEW) / 1000)
      .toString()
      .padStart(10, '0');
  try {
    for await (const entry of entriesOf(caller, container, { prefix, marker })) {
      const { name: object, content_type: contentType, slo_etag: sloEtag } = entry;
      const notedId = notedUploadId(contentType);
      const hasLostNote = notedId === undefined && sloEtag !== undefined;
      if (
        notedId === id ||
        (hasLostNote && (await isMadeOf(caller, upload, { container, object })))
      )
        return {
          versionId: undefined,
          contentType,
          sloEtag: sloEtag ?? '',
          place: { container, object },
        };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof BucketError)) throw error;
    if (error.code === 'no-such-bucket') return undefined;
    if (error.code === 'access-denied') return 'unknown';
    throw error;
  }
}
