import { authorityFor } from '../../authority';
import { versionPrefix } from '../version_names';
import { statusResponse, htmlResponse } from '../../../swift_api/responses';
import { bestMatch, parseAccept } from '../../../http/accept';
import { destroy, drain } from '../../../http/body';
import { toBytes, toText, type ByteString } from '../../../http/bytes';
import type { Power, Right } from '../../../swift_api/authority/authority';
import type { Headers } from '../../../http/headers';
import { listingResponse, type ListingRecord } from '../../../swift_api/listing';
import { type Handler, type Request, type Response } from '../../../swift_api/message';
import { formatQuery, formatTarget, type ContainerTarget } from '../../../swift_api/target';
import { provenRight } from '../../../swift_api/authority/shown_right';
import { StoreError } from '../../../util/store_error';
import {
  toCurrentEntry,
  readListing,
  toTopEntries,
  toVersionEntry,
  type RawEntry,
} from './listing_entries';
import { versionsContainer } from './versions_container';
import { NULL_ID } from '../version_target';
import { NullReader } from '../null_versions/null_reader';
import { mergeVersions, type CurrentEntry, type Subdir } from './merge';
import { parsePageRequest, startOf, versionBounds, type PageRequest } from './version_pages';
import { SwiftClient } from '../../../swift_api/client';
import type { ContainerCall } from '../../calls';
import { X_VERSIONS_ENABLED } from '../../../swift_api/header_names';

/** More than an operation adds and drops, except for null versions left long ago. */
const MAX_TOP = '10';

type Parameters = Readonly<Record<string, ByteString | undefined>>;

/** Lists containers that have, or may have, object versioning. */
export class Listings {
  private readonly nulls: NullReader;

  /**
   * @param power in whose name versions are listed, once the store let the client list
   * the container
   */
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {
    this.nulls = new NullReader(next, power);
  }

  /**
   * Returns a listing of current objects, from the store's response to the client's
   * request: links are presented as the versions that they lead to.
   */
  async listCurrent(call: ContainerCall, response: Response): Promise<Response> {
    const { request, target, query } = call;
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    if (response.status !== 200 || type === 'text/plain') return response;
    const jsonResponse =
      type === 'application/json' ? response : await this.requestJson(call, response);
    if (jsonResponse.status !== 200) return jsonResponse;
    const entries = (await readListing(jsonResponse)).map((raw) =>
      entryOf(toCurrentEntry(raw, target, request.dialect)),
    );
    return respond(type, query, response.headers, target, entries);
  }

  /** Returns a listing of versions, or the store's refusal to list the container. */
  async listVersions({ request, target, query }: ContainerCall): Promise<Response> {
    const parameters = Object.fromEntries(
      ['prefix', 'delimiter', 'marker', 'end_marker', 'limit', 'reverse'].map((name) => [
        name,
        query.get(name),
      ]),
    );
    const subrequest = currentsRequest(request, target, parameters);
    const first = await this.next(subrequest);
    if (first.status >= 300 || isNative(first)) return first;
    const right = provenRight(subrequest, first);
    if (right === undefined) throw new Error('the listing proves no right to its container');
    const entries = await readListing(first);
    const refusal = refusalOf(request, query);
    if (refusal) return refusal;
    const clientPage = parsePageRequest(query);
    if (typeof clientPage === 'string') return htmlResponse(400, clientPage);
    const pageRequest = await this.startAmongVersions(request, target, clientPage, right);
    const records: ListingRecord[] = [];
    if (pageRequest.limit > 0) {
      const merged = await this.merge(request, target, pageRequest, { entries, parameters, right });
      for await (const entry of merged) {
        records.push(entry);
        if (records.length === pageRequest.limit) break;
      }
    }
    return respond('application/json', JSON_QUERY, first.headers, target, records);
  }

  private async merge(
    request: Request,
    target: ContainerTarget,
    pageRequest: PageRequest,
    first: { readonly entries: RawEntry[]; readonly parameters: Parameters; readonly right: Right },
  ): Promise<AsyncIterable<ListingRecord>> {
    const { reverse, limit } = pageRequest;
    const { dialect } = request;
    const { right } = first;
    const name = startOf(pageRequest);
    const current = name === undefined ? undefined : await this.findCurrent(request, target, name);
    const currents = pages(first.entries, async (marker) => {
      const page = await this.requestCurrents(request, target, { ...first.parameters, marker });
      if (page.status >= 300) throw await listingError(page);
      return readListing(page);
    });
    const bounds = versionBounds(pageRequest);
    const readPage = (more: Parameters) =>
      this.readVersions(request, target, right, {
        ...bounds,
        ...more,
        reverse: reverse ? 'true' : undefined,
        limit: String(limit),
      });
    const versions = pages(undefined, (marker) => readPage(marker === '' ? {} : { marker }));
    const start =
      name === undefined
        ? {}
        : {
            start: {
              name,
              id: pageRequest.after === 'null' ? undefined : pageRequest.after,
              current,
            },
          };
    return mergeVersions(
      mapDefined(currents, (raw) => toCurrentEntry(raw, target, dialect)),
      mapDefined(versions, (raw) => toVersionEntry(raw, dialect)),
      {
        reverse,
        ...start,
        kept: dialect && ((name) => this.nulls.findKeptId(request, target, name, right)),
        top: async (name) =>
          toTopEntries(
            await this.readVersions(request, target, right, {
              prefix: versionPrefix(name),
              limit: MAX_TOP,
            }),
          ),
      },
    );
  }

  /**
   * For dialects, a null version may be among the others; a listing then continues after
   * its place.
   */
  private async startAmongVersions(
    request: Request,
    target: ContainerTarget,
    pageRequest: PageRequest,
    right: Right,
  ): Promise<PageRequest> {
    const { after, marker } = pageRequest;
    if (!request.dialect || after !== NULL_ID || !marker) return pageRequest;
    const nullId = await this.nulls.findKeptId(request, target, marker, right);
    return nullId === undefined ? pageRequest : { ...pageRequest, after: nullId };
  }

  /** Finds the current entry of a name. */
  private async findCurrent(
    request: Request,
    target: ContainerTarget,
    name: ByteString,
  ): Promise<CurrentEntry | undefined> {
    const response = await this.requestCurrents(request, target, { prefix: name, limit: '1' });
    if (response.status >= 300) throw await listingError(response);
    const [raw] = await readListing(response);
    const entry = raw && toCurrentEntry(raw, target, request.dialect);
    return entry && 'name' in entry && entry.name === name ? entry : undefined;
  }

  private requestCurrents(
    request: Request,
    target: ContainerTarget,
    parameters: Parameters,
  ): Promise<Response> {
    return this.next(currentsRequest(request, target, parameters));
  }

  private async readVersions(
    request: Request,
    target: ContainerTarget,
    right: Right,
    parameters: Parameters,
  ): Promise<RawEntry[]> {
    const query = { ...parameters, format: 'json' };
    const client = new SwiftClient(this.next, request, authorityFor(this.power, right));
    const response = await client.get(versionsContainer(target), { query });
    if (response.status < 300) return readListing(response);
    if (response.status !== 404) throw await listingError(response);
    await drain(response.body);
    return [];
  }

  /** Requests the same listing in JSON, which includes links. */
  private requestJson(call: ContainerCall, response: Response): Promise<Response> {
    const { request } = call;
    destroy(response.body);
    const query = formatQuery(call.parameters({ format: 'json' }));
    return this.next({ ...request, query, headers: request.headers.without('accept') });
  }
}

/**
 * Returns a request for a container's own listing in the client's name, so that the store
 * decides whether the client may see it.
 */
function currentsRequest(
  request: Request,
  target: ContainerTarget,
  parameters: Parameters,
): Request {
  const headers = request.headers.without('accept');
  const query = formatQuery({ ...parameters, format: 'json' });
  return { ...request, path: formatTarget(target), query, headers };
}

/**
 * As if the client had requested it: versions have no other form that Accept could
 * select.
 */
const JSON_QUERY = new Map([['format', 'json']]);

/** Whether the store itself versions the container. */
export function isNative({ headers }: Response): boolean {
  return headers.has(X_VERSIONS_ENABLED);
}

/** Refuses all formats but JSON, the only one in which versions are listed. */
function refusalOf(request: Request, query: ReadonlyMap<string, ByteString>): Response | undefined {
  const format = query.get('format');
  if (format) return format.toLowerCase() === 'json' ? undefined : statusResponse(406);
  const accepted = parseAccept(request.headers.get('accept'));
  if (accepted === undefined) return htmlResponse(400, 'Invalid Accept header');
  return bestMatch(accepted, ['application/json']) === undefined ? statusResponse(406) : undefined;
}

function respond(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  { container }: ContainerTarget,
  entries: readonly ListingRecord[],
): Response {
  const rest = headers.without('content-type', 'content-length', 'vary');
  return listingResponse(type, query, rest, { kind: 'container', name: container }, entries);
}

function entryOf(item: CurrentEntry | Subdir): ListingRecord {
  return 'subdir' in item ? { subdir: toText(item.subdir) } : item.entry;
}

/**
 * Yields the entries of page after page, each requested from where the last ended, until
 * one is empty: a short page need not be the last.
 */
async function* pages(
  first: RawEntry[] | undefined,
  readPage: (marker: ByteString) => Promise<RawEntry[]>,
): AsyncGenerator<RawEntry> {
  let page = first ?? (await readPage(''));
  for (;;) {
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    page = await readPage(toBytes(last.name ?? last.subdir ?? ''));
  }
}

async function* mapDefined<A, B>(
  items: AsyncIterable<A>,
  map: (item: A) => B | undefined,
): AsyncGenerator<B> {
  for await (const item of items) {
    const result = map(item);
    if (result !== undefined) yield result;
  }
}

async function listingError(response: Response): Promise<StoreError> {
  await drain(response.body);
  return new StoreError(
    'unavailable',
    `the listing is incomplete: the store answered ${response.status}`,
    response.status,
  );
}
