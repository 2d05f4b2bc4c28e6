import type { ByteString } from '../../http/bytes';
import { headBucket } from '../bucket';
import { askingForParts, type Caller } from '../caller';
import { entriesOf, type Behind, type Entry } from '../entries';
import { BucketError } from '../errors';
import { belowUploadIn, segmentsOf, uploadIn } from './upload_names';

/** Which uploads in progress are wanted. */
export interface UploadListing {
  readonly prefix: ByteString;
  readonly delimiter: ByteString;
  /** Behind which they begin: behind all uploads of that key, or behind one of them. */
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
  /** What the delimiter folds others into. */
  readonly prefixes: readonly ByteString[];
  readonly isTruncated: boolean;
  /** The last of the page: where the next begins. */
  readonly last: { readonly key: ByteString; readonly id: string };
}

/** Behind all names that begin so. */
const LAST = '\xf4\x8f\xbf\xbf';

/**
 * Uploads in progress, by their keys, those of one key in the order in which they began. Keys sort as names with a slash behind them do: `a!` comes before `a`.
 *
 * @throws BucketError `no-such-bucket`
 */
export async function listUploads(
  caller: Caller,
  bucket: ByteString,
  wanted: UploadListing,
): Promise<UploadPage> {
  await headBucket(caller, bucket);
  const { prefix, delimiter, keyMarker, idMarker, max } = wanted;
  const folded = (key: ByteString) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  const uploads: UploadPage['uploads'][number][] = [];
  const prefixes: ByteString[] = [];
  let last = { key: keyMarker, id: idMarker };
  const page = (isTruncated: boolean) => ({ uploads, prefixes, isTruncated, last });
  if (max === 0) return page(false);
  try {
    const parameters = { prefix, marker: firstMarker(wanted, folded) };
    const forParts = askingForParts(caller, { bucket });
    for await (const entry of entriesOf(forParts, segmentsOf(bucket), parameters, behind)) {
      const found = uploadIn(entry.name);
      if (!found?.key.startsWith(prefix)) continue;
      const fold = folded(found.key);
      if (fold !== undefined && (fold === keyMarker || fold === prefixes.at(-1))) continue;
      if (uploads.length + prefixes.length >= max) return page(true);
      if (fold === undefined) uploads.push({ ...found, entry });
      else prefixes.push(fold);
      last = fold === undefined ? found : { key: fold, id: '' };
    }
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
  return page(false);
}

/** The next page of the store's leaves out what else there is of an upload whose parts this one ends with. */
function behind({ name }: Entry): Behind {
  const below = belowUploadIn(name);
  return { marker: below === undefined ? name : below + LAST };
}

function firstMarker(
  { keyMarker, idMarker }: UploadListing,
  folded: (key: ByteString) => ByteString | undefined,
): ByteString | undefined {
  if (keyMarker === '') return undefined;
  if (folded(keyMarker) === keyMarker) return keyMarker + LAST;
  return `${keyMarker}/${idMarker === '' ? LAST : idMarker}`;
}
