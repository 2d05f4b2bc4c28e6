import { isTrueValue, unquote, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { ObjectTarget } from '../../../swift_api/target';
import type { Response } from '../../../swift_api/message';
import type { ContentRef, ObjectRecord } from '../storage/storage';
import { attributeHeaders } from './attributes';
import type { ObjectCall } from './call';
import { dloView } from './large_objects/dlo';
import { linkHeaders, linkOf, openObject } from './links';
import { manifestView, sloView } from './large_objects/slo_read';
import { serve, requestedRanges, type View } from '../../../swift_api/object_response';
import { X_OBJECT_MANIFEST, X_STATIC_LARGE_OBJECT } from '../../../swift_api/header_names';

/** A view of an object; `content` is set if it has exactly the bytes of that content. */
interface StoredView extends View {
  readonly content?: ContentRef;
}

/** An object as a request sees it. */
export interface OpenedView {
  readonly target: ObjectTarget;
  readonly record: ObjectRecord;
  readonly view: StoredView;
  /** Whether the view is of the object itself, not of what its manifest names. */
  readonly isRaw: boolean;
}

/** Answers GET and HEAD of an object. */
export async function readObject(call: ObjectCall): Promise<Response> {
  const { request, query } = call;
  const opened = await openView(call, request.method);
  const { record, target } = opened;
  let { view } = opened;
  if (isStatic(record) && opened.isRaw && query.get('multipart-manifest') === 'get')
    view = await manifestView({ ...call, target }, record, view);
  if (request.method === 'GET' && view.check !== undefined) {
    const ranges = view.size === undefined ? undefined : requestedRanges(request, view, view.size);
    if (ranges?.length !== 0) await view.check(ranges?.[0]?.[0] ?? 0);
  }
  return serve(request, view);
}

/**
 * Opens what a request for an object sees: with `?symlink=get` the link and not its
 * target, with `?multipart-manifest=get` the manifest and not its segments.
 *
 * @param method the right to check along the way
 */
export async function openView(call: ObjectCall, method: string): Promise<OpenedView> {
  const { query } = call;
  const asLink = query.get('symlink') === 'get';
  const { target, record, location } = openObject(
    call,
    method,
    call.target,
    asLink ? 'none' : 'all',
  );
  const rawView = plainView(call, record, asLink, location);
  const manifest = record.attributes[X_OBJECT_MANIFEST];
  const isWhole = query.get('multipart-manifest') !== 'get';
  const targetCall = { ...call, target };
  if (isStatic(record) && isWhole)
    return { target, record, view: await sloView(targetCall, record, rawView), isRaw: false };
  if (manifest !== undefined && isWhole)
    return { target, record, view: dloView(targetCall, unquote(manifest), rawView), isRaw: false };
  return { target, record, view: rawView, isRaw: true };
}

function isStatic({ attributes }: ObjectRecord): boolean {
  return isTrueValue(attributes[X_STATIC_LARGE_OBJECT]);
}

function plainView(
  { storage }: ObjectCall,
  record: ObjectRecord,
  asLink: boolean,
  location: ByteString | undefined,
): StoredView {
  const { attributes, content, contentType, timestamp, deleteAt } = record;
  const link = asLink ? linkOf(attributes) : undefined;
  const extraHeaders = Headers.of({
    'Content-Location': location,
    'X-Delete-At': deleteAt === undefined ? undefined : String(deleteAt),
  });
  const headers = attributeHeaders(attributes).withAll(extraHeaders);
  return {
    headers: link === undefined ? headers : headers.withAll(linkHeaders(link)),
    contentType,
    etag: content.etag,
    timestamp,
    size: content.size,
    content,
    read: (first, last) => storage.read(content, first, last),
  };
}
