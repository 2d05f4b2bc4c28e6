import { isText, isTrueValue, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import { NO_BODY, type Request, type Response } from '../../../swift_api/message';
import type { ContentRef, NewObject, ObjectRecord } from '../storage/storage';
import { statusResponse, htmlResponse, Refused, refuse, refuseWith } from './answers';
import { deleteAtOf, objectAttributes } from './attributes';
import { openContainer, type ObjectCall } from './call';
import { guessType } from './content_types';
import { checkMetadata, checkNameLength } from './limits';
import { httpDate } from '../../../swift_api/times';
import { X_OBJECT_MANIFEST } from '../../../swift_api/header_names';

/** An object to be made by a PUT, before its content is there. */
export interface Draft extends Omit<NewObject, 'content'> {
  /** Only if the object does not exist. */
  readonly absent: boolean;
}

/**
 * Checks a PUT as Swift's `ObjectController.PUT` does before it reads the body, in its
 * order: the client's right, the container, then everything in the headers.
 *
 * @param type the content type if the client sends none
 */
export function draftOf(call: ObjectCall, type?: ByteString): Draft {
  const { request, target, storage } = call;
  const { headers } = request;
  checkManifestHeader(headers);
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== undefined && !hasStar(noneMatch))
    throw refuseWith(400, 'If-None-Match only supports *');
  openContainer(call, 'PUT', target);
  checkLength(request);
  checkNameLength('object', target.object);
  const deleteAt = deleteAtOf(headers);
  const contentType = contentTypeOf(headers, target.object, type);
  checkContentType(contentType);
  checkMetadata(headers, 'object');
  const absent = noneMatch !== undefined;
  if (absent && storage.object(target.account, target.container, target.object) !== undefined)
    throw refuse(412);
  const attributes = objectAttributes(headers);
  return { contentType, attributes, absent, ...(deleteAt === undefined ? {} : { deleteAt }) };
}

function hasStar(header: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*');
}

function checkLength({ headers, body }: Request): void {
  const length = headers.get('content-length');
  if (length !== undefined && Number(length) > LIMITS.max_file_size)
    throw refuseWith(413, 'Your request is too large.');
  if (length === undefined && body === NO_BODY)
    throw refuseWith(411, 'Missing Content-Length header.');
}

function contentTypeOf(
  headers: Headers,
  name: ByteString,
  type: ByteString | undefined,
): ByteString {
  const header = headers.get('content-type');
  if (isTrueValue(headers.get('x-detect-content-type'))) return guessType(name);
  return header ? header : (type ?? guessType(name));
}

/** Refuses parameters that Swift reserves; a POST may set them. */
function checkContentType(contentType: ByteString): void {
  if (!isText(contentType)) throw refuseWith(400, 'Invalid Content-Type');
  const [, ...parameters] = contentType.split(';');
  if (parameters.some((each) => each.trimStart().startsWith('swift_')))
    throw new Refused(
      htmlResponse(400, 'Invalid Content-Type, swift_* is not a valid parameter name.'),
    );
}

/** Refuses an X-Object-Manifest that names no segments (Swift's `dlo`). */
function checkManifestHeader(headers: Headers): void {
  const value = headers.get(X_OBJECT_MANIFEST);
  if (value === undefined) return;
  const slash = value.indexOf('/');
  const prefix = value.slice(slash + 1);
  if (slash < 1 || prefix === '' || prefix.startsWith('/') || /[?&]/.test(value))
    throw new Refused(
      htmlResponse(400, 'X-Object-Manifest must be in the format container/prefix'),
    );
}

/**
 * Makes an object from its draft and a content.
 *
 * @returns undefined if the content is gone, which one just received cannot be
 * @throws Refused if the container is gone, or if an object exists that must not exist
 */
export async function commit(
  { storage, target }: ObjectCall,
  { absent, ...draft }: Draft,
  content: ContentRef,
): Promise<ObjectRecord | undefined> {
  const { account, container, object } = target;
  const result = await storage.putObject(
    account,
    container,
    object,
    { ...draft, content },
    absent ? { absent } : undefined,
  );
  if (result === 'no-content') return undefined;
  if (typeof result === 'string') throw refuse(result === 'exists' ? 412 : 404);
  return result;
}

/** Builds Swift's response to a PUT. */
export function createdResponse(
  record: ObjectRecord,
  etag: string = record.content.etag,
): Response {
  return statusResponse(
    201,
    Headers.of({ Etag: etag, 'Last-Modified': httpDate(record.timestamp) }),
  );
}
