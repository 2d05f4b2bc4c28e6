import {
  containerOfVersions,
  isVersionsContainer,
  versionsContainerOf,
  VERSIONS_CONTAINER_PREFIX,
} from '../version_names';
import { drain } from '../../../http/body';
import { isTrueValue, toBytes, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { listingAnswer, listingType, type ShownEntry } from '../../../swift_api/listing';
import type { Handler, Request, Response } from '../../../swift_api/message';
import type { Call } from '../../calls';
import { formatQuery } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import { readListing, type RawEntry } from './listing_entries';

/** Sorts behind the names of all containers that hold versions: no name of a container is longer than 256 bytes. */
const BEHIND_HIDDEN = VERSIONS_CONTAINER_PREFIX + toBytes('\u{10ffff}').repeat(64);

/** Lists the containers of an account without those that hold versions, whose bytes count as those of the containers beside them. */
export async function listAccount(
  { request, target, query }: Call,
  next: Handler,
): Promise<Response> {
  const type = listingType(request, query);
  // the store tells what is wrong with it
  if (typeof type !== 'string') return next({ ...request });
  const listing = new AccountListing(request, query, next);
  const first = await listing.page();
  if (first.status >= 300) return first;
  const shown = await listing.visible(await readListing(first));
  const entries = type === 'text/plain' ? shown : await listing.withVersions(shown);
  const headers = first.headers.without('content-type', 'content-length', 'vary');
  return listingAnswer(
    type,
    query,
    headers,
    { kind: 'account', name: target.account },
    entries as ShownEntry[],
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

  /** As the client asks for it and in its name, but for some parameters. */
  page(parameters: Parameters = {}): Promise<Response> {
    const query = formatQuery({ ...Object.fromEntries(this.query), ...parameters, format: 'json' });
    return this.next({ ...this.request, query, headers: this.request.headers.without('accept') });
  }

  /** As many as were asked for, or all there are, of those that clients see. */
  async visible(first: RawEntry[]): Promise<RawEntry[]> {
    const found: RawEntry[] = [];
    for (let page = first; ;) {
      let isWhole = true;
      for (const entry of page) {
        if (await this.isVisible(entry)) found.push(entry);
        else isWhole = false;
      }
      const last = page.at(-1);
      if (last === undefined || isWhole || found.length >= this.limit) return found;
      page = await this.read({
        marker: this.beyond(nameOf(last)),
        limit: String(this.limit - found.length),
      });
    }
  }

  /** Their bytes, with those of the versions beside them. */
  async withVersions(shown: RawEntry[]): Promise<RawEntry[]> {
    const last = shown.at(-1);
    if (last === undefined) return shown;
    const bytes = await this.bytesOfVersions(nameOf(last), shown.length);
    return shown.map((entry) => {
      const more = entry.name === undefined ? undefined : bytes.get(nameOf(entry));
      return more === undefined ? entry : { ...entry, bytes: Number(entry['bytes'] ?? 0) + more };
    });
  }

  /** The bytes of the versions of all containers that the client asks for, up to the last that it is shown. */
  private async bytesOfVersions(
    last: ByteString,
    count: number,
  ): Promise<ReadonlyMap<ByteString, number>> {
    const found = new Map<ByteString, number>();
    const beside = (name: string) => {
      const given = this.query.get(name);
      return given === undefined ? undefined : versionsContainerOf(given);
    };
    const bounds = {
      prefix: versionsContainerOf(this.query.get('prefix') ?? ''),
      end_marker: beside('end_marker'),
    };
    for (let marker = beside('marker'); ;) {
      const page = await this.read({ ...bounds, marker, limit: String(count) });
      for (const entry of page)
        found.set(containerOfVersions(nameOf(entry)) ?? '', Number(entry['bytes'] ?? 0));
      const end = page.at(-1);
      if (end === undefined || page.length < count) return found;
      marker = nameOf(end);
      const isBehind = this.reverse
        ? marker <= versionsContainerOf(last)
        : marker >= versionsContainerOf(last);
      if (isBehind) return found;
    }
  }

  /** Behind an entry, and behind all that is hidden where that is. */
  private beyond(name: ByteString): ByteString {
    if (!isVersionsContainer(name)) return name;
    return this.reverse ? VERSIONS_CONTAINER_PREFIX : BEHIND_HIDDEN;
  }

  /** A subdir is hidden where it has nothing but what is. */
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
      `a listing broke off: the store answered ${response.status}`,
      response.status,
    );
  }
}

function nameOf({ name, subdir }: RawEntry): ByteString {
  return toBytes(name ?? subdir ?? '');
}
