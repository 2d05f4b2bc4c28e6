import {
  containerOfVersions,
  isVersionsContainer,
  versionsContainerOf,
  VERSIONS_CONTAINER_PREFIX,
} from '../version_names';
import { drain } from '../../../http/body';
import { isTrueValue, toBytes, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { listingResponse, listingType, type ListingRecord } from '../../../swift_api/listing';
import type { Handler, Request, Response } from '../../../swift_api/message';
import type { Call } from '../../calls';
import { formatQuery } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import { readListing, type RawEntry } from './listing_entries';

/**
 * Sorts after the names of all versions containers: no container name is longer than 256
 * bytes.
 */
const BEHIND_HIDDEN = VERSIONS_CONTAINER_PREFIX + toBytes('\u{10ffff}').repeat(64);

/**
 * Lists the containers of an account without versions containers, whose bytes count
 * towards the containers that they belong to.
 */
export async function listAccount(
  { request, target, query }: Call,
  next: Handler,
): Promise<Response> {
  const type = listingType(request, query);
  // the store reports what is wrong with the request
  if (typeof type !== 'string') return next({ ...request });
  const listing = new AccountListing(request, query, next);
  const first = await listing.page();
  if (first.status >= 300) return first;
  const visible = await listing.readVisible(await readListing(first));
  const entries = type === 'text/plain' ? visible : await listing.addVersionBytes(visible);
  const headers = first.headers.without('content-type', 'content-length', 'vary');
  return listingResponse(
    type,
    query,
    headers,
    { kind: 'account', name: target.account },
    entries as ListingRecord[],
  );
}

type Parameters = Readonly<Record<string, ByteString | undefined>>;

class AccountListing {
  readonly limit: number;
  private readonly reverse: boolean;

  constructor(
    private readonly request: Request,
    private readonly query: ReadonlyMap<string, ByteString>,
    private readonly next: Handler,
  ) {
    const limit = query.get('limit') ?? '';
    this.limit = /^\d+$/.test(limit) ? Number(limit) : LIMITS.account_listing_limit;
    this.reverse = isTrueValue(query.get('reverse'));
  }

  /** Requests a page as the client did and in its name, except for `parameters`. */
  page(parameters: Parameters = {}): Promise<Response> {
    const query = formatQuery({ ...Object.fromEntries(this.query), ...parameters, format: 'json' });
    return this.next({ ...this.request, query, headers: this.request.headers.without('accept') });
  }

  /** Returns as many entries that clients may see as were requested, or all there are. */
  async readVisible(first: RawEntry[]): Promise<RawEntry[]> {
    const entries: RawEntry[] = [];
    for (let page = first; ;) {
      let isWhole = true;
      for (const entry of page) {
        if (await this.isVisible(entry)) entries.push(entry);
        else isWhole = false;
      }
      const last = page.at(-1);
      if (last === undefined || isWhole || entries.length >= this.limit) return entries;
      page = await this.read({
        marker: this.markerAfter(nameOf(last)),
        limit: String(this.limit - entries.length),
      });
    }
  }

  /** Adds the bytes of the versions to those of their containers. */
  async addVersionBytes(visible: RawEntry[]): Promise<RawEntry[]> {
    const last = visible.at(-1);
    if (last === undefined) return visible;
    const bytes = await this.bytesOfVersions(nameOf(last), visible.length);
    return visible.map((entry) => {
      const more = entry.name === undefined ? undefined : bytes.get(nameOf(entry));
      return more === undefined ? entry : { ...entry, bytes: Number(entry['bytes'] ?? 0) + more };
    });
  }

  /**
   * Returns the bytes of versions by container, for the requested containers up to
   * `last`, the last one that the client is shown.
   */
  private async bytesOfVersions(
    last: ByteString,
    count: number,
  ): Promise<ReadonlyMap<ByteString, number>> {
    const bytes = new Map<ByteString, number>();
    const hiddenBound = (name: string) => {
      const value = this.query.get(name);
      return value === undefined ? undefined : versionsContainerOf(value);
    };
    const bounds = {
      prefix: versionsContainerOf(this.query.get('prefix') ?? ''),
      end_marker: hiddenBound('end_marker'),
    };
    for (let marker = hiddenBound('marker'); ;) {
      const page = await this.read({ ...bounds, marker, limit: String(count) });
      for (const entry of page)
        bytes.set(containerOfVersions(nameOf(entry)) ?? '', Number(entry['bytes'] ?? 0));
      const end = page.at(-1);
      if (end === undefined || page.length < count) return bytes;
      marker = nameOf(end);
      const isBehind = this.reverse
        ? marker <= versionsContainerOf(last)
        : marker >= versionsContainerOf(last);
      if (isBehind) return bytes;
    }
  }

  /**
   * Returns a marker after an entry, or after all versions containers if it is one of
   * these.
   */
  private markerAfter(name: ByteString): ByteString {
    if (!isVersionsContainer(name)) return name;
    return this.reverse ? VERSIONS_CONTAINER_PREFIX : BEHIND_HIDDEN;
  }

  /** Whether clients may see an entry. A subdir is hidden if everything in it is. */
  private async isVisible(entry: RawEntry): Promise<boolean> {
    const name = nameOf(entry);
    if (isVersionsContainer(name)) return false;
    if (entry.subdir === undefined || !VERSIONS_CONTAINER_PREFIX.startsWith(name)) return true;
    const within = { prefix: name, delimiter: undefined, reverse: undefined, limit: '1' };
    const before = await this.read({
      ...within,
      marker: undefined,
      end_marker: VERSIONS_CONTAINER_PREFIX,
    });
    if (before.length > 0) return true;
    return (
      (await this.read({ ...within, marker: BEHIND_HIDDEN, end_marker: undefined })).length > 0
    );
  }

  private async read(parameters: Parameters): Promise<RawEntry[]> {
    const response = await this.page(parameters);
    if (response.status < 300) return readListing(response);
    await drain(response.body);
    throw new StoreError(
      'unavailable',
      `the listing is incomplete: the store answered ${response.status}`,
      response.status,
    );
  }
}

function nameOf({ name, subdir }: RawEntry): ByteString {
  return toBytes(name ?? subdir ?? '');
}
