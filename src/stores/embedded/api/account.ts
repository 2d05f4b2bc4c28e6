import { ACCOUNT_ACL, formatAccountAcl, parseAccountAcl } from '../../../swift_api/account_acl';
import { toText } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import {
  listingResponse,
  listingHeadResponse,
  type ListingRecord,
} from '../../../swift_api/listing';
import type { Response } from '../../../swift_api/message';
import type { AccountRecord, ContainerRecord, ListingEntry } from '../storage/storage';
import { statusResponse, refuse } from './answers';
import { attributeChanges, attributeHeaders } from './attributes';
import { authorise, isOwner, withoutOwnerHeaders, type Call } from './call';
import { checkMerged, checkMetadata, checkNameLength } from './limits';
import { listingQuery, listingType } from './listing';
import { isoTime } from '../../../swift_api/times';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

/**
 * Answers a request for an account like Swift's `AccountController` with
 * `account_autocreate` and `allow_account_management`: a missing account reads as an
 * empty one, and is created by the first write to it.
 */
export async function accountRequest(call: Call): Promise<Response> {
  const { request, target } = call;
  if (!METHODS.includes(request.method))
    throw refuse(405, Headers.of({ Allow: METHODS.join(', ') }));
  // checked before all else, like Swift's `listing_formats`, which runs before any access
  // control
  if (/^(GET|HEAD)$/.test(request.method)) listingType(request, call.query);
  authorise(call, request.method, target);
  checkNameLength('account', target.account);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return showAccount(call);
    case 'PUT':
    case 'POST':
      return changeAccount(call);
    default:
      return deleteAccount(call);
  }
}

function showAccount(call: Call): Response {
  const { request, target, query, storage } = call;
  const type = listingType(request, query);
  const record = storage.account(target.account);
  const allHeaders = record === undefined ? emptyAccountHeaders() : accountHeaders(record);
  const headers = isOwner(call, target) ? allHeaders : withoutOwnerHeaders(allHeaders);
  if (request.method === 'HEAD')
    return listingHeadResponse(type, query, headers, record === undefined ? 200 : 204);
  const listing = listingQuery(query, LIMITS.account_listing_limit);
  const entries = record === undefined ? [] : storage.listContainers(target.account, listing);
  const resource = { kind: 'account', name: target.account } as const;
  return listingResponse(type, query, headers, resource, entries.map(containerEntry));
}

/** The headers of an account that was never written to. */
function emptyAccountHeaders(): Headers {
  const timestamp = (Date.now() / 1000).toFixed(5);
  return accountHeaders({ timestamp, attributes: {}, containers: 0, objects: 0, bytes: 0 }).without(
    'Accept-Ranges',
  );
}

function accountHeaders({
  timestamp,
  attributes,
  containers,
  objects,
  bytes,
}: AccountRecord): Headers {
  const acl = formatAccountAcl(parseAccountAcl(attributes[ACCOUNT_ACL]) ?? {});
  return Headers.of({
    'X-Account-Container-Count': String(containers),
    'X-Account-Object-Count': String(objects),
    'X-Account-Bytes-Used': String(bytes),
    'X-Timestamp': timestamp,
    'Accept-Ranges': 'bytes',
  })
    .withAll(attributeHeaders(attributes).without(ACCOUNT_ACL))
    .withAll(Headers.of({ 'X-Account-Access-Control': acl }));
}

function containerEntry(entry: ListingEntry<ContainerRecord>): ListingRecord {
  if ('subdir' in entry) return { subdir: toText(entry.subdir) };
  const { objects, bytes, modified } = entry.record;
  return { name: toText(entry.name), count: objects, bytes, last_modified: isoTime(modified) };
}

async function changeAccount({ request, target, storage }: Call): Promise<Response> {
  checkMetadata(request.headers, 'account');
  const before = storage.account(target.account);
  const changes = attributeChanges(request.headers, 'account');
  checkMerged(before?.attributes ?? {}, changes, 'account');
  await storage.putAccount(target.account, changes);
  if (request.method === 'POST') return statusResponse(204);
  return statusResponse(before === undefined ? 201 : 202);
}

async function deleteAccount({ request, target, storage }: Call): Promise<Response> {
  // Swift's extra safety, in case someone mistypes the query of a bulk delete
  if (request.query !== '') throw refuse(400);
  if (await storage.deleteAccount(target.account)) return statusResponse(204);
  throw refuse(storage.account(target.account) === undefined ? 404 : 409);
}
