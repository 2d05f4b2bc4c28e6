import { toText, trimEndChars, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import {
  listingResponse,
  listingHeadResponse,
  type ListingRecord,
} from '../../../swift_api/listing';
import type { Response } from '../../../swift_api/message';
import type { ContainerRecord, ListingEntry, ListingQuery, ObjectRecord } from '../storage/storage';
import { POLICY } from './info';
import { cleanAcl } from './acl';
import { statusResponse, refuse, refuseWith } from './answers';
import { attributeChanges, attributeHeaders } from './attributes';
import { authorise, isOwner, openContainer, withoutOwnerHeaders, type ContainerCall } from './call';
import { checkMerged, checkMetadata, checkNameLength } from './limits';
import { listingQuery, listingType } from './listing';
import { httpDate, isoTime } from '../../../swift_api/times';
import {
  X_CONTAINER_READ,
  X_CONTAINER_WRITE,
  X_STORAGE_POLICY,
} from '../../../swift_api/header_names';

/**
 * Refuses an invalid listing request. Swift does so before all else: even if the client
 * may not read the container, or it does not exist, and without CORS headers.
 */
export function checkListing({ request, query }: ContainerCall): void {
  if (request.method === 'GET' || request.method === 'HEAD') listingType(request, query);
  if (request.method === 'GET') listingQuery(query, LIMITS.container_listing_limit);
}

/** Answers a request for a container like Swift's `ContainerController`. */
export async function containerRequest(call: ContainerCall): Promise<Response> {
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return showContainer(call);
    case 'PUT':
    case 'POST':
      return changeContainer(call);
    case 'DELETE':
      return deleteContainer(call);
    default:
      throw refuse(405, Headers.of({ Allow: 'DELETE, GET, HEAD, OPTIONS, POST, PUT' }));
  }
}

function showContainer(call: ContainerCall): Response {
  const { request, target, query, storage } = call;
  const type = listingType(request, query);
  const record = openContainer(call, request.method, target);
  const allHeaders = containerHeaders(record);
  const headers = isOwner(call, target) ? allHeaders : withoutOwnerHeaders(allHeaders);
  if (request.method === 'HEAD') return listingHeadResponse(type, query, headers);
  const listing = listingQuery(query, LIMITS.container_listing_limit);
  const path = query.get('path');
  const entries =
    path === undefined
      ? storage.listObjects(target.account, target.container, listing)
      : listPath(call, path, listing);
  const resource = { kind: 'container', name: target.container } as const;
  return listingResponse(type, query, headers, resource, entries.map(objectEntry));
}

function containerHeaders({
  timestamp,
  modified,
  attributes,
  objects,
  bytes,
}: ContainerRecord): Headers {
  return Headers.of({
    'X-Container-Object-Count': String(objects),
    'X-Container-Bytes-Used': String(bytes),
    'X-Timestamp': timestamp,
    'Last-Modified': httpDate(modified),
    'Accept-Ranges': 'bytes',
    'X-Storage-Policy': POLICY,
  }).withAll(attributeHeaders(attributes));
}

function objectEntry(entry: ListingEntry<ObjectRecord>): ListingRecord {
  if ('subdir' in entry) return { subdir: toText(entry.subdir) };
  const { content, contentType, timestamp, listed } = entry.record;
  const extra = Object.entries(listed?.extra ?? {}).map(([key, value]) => [
    key,
    key === 'symlink_bytes' ? Number(value) : value,
  ]);
  return {
    bytes: listed?.bytes ?? content.size,
    hash: content.etag,
    name: toText(entry.name),
    content_type: toText(listingContentType(contentType)),
    last_modified: isoTime(timestamp),
    ...(Object.fromEntries(extra) as Record<string, string | number>),
  };
}

/**
 * Formats a content type as Swift's containers record it: without blanks between
 * parameters, and without Swift's own.
 */
export function listingContentType(contentType: ByteString): ByteString {
  const at = contentType.indexOf(';');
  if (at < 0) return contentType;
  const parameters = [...contentType.slice(at).matchAll(PARAMETER)].map(
    ([, key = '', value = '']) => ({
      key,
      value,
    }),
  );
  const ownParameters = parameters.filter(({ key }) => key !== 'swift_bytes');
  return (
    contentType.slice(0, at) + ownParameters.map(({ key, value }) => `;${key}=${value}`).join('')
  );
}

/** Text between matches is dropped, including blanks. */
const PARAMETER = /;\s*([^\s;=]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+))?/g;

/**
 * Lists one level of pseudo-folders (Swift's `path=`), including objects whose names end
 * with the delimiter, but no subdirs.
 */
function listPath({ target, storage }: ContainerCall, path: ByteString, listing: ListingQuery) {
  const { account, container } = target;
  const prefix = path === '' ? '' : trimEndChars(path, '/') + '/';
  const entries: ListingEntry<ObjectRecord>[] = [];
  let { marker } = listing;
  while (entries.length < listing.limit) {
    const query = {
      ...listing,
      prefix,
      delimiter: '/',
      ...(marker === undefined ? {} : { marker }),
    };
    const page = storage.listObjects(account, container, query);
    for (const entry of page) {
      const name = 'subdir' in entry ? entry.subdir : entry.name;
      marker = name;
      const record = 'subdir' in entry ? storage.object(account, container, name) : entry.record;
      if (record !== undefined && name !== prefix && entries.length < listing.limit)
        entries.push({ name, record });
    }
    if (page.length < listing.limit) break;
  }
  return entries;
}

async function changeContainer(call: ContainerCall): Promise<Response> {
  const { request, target, storage } = call;
  const before = storage.container(target.account, target.container);
  authorise(call, request.method, target, before);
  const headers = isOwner(call, target) ? request.headers : withoutOwnerHeaders(request.headers);
  const changes = withCleanAcls(attributeChanges(headers, 'container'));
  checkMetadata(headers, 'container');
  if (request.method === 'PUT') {
    checkUnsupported(headers);
    checkNameLength('container', target.container);
  }
  checkMerged(before?.attributes ?? {}, changes, 'container');
  if (request.method === 'PUT') {
    checkNameLength('account', target.account);
    const created = await storage.putContainer(target.account, target.container, changes);
    return statusResponse(created ? 201 : 202);
  }
  if (!(await storage.postContainer(target.account, target.container, changes))) throw refuse(404);
  return statusResponse(204);
}

function checkUnsupported(headers: Headers): void {
  const policy = headers.get(X_STORAGE_POLICY) ?? '';
  if (policy !== '' && policy.toLowerCase() !== POLICY)
    throw refuseWith(400, `Invalid X-Storage-Policy '${toText(policy)}'`);
  if (headers.get('x-container-sync-to'))
    throw refuseWith(501, 'Container sync is not supported by this server\n');
}

function withCleanAcls(changes: Readonly<Record<string, ByteString>>) {
  const cleaned = { ...changes };
  for (const name of [X_CONTAINER_READ, X_CONTAINER_WRITE]) {
    const value = cleaned[name];
    if (value) cleaned[name] = cleanAcl(name, value);
  }
  return cleaned;
}

async function deleteContainer(call: ContainerCall): Promise<Response> {
  const { request, target, storage } = call;
  openContainer(call, request.method, target);
  const result = await storage.deleteContainer(target.account, target.container);
  return statusResponse({ deleted: 204, missing: 404, 'not-empty': 409 }[result]);
}
