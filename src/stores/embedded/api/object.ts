import { isTrueValue } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { ReplacedObject, Request, Response } from '../../../swift_api/message';
import { replacedObject } from '../../../swift_api/replaced_object';
import type { ObjectRecord } from '../storage/storage';
import { statusResponse, htmlResponse, Refused, refuse, refuseWith } from './answers';
import { deleteAtOf, objectAttributes, systemAttributes } from './attributes';
import { openContainer, type ObjectCall } from './call';
import { commit, createdResponse, draftOf, type Draft } from './draft';
import { checkMetadata } from './limits';
import { linkHeaders, linkOf, locationOf } from './links';
import { putLink } from './put_link';
import { readObject } from './read';
import { receiveBody } from './receive';
import { deleteLargeObject, deleteSegments } from './large_objects/slo_delete';
import { putLargeObject } from './large_objects/slo_write';
import {
  X_IF_DELETE_AT,
  X_STATIC_LARGE_OBJECT,
  X_SYMLINK_TARGET,
} from '../../../swift_api/header_names';

const ALLOWED = Headers.of({ Allow: 'DELETE, GET, HEAD, OPTIONS, POST, PUT' });

/**
 * Answers a request for an object like Swift's `ObjectController` behind `copy`, `slo`,
 * `dlo` and `symlink`.
 */
export async function objectRequest(call: ObjectCall): Promise<Response> {
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return readObject(call);
    case 'PUT':
      return putObject(call);
    case 'POST':
      if (call.request.headers.has(X_STATIC_LARGE_OBJECT)) throw reservedHeader();
      return postObject(call);
    case 'DELETE':
      return call.query.get('multipart-manifest') === 'delete'
        ? deleteWithSegments(call)
        : deleteObject(call);
    default:
      throw refuse(405, ALLOWED);
  }
}

async function putObject(call: ObjectCall): Promise<Response> {
  const { request, query, storage } = call;
  if (query.get('multipart-manifest') === 'put') return putLargeObject(call);
  if (request.headers.has(X_STATIC_LARGE_OBJECT)) throw reservedHeader();
  if (request.headers.has(X_SYMLINK_TARGET)) return putLink(call);
  const draft = draftOf(call);
  const record = await receiveBody(storage, request, (content) =>
    commit(call, withFooters(draft, request), content),
  );
  if (record === undefined) throw new Error('content that was just received is gone');
  return createdResponse(record);
}

/** Adds metadata that is known now that the body was read. */
function withFooters(draft: Draft, { dialect }: Request): Draft {
  if (dialect?.footers === undefined) return draft;
  const attributes = { ...draft.attributes, ...objectAttributes(dialect.footers()) };
  return { ...draft, attributes };
}

/**
 * Replaces metadata (Swift's POST). On a symlink it changes the link itself, and the
 * response says so.
 */
async function postObject(call: ObjectCall): Promise<Response> {
  const { request, target } = call;
  const { headers } = request;
  if (headers.has(X_SYMLINK_TARGET))
    throw refuseWith(400, 'A PUT request is required to set a symlink target');
  openContainer(call, 'POST', target);
  checkMetadata(headers, 'object');
  const record = await replaceMetadata(call, deleteAtOf(headers));
  const link = linkOf(record.attributes);
  if (link === undefined) return statusResponse(202);
  const reason =
    'The requested POST was applied to a symlink. POST directly to the target to apply requested metadata.';
  const redirectHeaders = linkHeaders(link)
    .only('X-Symlink-Target-Etag')
    .with('Location', locationOf(target, link));
  throw refuseWith(307, reason, redirectHeaders);
}

async function replaceMetadata(
  call: ObjectCall,
  deleteAt: number | undefined,
): Promise<ObjectRecord> {
  const { request, target, storage } = call;
  const { account, container, object } = target;
  for (;;) {
    const before = storage.object(account, container, object);
    if (before === undefined) throw refuse(404);
    const attributes = {
      ...objectAttributes(request.headers),
      ...systemAttributes(before.attributes),
    };
    const contentType = request.headers.get('content-type') ?? '';
    const result = await storage.postObject(
      account,
      container,
      object,
      {
        attributes,
        contentType: contentType === '' ? before.contentType : contentType,
        ...(deleteAt === undefined ? {} : { deleteAt }),
      },
      { timestamp: before.timestamp },
    );
    if (typeof result !== 'string') return result;
    if (result !== 'changed') throw refuse(404);
  }
}

async function deleteWithSegments(call: ObjectCall): Promise<Response> {
  if (!isTrueValue(call.query.get('async'))) return deleteLargeObject(call);
  await deleteSegments(call);
  return deleteObject(call);
}

async function deleteObject(call: ObjectCall): Promise<Response> {
  const { target, storage } = call;
  const { account, container, object } = target;
  openContainer(call, 'DELETE', target);
  for (;;) {
    const condition = (await dialectCondition(call)) ?? expiryCondition(call);
    const result = await storage.deleteObject(account, container, object, condition);
    if (result !== 'changed') return statusResponse(typeof result === 'string' ? 404 : 204);
  }
}

/**
 * Returns the condition that an object is still the one of which a filter for another API
 * has just said that it may be deleted; undefined if no filter asks.
 *
 * @throws Refused with the filter's refusal
 */
async function dialectCondition(
  call: ObjectCall,
): Promise<{ readonly timestamp: string } | undefined> {
  const { request, target, storage } = call;
  const refusal = request.dialect?.refusal;
  if (refusal === undefined) return undefined;
  const record = storage.object(target.account, target.container, target.object);
  const response = refusal(record && (await seenBy(call)));
  if (response) throw new Refused(response);
  return { timestamp: record?.timestamp ?? '' };
}

/** Returns the object as readers see it; undefined for a link that leads nowhere. */
async function seenBy(call: ObjectCall): Promise<ReplacedObject | undefined> {
  const request = { ...call.request, method: 'HEAD', headers: Headers.none };
  try {
    return replacedObject((await readObject({ ...call, request })).headers);
  } catch (error) {
    if (error instanceof Refused && error.response.status === 404) return undefined;
    throw error;
  }
}

/**
 * Returns the condition of X-If-Delete-At: deletes only what expires at that time, as
 * Swift's expirer asks, and not what replaces it meanwhile.
 */
function expiryCondition({
  request,
  target,
  storage,
}: ObjectCall): { readonly timestamp: string } | undefined {
  const header = request.headers.get(X_IF_DELETE_AT);
  if (header === undefined) return undefined;
  if (!/^\s*\d+(\.\d+)?\s*$/.test(header))
    throw new Refused(htmlResponse(400, 'Bad X-If-Delete-At header value'));
  const record = storage.object(target.account, target.container, target.object);
  if (record !== undefined && record.deleteAt !== Number(header))
    throw new Refused(htmlResponse(412, 'X-If-Delete-At and X-Delete-At do not match'));
  return { timestamp: record?.timestamp ?? '' };
}

function reservedHeader(): Refused {
  const reason =
    'X-Static-Large-Object is a reserved header. To create a static large object add query param multipart-manifest=put.';
  return new Refused(htmlResponse(400, reason));
}
