import type { ByteString } from '../../http/bytes';
import { headBucket } from '../bucket';
import { withPartsAccess, type Caller } from '../caller';
import { entriesOf, type ListingMarkers, type Entry } from '../entries';
import { BucketError } from '../errors';
import { uploadPrefixIn, segmentsOf, uploadIn } from './upload_names';

/** Selects a page of the uploads in progress. */
export interface UploadListing {
  readonly prefix: ByteString;
  readonly delimiter: ByteString;
  /** Starts after all uploads of this key, or after one of them if `idMarker` is set. */
  readonly keyMarker: ByteString;
  readonly idMarker: string;
  readonly max: number;
}

/** A page of uploads in progress. */
export interface UploadPage {
  readonly uploads: readonly {
    readonly key: ByteString;
    readonly id: string;
    readonly entry: Entry;
  }[];
  /** The common prefixes. */
  readonly prefixes: readonly ByteString[];
  readonly isTruncated: boolean;
  /** The last entry of the page; the next page starts after it. */
  readonly last: { readonly key: ByteString; readonly id: string };
}

/** Sorts after everything that can follow in a name. */
const LAST = '\xf4\x8f\xbf\xbf';

/**
 * Lists uploads in progress, sorted by key; those of the same key in the order in which
 * they began. Keys sort like names with a slash appended: `a!` comes before `a`.
 *
 * @throws BucketError `no-such-bucket`
 */
export async function listUploads(
  caller: Caller,
  bucket: ByteString,
  query: UploadListing,
): Promise<UploadPage> {
  await headBucket(caller, bucket);
  const { prefix, delimiter, keyMarker, idMarker, max } = query;
  const foldKey = (key: ByteString) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  const uploads: UploadPage['uploads'][number][] = [];
  const prefixes: ByteString[] = [];
  let last = { key: keyMarker, id: idMarker };
  const page = (isTruncated: boolean) => ({ uploads, prefixes, isTruncated, last });
  if (max === 0) return page(false);
  try {
    const parameters = { prefix, marker: firstMarker(query, foldKey) };
    const forParts = withPartsAccess(caller, { bucket });
    for await (const entry of entriesOf(forParts, segmentsOf(bucket), parameters, markerAfter)) {
      const upload = uploadIn(entry.name);
      if (!upload?.key.startsWith(prefix)) continue;
      const fold = foldKey(upload.key);
      if (fold !== undefined && (fold === keyMarker || fold === prefixes.at(-1))) continue;
      if (uploads.length + prefixes.length >= max) return page(true);
      if (fold === undefined) uploads.push({ ...upload, entry });
      else prefixes.push(fold);
      last = fold === undefined ? upload : { key: fold, id: '' };
    }
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
  return page(false);
}

/** Skips the remaining parts of the upload in which the store's page ended. */
function markerAfter({ name }: Entry): ListingMarkers {
  const uploadPrefix = uploadPrefixIn(name);
  return { marker: uploadPrefix === undefined ? name : uploadPrefix + LAST };
}

function firstMarker(
  { keyMarker, idMarker }: UploadListing,
  foldKey: (key: ByteString) => ByteString | undefined,
): ByteString | undefined {
  if (keyMarker === '') return undefined;
  if (foldKey(keyMarker) === keyMarker) return keyMarker + LAST;
  return `${keyMarker}/${idMarker === '' ? LAST : idMarker}`;
}
