import { drain } from '../../http/body';
import { toText, type ByteString } from '../../http/bytes';
import { expectSuccess, type SwiftClient } from '../../swift_api/client';
import { readResponse } from '../../swift_api/json_response';
import { parseListing, withoutType } from './responses';
import type { ListingEntry, TypedEntry } from './store';

const MAX_LISTING_BYTES = 32 * 1024 * 1024;
/** A delete needs at most the two newest entries. */
const FIRST_PAGE = 5;
const LATER_PAGES = 1000;

/** The account, the container and the query of a page of a listing. */
type ListingArguments = readonly [
  ByteString,
  ByteString,
  Readonly<Record<string, ByteString | undefined>>,
];

/** The listings of containers, as versions are found in them: see `Store`. */
export class StoreListings {
  constructor(private readonly client: SwiftClient) {}

  /** Lists the entries with a prefix, the last name first, as far as they are read. */
  async *backwards(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): AsyncGenerator<ListingEntry> {
    const fetchPage = (marker: ByteString, limit: number) =>
      this.page(account, container, { prefix, marker, limit: String(limit), reverse: 'on' });
    let marker = '';
    for (let limit = FIRST_PAGE; ; limit = LATER_PAGES) {
      const page = await fetchPage(marker, limit);
      // a single entry does not reveal the order, so fetch the next page, too
      if (marker === '' && page[0] && page.length === 1)
        page.push(...(await fetchPage(page[0].name, LATER_PAGES)));
      const first = page[0];
      const last = page.at(-1);
      if (first === undefined || last === undefined) return;
      if (first.name < last.name || (marker !== '' && first.name > marker)) {
        yield* await this.reversed(account, container, prefix, marker);
        return;
      }
      yield* page;
      marker = last.name;
    }
  }

  /** Returns the first entries with a prefix, at most `max`. */
  first(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    max: number,
  ): Promise<readonly TypedEntry[]> {
    return this.typedPage(account, container, { prefix, limit: String(max) });
  }

  /** Lists all entries up to a name in reverse, for a store that ignores `reverse`. */
  private async reversed(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    end: ByteString,
  ): Promise<ListingEntry[]> {
    const all: ListingEntry[] = [];
    for (let marker = ''; ;) {
      const page = await this.page(account, container, {
        prefix,
        marker,
        end_marker: end === '' ? undefined : end,
      });
      const last = page.at(-1);
      if (last === undefined) return all.reverse();
      all.push(...page);
      marker = last.name;
    }
  }

  private async page(
    ...[account, container, parameters]: ListingArguments
  ): Promise<ListingEntry[]> {
    return (await this.typedPage(account, container, parameters)).map(withoutType);
  }

  private async typedPage(
    ...[account, container, parameters]: ListingArguments
  ): Promise<TypedEntry[]> {
    if (container === '') return []; // as in Swift, where this path lists the account
    const query = { format: 'json', ...parameters };
    const response = await this.client.get({ version: 'v1', account, container }, { query });
    if (response.status === 404) {
      await drain(response.body);
      return [];
    }
    if (response.status >= 300)
      await expectSuccess(response, `could not list the archive ${toText(container)}`);
    const body = await readResponse(response.body, MAX_LISTING_BYTES, 'a page of a listing');
    return response.status === 204 ? [] : parseListing(body);
  }
}
