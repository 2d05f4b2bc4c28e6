import { z } from 'zod';
import { toBytes, type ByteString } from '../http/bytes';
import { parseListedDate } from '../http/dates';
import type { Headers } from '../http/headers';
import type { Response } from '../swift_api/message';
import { parseResponse, readResponse } from '../swift_api/json_response';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { expectSuccess } from './store_answers';

const MAX_LISTING_BYTES = 64 * 1024 * 1024;

const Entry = z.object({
  name: z.string().optional(),
  subdir: z.string().optional(),
  hash: z.string().default(''),
  slo_etag: z.string().optional(),
  bytes: z.number().default(0),
  content_type: z.string().default(''),
  last_modified: z.string().optional(),
  version_id: z.string().default('null'),
  is_latest: z.boolean().default(true),
});
const Listing = z.array(Entry);

/** An entry of a listing of the store. */
export type Entry = Omit<z.infer<typeof Entry>, 'name' | 'subdir'> & {
  readonly name: ByteString;
  /** Whether `name` is a common prefix, into which a delimiter folds other entries. */
  readonly isFolded: boolean;
};

/** Parameters of a listing except its markers. */
export type ListingParameters = Readonly<Record<string, ByteString | undefined>>;

/** The entry after which a listing continues. */
export interface ListingMarkers {
  readonly marker: ByteString | undefined;
  readonly version_marker?: string | undefined;
}

/**
 * Yields the entries of the account or of a container. Fetches pages on demand until one
 * is empty, since a short page need not be the last.
 *
 * @param container undefined for the account's containers
 * @param behind returns the markers of the next page from the last entry of the current
 *   one
 * @param check throws if the headers of a page show that the listing is not the requested
 *   one
 */
export async function* entriesOf(
  caller: Caller,
  container: ByteString | undefined,
  parameters: ListingParameters,
  behind: (last: Entry) => ListingMarkers = ({ name }) => ({ marker: name }),
  check: (headers: Headers) => void = () => undefined,
): AsyncGenerator<Entry> {
  let query: Record<string, ByteString | undefined> = { ...parameters, format: 'json' };
  for (;;) {
    const response = await ask(caller, { method: 'GET', container, query });
    const listing = await expectSuccess(caller, response, { bucket: container });
    const page = await readPage(listing);
    check(listing.headers);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    query = { ...query, ...behind(last) };
  }
}

/** Returns all entries whose names begin with `prefix`; none without the container. */
export async function entriesBelow(
  caller: Caller,
  container: ByteString,
  prefix: ByteString,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of entriesOf(caller, container, { prefix })) entries.push(entry);
  } catch (error) {
    if (!(error instanceof BucketError) || error.code !== 'no-such-bucket') throw error;
  }
  return entries;
}

async function readPage({ status, body }: Response): Promise<Entry[]> {
  const bytes = await readResponse(body, MAX_LISTING_BYTES, 'a page of a listing');
  if (status === 204) return [];
  return parseResponse(Listing, bytes, 'a listing').map((each) =>
    // a page may have ten thousand entries: spreading them costs as much as parsing them
    Object.assign(each, {
      content_type: toBytes(each.content_type),
      name: toBytes(each.name ?? each.subdir ?? ''),
      isFolded: each.name === undefined,
    }),
  );
}

/**
 * Returns the time of an entry in milliseconds, rounded up to whole seconds like the
 * store's Last-Modified.
 */
export function modifiedOf({ last_modified }: Pick<Entry, 'last_modified'>): number {
  const time = parseListedDate(last_modified);
  return time === undefined ? 0 : (time.seconds + (/[1-9]/.test(time.fraction) ? 1 : 0)) * 1000;
}
