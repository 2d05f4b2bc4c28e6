import { codeOf } from '../../../util/errors';
import { chunks, readAll } from '../../../http/body';
import { isTrueValue, quote, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import { NO_BODY, type Response } from '../../../swift_api/message';
import type { ObjectTarget } from '../../../swift_api/target';
import type { ContentRef, ObjectRecord } from '../storage/storage';
import { refuse } from './answers';
import { attributeHeaders, systemAttributes } from './attributes';
import type { ObjectCall } from './call';
import { commit, createdResponse, draftOf, type Draft } from './draft';
import { checkMetadata, checkNames } from './limits';
import { linkHeaders, linkOf, withoutLink } from './links';
import { linkBodyRefusal, linkParts, putLink } from './put_link';
import type { OpenedView } from './read';
import { receive } from './receive';
import { SLO_ETAG, SLO_LIMITS } from './large_objects/slo_manifest';
import { rawManifest } from './large_objects/slo_read';
import { storeManifest } from './large_objects/slo_write';
import { httpDate } from '../../../swift_api/times';
import {
  serve,
  cleanContentType,
  requestedRanges,
  type View,
} from '../../../swift_api/object_response';
import {
  X_OBJECT_MANIFEST,
  X_STATIC_LARGE_OBJECT,
  X_SYMLINK_TARGET,
  X_SYMLINK_TARGET_ACCOUNT,
  X_SYMLINK_TARGET_ETAG,
} from '../../../swift_api/header_names';

/**
 * Makes a copy of an opened source. A copy of all of the source's bytes shares its
 * content, once that is verified.
 *
 * @returns undefined if the source's content went away meanwhile
 * @throws Refused
 */
export async function putCopy(
  sink: ObjectCall,
  source: OpenedView,
  from: ObjectTarget,
): Promise<Response | undefined> {
  checkNames(sink.target);
  if (isNewLink(sink, source)) return copyLink(sink, source, from);
  if (isNewManifest(sink, source)) return copyManifest(sink, source, from);
  if (sink.query.get('multipart-manifest') === 'put') return copyAsManifest(sink, source);
  const record = await copyContent(sink, source, mergeDrafts(sink, source));
  return record && copyResponse(record, source, from);
}

/** Merges the source's metadata with the request's, which wins. */
function mergeDrafts(sink: ObjectCall, { record, view, isRaw }: OpenedView): Draft {
  const { headers } = sink.request;
  const draft = draftOf(sink, cleanContentType(record.contentType));
  const isFresh = isTrueValue(headers.get('x-fresh-metadata'));
  const {
    [X_OBJECT_MANIFEST]: manifest,
    [X_STATIC_LARGE_OBJECT]: large,
    ...otherAttributes
  } = record.attributes;
  const attributes = {
    ...(isFresh ? withoutLink(systemAttributes(otherAttributes)) : otherAttributes),
    ...draft.attributes,
    ...(isRaw && manifest !== undefined ? { 'x-object-manifest': manifest } : {}),
    ...(isRaw && large !== undefined ? { 'x-static-large-object': large } : {}),
  };
  checkMetadata(Headers.of(attributes), 'object');
  const copyAttributes = view.content === undefined ? withoutManifest(attributes) : attributes;
  const deleteAt = draft.deleteAt ?? (isFresh ? undefined : record.deleteAt);
  const newLink = newLinkParts(sink, record, view);
  return {
    ...draft,
    attributes:
      newLink === undefined
        ? copyAttributes
        : { ...withoutLink(copyAttributes), ...newLink.attributes },
    ...(deleteAt === undefined ? {} : { deleteAt }),
    ...(isRaw && record.listed !== undefined ? { listed: record.listed } : {}),
    ...(newLink === undefined ? {} : { listed: newLink.listed }),
  };
}

/**
 * Builds the new link of a copy whose request has symlink headers. Headers that it lacks
 * come from the source.
 */
function newLinkParts(sink: ObjectCall, { attributes }: ObjectRecord, { size }: View) {
  const { request } = sink;
  if (!LINK_HEADERS.some((name) => request.headers.has(name))) return undefined;
  const source = linkOf(attributes);
  const sourceHeaders = source === undefined ? Headers.none : linkHeaders(source);
  const headers = sourceHeaders.withAll(request.headers.only(...LINK_HEADERS));
  if (!headers.has(X_SYMLINK_TARGET)) return undefined;
  if (size !== 0) throw linkBodyRefusal();
  return linkParts({ ...sink, request: { ...request, headers } });
}

const LINK_HEADERS = [X_SYMLINK_TARGET, X_SYMLINK_TARGET_ACCOUNT, X_SYMLINK_TARGET_ETAG];

/** Drops the manifest's attributes, since the copy has the segments' bytes itself. */
function withoutManifest(
  attributes: Readonly<Record<string, ByteString>>,
): Record<string, ByteString> {
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
  const ranges = requestedRanges(request, view, size);
  const isPart = ranges !== undefined;
  if (view.content !== undefined && !(await isAvailable(sink, view.content, isPart)))
    return undefined;
  if (view.content !== undefined && !isPart) return commit(sink, draft, view.content);
  const source = await serve({ ...request, method: 'GET' }, view);
  const length = Number(source.headers.get('content-length'));
  // as in Swift, the request's ETag does not count for all of an object
  const isWhole = source.status === 200 && view.content !== undefined;
  return receive(
    storage,
    chunks(source.body),
    { length, etag: isWhole ? undefined : request.headers.get('etag') },
    (content) => commit(sink, draft, content),
  );
}

/**
 * Verifies a content before another object shares it, so that damage does not spread;
 * false if it is gone.
 */
async function isAvailable(
  { storage, request }: ObjectCall,
  content: ContentRef,
  isPart: boolean,
): Promise<boolean> {
  try {
    await storage.verify(content, isPart, request.signal);
    return true;
  } catch (error) {
    if (codeOf(error) === 'gone') return false;
    throw error;
  }
}

/**
 * Whether a copy is a link made by a client, which must be checked anew. Fresh metadata
 * omits the link.
 */
function isNewLink({ request, query }: ObjectCall, { record }: OpenedView): boolean {
  if (request.authority !== 'client' || query.get('symlink') !== 'get') return false;
  return (
    linkOf(record.attributes) !== undefined && !isTrueValue(request.headers.get('x-fresh-metadata'))
  );
}

async function copyLink(
  sink: ObjectCall,
  source: OpenedView,
  from: ObjectTarget,
): Promise<Response> {
  const { request } = sink;
  const { view } = source;
  const headers = view.headers
    .without('X-Symlink-Target-Bytes')
    .with('Content-Type', view.contentType)
    .withAll(request.headers)
    .with('ETag', view.etag);
  const response = await putLink({ ...sink, request: { ...request, headers, body: NO_BODY } });
  return withSource(response, mergeDrafts(sink, source), source, from);
}

/**
 * Whether a copy is a manifest that must be checked anew: one made by a client, or one in
 * another account, which must have the segments as well. What is archived or restored is
 * taken as it is.
 */
function isNewManifest({ request, target }: ObjectCall, source: OpenedView): boolean {
  if (!source.isRaw || source.record.attributes[SLO_ETAG] === undefined) return false;
  return request.authority === 'client' || source.target.account !== target.account;
}

async function copyManifest(
  sink: ObjectCall,
  source: OpenedView,
  from: ObjectTarget,
): Promise<Response> {
  const manifest = await rawManifest(sink, source.record);
  const draft = () => mergeDrafts(sink, source);
  const response = await storeManifest({ ...sink, query: new Map() }, draft, manifest);
  return response.status < 300 ? withSource(response, draft(), source, from) : response;
}

/**
 * Makes a copy that is put as a manifest: the source's content is parsed as one, and must
 * have the source's ETag.
 */
async function copyAsManifest(sink: ObjectCall, source: OpenedView): Promise<Response> {
  const { request } = sink;
  const { view } = source;
  const response = await serve({ ...request, method: 'GET' }, view);
  const manifest = await readAll(response.body, SLO_LIMITS.max_manifest_size);
  if (manifest === undefined) throw refuse(413);
  const headers =
    response.status === 200 ? request.headers.with('ETag', view.etag) : request.headers;
  return storeManifest(
    { ...sink, request: { ...request, headers } },
    () => mergeDrafts(sink, source),
    manifest,
  );
}

function copyResponse(record: ObjectRecord, source: OpenedView, from: ObjectTarget): Response {
  const large = record.attributes[SLO_ETAG];
  return withSource(
    createdResponse(record, large === undefined ? undefined : `"${large}"`),
    record,
    source,
    from,
  );
}

/** Adds a copy's source, expiry time and client metadata to its response. */
function withSource(
  response: Response,
  { attributes, deleteAt }: Pick<Draft, 'attributes' | 'deleteAt'>,
  { record }: OpenedView,
  from: ObjectTarget,
): Response {
  const sourceHeaders = Headers.of({
    'X-Copied-From-Account': quote(from.account),
    'X-Copied-From': quote(`${from.container}/${from.object}`),
    'X-Copied-From-Last-Modified': httpDate(record.timestamp),
    'X-Delete-At': deleteAt === undefined ? undefined : String(deleteAt),
  });
  const meta = attributeHeaders(attributes).filter((key) => key.startsWith('x-object-meta-'));
  return { ...response, headers: response.headers.withAll(sourceHeaders).withAll(meta) };
}
