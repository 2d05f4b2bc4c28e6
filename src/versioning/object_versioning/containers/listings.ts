import { authorityOn } from '../../authority';
import { versionPrefix } from '../version_names';
import { answer, page } from '../../../swift_api/responses';
import { bestMatch, parseAccept } from '../../../http/accept';
import { destroy, drain } from '../../../http/body';
import { toBytes, toText, type ByteString } from '../../../http/bytes';
import type { Power, Right } from '../../../swift_api/authority/authority';
import { Headers } from '../../../http/headers';
import { listingAnswer, type ShownEntry } from '../../../swift_api/listing';
import { type Handler, type Request, type Response } from '../../../swift_api/message';
import { formatQuery, formatTarget, type ContainerTarget } from '../../../swift_api/target';
import { rightShown } from '../../../swift_api/authority/shown_right';
import { StoreError } from '../../../util/store_error';
import { currentOf, readListing, topOf, versionOf, type RawEntry } from './listing_entries';
import { versionsContainer } from './versions_container';
import { NULL_ID } from '../version_target';
import { NullReader } from '../null_versions/null_reader';
import { mergeVersions, type CurrentEntry, type Subdir } from './merge';
import { parsePageRequest, startOf, versionBounds, type PageRequest } from './version_pages';
import { SwiftClient } from '../../../swift_api/client';
import { ContainerCall } from '../../calls';

/** More than an operation adds and drops, but for null versions that were left long ago. */
const MAX_TOP = '10';

type Parameters = Readonly<Record<string, ByteString | undefined>>;

/** The listings of containers that have versions with ids, or may have them. */
export class Listings {
  private readonly nulls: NullReader;

  /** @param power in whose name versions are listed, once the store let the client list the container */
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {
    this.nulls = new NullReader(next, power);
  }

  /** A listing of what is current, from the store's own answer to the client's request: links are shown as what they lead to. */
  async currents(call: ContainerCall, response: Response): Promise<Response> {
    const { request, target, query } = call;
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    if (response.status !== 200 || type === 'text/plain') return response;
    const inJson = type === 'application/json' ? response : await this.again(call, response);
    if (inJson.status !== 200) return inJson;
    const entries = (await readListing(inJson)).map((raw) =>
      entryOf(currentOf(raw, target, request.dialect)),
    );
    return listed(type, query, response.headers, target, entries);
  }

  /** A listing of versions, or the store's refusal to list the container. */
  async versions({ request, target, query }: ContainerCall): Promise<Response> {
    const given = Object.fromEntries(
      ['prefix', 'delimiter', 'marker', 'end_marker', 'limit', 'reverse'].map((name) => [
        name,
        query.get(name),
      ]),
    );
    const asking = currentsAsked(request, target, given);
    const first = await this.next(asking);
    if (first.status >= 300 || isNative(first)) return first;
    const right = rightShown(asking, first);
    if (right === undefined) throw new Error('a listing of no container');
    const entries = await readListing(first);
    const refused = refusalOf(request, query);
    if (refused) return refused;
    const asked = parsePageRequest(query);
    if (typeof asked === 'string') return page(400, asked);
    const wanted = await this.amidVersions(request, target, asked, right);
    const shown: ShownEntry[] = [];
    if (wanted.limit > 0) {
      const merged = await this.merged(request, target, wanted, { entries, given, right });
      for await (const entry of merged) {
        shown.push(entry);
        if (shown.length === wanted.limit) break;
      }
    }
    return listed('application/json', IN_JSON, first.headers, target, shown);
  }

  private async merged(
    request: Request,
    target: ContainerTarget,
    wanted: PageRequest,
    first: { readonly entries: RawEntry[]; readonly given: Parameters; readonly right: Right },
  ): Promise<AsyncIterable<ShownEntry>> {
    const { reverse, limit } = wanted;
    const { dialect } = request;
    const { right } = first;
    const name = startOf(wanted);
    const current = name === undefined ? undefined : await this.currentAt(request, target, name);
    const currents = pages(first.entries, async (marker) => {
      const page = await this.ofCurrents(request, target, { ...first.given, marker });
      if (page.status >= 300) throw await failed(page);
      return readListing(page);
    });
    const bounds = versionBounds(wanted);
    const among = (more: Parameters) =>
      this.ofVersions(request, target, right, {
        ...bounds,
        ...more,
        reverse: reverse ? 'true' : undefined,
        limit: String(limit),
      });
    const versions = pages(undefined, (marker) => among(marker === '' ? {} : { marker }));
    const start =
      name === undefined
        ? {}
        : { start: { name, id: wanted.after === 'null' ? undefined : wanted.after, current } };
    return mergeVersions(
      mapped(currents, (raw) => currentOf(raw, target, dialect)),
      mapped(versions, (raw) => versionOf(raw, dialect)),
      {
        reverse,
        ...start,
        kept: dialect && ((name) => this.nulls.kept(request, target, name, right)),
        top: async (name) =>
          topOf(
            await this.ofVersions(request, target, right, {
              prefix: versionPrefix(name),
              limit: MAX_TOP,
            }),
          ),
      },
    );
  }

  /** For dialects, a null version may stand amid the others, and a listing goes on behind it there. */
  private async amidVersions(
    request: Request,
    target: ContainerTarget,
    wanted: PageRequest,
    right: Right,
  ): Promise<PageRequest> {
    const { after, marker } = wanted;
    if (!request.dialect || after !== NULL_ID || !marker) return wanted;
    const kept = await this.nulls.kept(request, target, marker, right);
    return kept === undefined ? wanted : { ...wanted, after: kept };
  }

  /** What is current under a name. */
  private async currentAt(
    request: Request,
    target: ContainerTarget,
    name: ByteString,
  ): Promise<CurrentEntry | undefined> {
    const response = await this.ofCurrents(request, target, { prefix: name, limit: '1' });
    if (response.status >= 300) throw await failed(response);
    const [raw] = await readListing(response);
    const found = raw && currentOf(raw, target, request.dialect);
    return found && 'name' in found && found.name === name ? found : undefined;
  }

  private ofCurrents(
    request: Request,
    target: ContainerTarget,
    parameters: Parameters,
  ): Promise<Response> {
    return this.next(currentsAsked(request, target, parameters));
  }

  private async ofVersions(
    request: Request,
    target: ContainerTarget,
    right: Right,
    parameters: Parameters,
  ): Promise<RawEntry[]> {
    const query = { ...parameters, format: 'json' };
    const client = new SwiftClient(this.next, request, authorityOn(this.power, right));
    const response = await client.get(versionsContainer(target), { query });
    if (response.status < 300) return readListing(response);
    if (response.status !== 404) throw await failed(response);
    await drain(response.body);
    return [];
  }

  /** The same listing, in a form that tells of links. */
  private again(call: ContainerCall, response: Response): Promise<Response> {
    const { request } = call;
    destroy(response.body);
    const query = formatQuery(call.parameters({ format: 'json' }));
    return this.next({ ...request, query, headers: request.headers.without('accept') });
  }
}

/** Asks for a container's own listing in the client's name: whether it may see it is for the store to say. */
function currentsAsked(request: Request, target: ContainerTarget, parameters: Parameters): Request {
  const headers = request.headers.without('accept');
  const query = formatQuery({ ...parameters, format: 'json' });
  return { ...request, path: formatTarget(target), query, headers };
}

/** As if that had been asked for: of versions there is no other form, which Accept could change. */
const IN_JSON = new Map([['format', 'json']]);

/** Whether the store has versions of its own there. */
export function isNative({ headers }: Response): boolean {
  return headers.has('x-versions-enabled');
}

/** Versions are listed only in JSON. */
function refusalOf(request: Request, query: ReadonlyMap<string, ByteString>): Response | undefined {
  const format = query.get('format');
  if (format) return format.toLowerCase() === 'json' ? undefined : answer(406);
  const accepted = parseAccept(request.headers.get('accept'));
  if (accepted === undefined) return page(400, 'Invalid Accept header');
  return bestMatch(accepted, ['application/json']) === undefined ? answer(406) : undefined;
}

function listed(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  { container }: ContainerTarget,
  entries: readonly ShownEntry[],
): Response {
  const kept = headers.without('content-type', 'content-length', 'vary');
  return listingAnswer(type, query, kept, { kind: 'container', name: container }, entries);
}

function entryOf(item: CurrentEntry | Subdir): ShownEntry {
  return 'subdir' in item ? { subdir: toText(item.subdir) } : item.entry;
}

/** The entries of one page after the other, each asked for where the last ended, until one is empty: a short one need not be the last. */
async function* pages(
  first: RawEntry[] | undefined,
  ask: (marker: ByteString) => Promise<RawEntry[]>,
): AsyncGenerator<RawEntry> {
  let page = first ?? (await ask(''));
  for (;;) {
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    page = await ask(toBytes(last.name ?? last.subdir ?? ''));
  }
}

async function* mapped<A, B>(
  items: AsyncIterable<A>,
  map: (item: A) => B | undefined,
): AsyncGenerator<B> {
  for await (const item of items) {
    const mapped = map(item);
    if (mapped !== undefined) yield mapped;
  }
}

async function failed(response: Response): Promise<StoreError> {
  await drain(response.body);
  return new StoreError(
    'unavailable',
    `a listing broke off: the store answered ${response.status}`,
    response.status,
  );
}
