import { toText, trimmedEnd, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import { listingAnswer, listingHead, type ShownEntry } from '../../../swift_api/listing';
import type { Response } from '../../../swift_api/message';
import type { ContainerRecord, Listed, ListingQuery, ObjectRecord } from '../storage/storage';
import { POLICY } from './info';
import { cleanAcl } from './acl';
import { answer, refuse, refuseWith } from './answers';
import { changedAttributes, shownAttributes } from './attributes';
import { authorise, isOwner, openContainer, withoutOwners, type ContainerCall } from './call';
import { checkMerged, checkMetadata, checkNameLength } from './limits';
import { listingQuery, listingType } from './listing';
import { httpDate, isoTime } from '../../../swift_api/times';

/**
 * Refuses a listing that makes no sense, which Swift does before all that follows: also to who may not read the container, where
 * there is none, and to scripts from elsewhere.
 */
export function checkListing({ request, query }: ContainerCall): void {
  if (request.method === 'GET' || request.method === 'HEAD') listingType(request, query);
  if (request.method === 'GET') listingQuery(query, LIMITS.container_listing_limit);
}

/** Answers a request for a container as Swift's `ContainerController`. */
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
  const shown = containerHeaders(record);
  const headers = isOwner(call, target) ? shown : withoutOwners(shown);
  if (request.method === 'HEAD') return listingHead(type, query, headers);
  const wanted = listingQuery(query, LIMITS.container_listing_limit);
  const path = query.get('path');
  const entries =
    path === undefined
      ? storage.listObjects(target.account, target.container, wanted)
      : listPath(call, path, wanted);
  const of = { kind: 'container', name: target.container } as const;
  return listingAnswer(type, query, headers, of, entries.map(shownObject));
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
  }).withAll(shownAttributes(attributes));
}

function shownObject(entry: Listed<ObjectRecord>): ShownEntry {
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
    content_type: toText(listedType(contentType)),
    last_modified: isoTime(timestamp),
    ...(Object.fromEntries(extra) as Record<string, string | number>),
  };
}

/** A content type as Swift's containers note it: parameters without the spaces between, and without Swift's own. */
export function listedType(contentType: ByteString): ByteString {
  const at = contentType.indexOf(';');
  if (at < 0) return contentType;
  const parameters = [...contentType.slice(at).matchAll(PARAMETER)].map(
    ([, key = '', value = '']) => ({
      key,
      value,
    }),
  );
  const kept = parameters.filter(({ key }) => key !== 'swift_bytes');
  return contentType.slice(0, at) + kept.map(({ key, value }) => `;${key}=${value}`).join('');
}

/** What stands before a match is thrown away, blanks too. */
const PARAMETER = /;\s*([^\s;=]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+))?/g;

/**
 * Swift's `path=`: the objects of one level of pseudo-folders, among them those whose name ends with the delimiter, and no
 * subdirs.
 */
function listPath({ target, storage }: ContainerCall, path: ByteString, wanted: ListingQuery) {
  const { account, container } = target;
  const prefix = path === '' ? '' : trimmedEnd(path, '/') + '/';
  const found: Listed<ObjectRecord>[] = [];
  let { marker } = wanted;
  while (found.length < wanted.limit) {
    const query = {
      ...wanted,
      prefix,
      delimiter: '/',
      ...(marker === undefined ? {} : { marker }),
    };
    const page = storage.listObjects(account, container, query);
    for (const entry of page) {
      const name = 'subdir' in entry ? entry.subdir : entry.name;
      marker = name;
      const record = 'subdir' in entry ? storage.object(account, container, name) : entry.record;
      if (record !== undefined && name !== prefix && found.length < wanted.limit)
        found.push({ name, record });
    }
    if (page.length < wanted.limit) break;
  }
  return found;
}

async function changeContainer(call: ContainerCall): Promise<Response> {
  const { request, target, storage } = call;
  const before = storage.container(target.account, target.container);
  authorise(call, request.method, target, before);
  const headers = isOwner(call, target) ? request.headers : withoutOwners(request.headers);
  const changes = withCleanAcls(changedAttributes(headers, 'container'));
  checkMetadata(headers, 'container');
  if (request.method === 'PUT') {
    checkUnknown(headers);
    checkNameLength('container', target.container);
  }
  checkMerged(before?.attributes ?? {}, changes, 'container');
  if (request.method === 'PUT') {
    checkNameLength('account', target.account);
    const created = await storage.putContainer(target.account, target.container, changes);
    return answer(created ? 201 : 202);
  }
  if (!(await storage.postContainer(target.account, target.container, changes))) throw refuse(404);
  return answer(204);
}

function checkUnknown(headers: Headers): void {
  const policy = headers.get('x-storage-policy') ?? '';
  if (policy !== '' && policy.toLowerCase() !== POLICY)
    throw refuseWith(400, `Invalid X-Storage-Policy '${toText(policy)}'`);
  if (headers.get('x-container-sync-to'))
    throw refuseWith(501, 'Containers cannot be synchronised with others here\n');
}

function withCleanAcls(changes: Readonly<Record<string, ByteString>>) {
  const cleaned = { ...changes };
  for (const name of ['x-container-read', 'x-container-write']) {
    const value = cleaned[name];
    if (value) cleaned[name] = cleanAcl(name, value);
  }
  return cleaned;
}

async function deleteContainer(call: ContainerCall): Promise<Response> {
  const { request, target, storage } = call;
  openContainer(call, request.method, target);
  const result = await storage.deleteContainer(target.account, target.container);
  return answer({ deleted: 204, missing: 404, 'not-empty': 409 }[result]);
}
