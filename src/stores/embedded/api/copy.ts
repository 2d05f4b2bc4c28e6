import { chunks } from '../../../http/body';
import { quote, unquote, isTrueValue, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../http/constraints';
import { Headers } from '../../../http/headers';
import { parseCopyHeader, type ObjectTarget } from '../../../http/path';
import type { Response } from '../../../http/message';
import type { ObjectRecord } from '../storage';
import { page, refuse, Refused, refuseWith } from './answers';
import { shownAttributes, systemAttributes } from './attributes';
import type { ObjectCall } from './call';
import { commit, created, draftOf, type Draft } from './draft';
import { linkHeaders, linkOf, withoutLink } from './links';
import { failedCondition } from './preconditions';
import { hasBody, linkParts } from './put_link';
import { openView, type OpenedView } from './read';
import { receive } from './receive';
import { SLO_ETAG } from './slo_manifest';
import { rawManifest } from './slo_read';
import { storeManifest } from './slo_write';
import { httpDate } from './times';
import { serve, shownType, wantedRanges, type View } from './view';

/** COPY: the same as a PUT at the other end (Swift's `copy`). */
export function copyThere(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  const destination = request.headers.get('destination');
  if (!destination) throw badPath('Destination header required');
  const path = parseCopyHeader(destination);
  if (path === undefined)
    throw badPath('Destination header must be of the form <container name>/<object name>');
  const account = accountOf(request.headers.get('destination-account')) ?? target.account;
  return copy(call, target, { version: target.version, account, ...path });
}

/** PUT with X-Copy-From. */
export function copyHere(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  if (Number(request.headers.get('content-length') ?? '0') > 0)
    throw refuseWith(400, 'Copy requests require a zero byte body');
  const path = parseCopyHeader(request.headers.get('x-copy-from') ?? '');
  if (path === undefined)
    throw badPath('X-Copy-From header must be of the form <container name>/<object name>');
  const account = accountOf(request.headers.get('x-copy-from-account')) ?? target.account;
  return copy(call, { version: target.version, account, ...path }, target);
}

function badPath(reason: string): Refused {
  return new Refused(page(412, reason));
}

function accountOf(header: ByteString | undefined): ByteString | undefined {
  if (header === undefined) return undefined;
  const account = unquote(header);
  if (account === '') throw badPath('Account name cannot be empty');
  if (account.includes('/')) throw badPath('Account name cannot contain slashes');
  return account;
}

/**
 * Where the copy has the source's very bytes, it shares its content, whatever its size. It is tried again while its source goes away
 * and comes back between reading and committing.
 */
async function copy(call: ObjectCall, from: ObjectTarget, to: ObjectTarget): Promise<Response> {
  const { request } = call;
  for (;;) {
    const source = await openView({ ...call, target: from }, 'GET');
    checkConditions(call, source);
    const headers = request.headers.with('Content-Length', '0');
    const sink: ObjectCall = { ...call, request: { ...request, headers }, target: to };
    const draft = mergedDraft(sink, source);
    if (isForeignManifest(source, to)) return copyManifest(sink, source, draft);
    const record = await copyContent(sink, source, draft);
    if (record !== undefined) return copied(record, source, from);
  }
}

/** The request's conditions are asked of the source, as in Swift. */
function checkConditions({ request }: ObjectCall, { view }: OpenedView): void {
  const failed = failedCondition(request.headers, view.etag, view.timestamp);
  if (failed !== undefined) throw new Refused(serve(request, view));
  if (view.size === undefined || view.size > LIMITS.max_file_size) throw refuse(413);
  if (wantedRanges(request, view, view.size)?.length === 0)
    throw new Refused(serve({ ...request, method: 'GET' }, view));
}

/** What the copy is to be: the source's metadata, and over it the request's. */
function mergedDraft(sink: ObjectCall, { record, view, isRaw }: OpenedView): Draft {
  const { headers } = sink.request;
  const draft = draftOf(sink, shownType(record.contentType));
  const isFresh = isTrueValue(headers.get('x-fresh-metadata'));
  const { 'x-object-manifest': manifest, 'x-static-large-object': large, ...kept } = record.attributes;
  const attributes = {
    ...(isFresh ? systemAttributes(kept) : kept),
    ...draft.attributes,
    ...(isRaw && manifest !== undefined ? { 'x-object-manifest': manifest } : {}),
    ...(isRaw && large !== undefined ? { 'x-static-large-object': large } : {}),
  };
  const own = view.content === undefined ? withoutLarge(attributes) : attributes;
  const deleteAt = draft.deleteAt ?? (isFresh ? undefined : record.deleteAt);
  const linked = relinked(sink, record, view);
  return {
    ...draft,
    attributes: linked === undefined ? own : { ...withoutLink(own), ...linked.attributes },
    ...(deleteAt === undefined ? {} : { deleteAt }),
    ...(isRaw && record.listed !== undefined ? { listed: record.listed } : {}),
    ...(linked === undefined ? {} : { listed: linked.listed }),
  };
}

/** A copy whose request has headers of a symlink is one that is made anew; what they do not say it has from its source. */
function relinked(sink: ObjectCall, { attributes }: ObjectRecord, { size }: View) {
  const { request } = sink;
  if (!LINK_HEADERS.some((name) => request.headers.has(name))) return undefined;
  const source = linkOf(attributes);
  const kept = source === undefined ? Headers.none : linkHeaders(source);
  const headers = kept.withAll(request.headers.only(...LINK_HEADERS));
  if (!headers.has('x-symlink-target')) return undefined;
  if (size !== 0) throw hasBody();
  return linkParts({ ...sink, request: { ...request, headers } });
}

const LINK_HEADERS = ['x-symlink-target', 'x-symlink-target-account', 'x-symlink-target-etag'];

/** Less what told of the manifest whose segments' bytes the copy now has itself. */
function withoutLarge(attributes: Readonly<Record<string, ByteString>>): Record<string, ByteString> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !key.startsWith('x-object-sysmeta-slo-')),
  );
}

async function copyContent(
  sink: ObjectCall,
  { view }: OpenedView,
  draft: Draft,
): Promise<ObjectRecord | undefined> {
  const { request, storage } = sink;
  const size = view.size ?? 0;
  const ranges = wantedRanges(request, view, size);
  if (ranges === undefined && view.content !== undefined) return commit(sink, draft, view.content);
  const source = serve({ ...request, method: 'GET' }, view);
  const length = Number(source.headers.get('content-length'));
  return receive(storage, chunks(source.body), { length, etag: request.headers.get('etag') }, (content) =>
    commit(sink, draft, content),
  );
}

/** A manifest names segments in its own account: in another one they have to be there as well. */
function isForeignManifest({ record, target, isRaw }: OpenedView, to: ObjectTarget): boolean {
  return isRaw && record.attributes[SLO_ETAG] !== undefined && target.account !== to.account;
}

async function copyManifest(sink: ObjectCall, { record }: OpenedView, draft: Draft): Promise<Response> {
  const manifest = await rawManifest(sink, record);
  return storeManifest({ ...sink, query: new Map() }, draft, manifest);
}

function copied(record: ObjectRecord, { record: source }: OpenedView, from: ObjectTarget): Response {
  const large = record.attributes[SLO_ETAG];
  const response = created(record, large === undefined ? undefined : `"${large}"`);
  const own = Headers.of({
    'X-Copied-From-Account': quote(from.account),
    'X-Copied-From': quote(`${from.container}/${from.object}`),
    'X-Copied-From-Last-Modified': httpDate(source.timestamp),
    'X-Delete-At': record.deleteAt === undefined ? undefined : String(record.deleteAt),
  });
  const meta = shownAttributes(record.attributes).filter((key) => key.startsWith('x-object-meta-'));
  return { ...response, headers: response.headers.withAll(own).withAll(meta) };
}
