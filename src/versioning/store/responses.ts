import { z } from 'zod';
import { toBytes, unquote } from '../../http/bytes';
import { parseDate, parseListedDate } from '../../http/dates';
import type { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import { parseCopyHeader } from '../../swift_api/target';
import { parseResponse } from '../../swift_api/json_response';
import { StoreError } from '../../util/store_error';
import { isMarkerType, NEW_MARKER_TYPE } from '../../swift_api/markers';
import type { NoteBinding } from './note_binding';
import type { ListingEntry, ObjectInfo, ObjectRef, TypedEntry } from './store';
import { expectSuccess } from '../../swift_api/client';
import {
  X_DELETE_AT,
  X_SYMLINK_TARGET,
  X_SYMLINK_TARGET_ACCOUNT,
  X_TIMESTAMP,
} from '../../swift_api/header_names';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

/**
 * Drains the response to a PUT of an object, which must be successful. Swift answers 202
 * and drops the object if its clock says that the existing one is newer.
 *
 * @throws StoreError if the object was not written
 */
export async function expectWritten(response: Response, failure: string): Promise<void> {
  await expectSuccess(response, failure);
  if (response.status === 202)
    throw new StoreError(
      'unavailable',
      `${failure}: the store kept a newer object`,
      response.status,
    );
}

/**
 * Whether a store refused to write something because its name is too long (Swift's
 * `check_object_creation`). A Swift counts characters, and may allow fewer than usual, so
 * only the store itself knows.
 */
export function isNameTooLong(error: unknown): error is StoreError {
  return (
    error instanceof StoreError &&
    error.code === 'refused' &&
    error.status === 400 &&
    /name length of \d+ longer than/i.test(error.message)
  );
}

/**
 * Reads the response to a HEAD of an object itself.
 *
 * @param binding decides which notes are the object's own
 */
export function parseObjectInfo(
  response: Response,
  object: ObjectRef,
  binding: NoteBinding,
): ObjectInfo {
  const { headers } = response;
  const timestamp = headers.get(X_TIMESTAMP) ?? lastModified(response);
  const deleteAt = headers.get(X_DELETE_AT);
  const contentType = headers.get('content-type') ?? '';
  const link = linkIn(headers, object);
  return {
    timestamp,
    etag: headers.get('etag') ?? '',
    isMarker: isMarkerType(contentType),
    contentType,
    notes: binding.readNotes(headers, object, timestamp),
    ...(isStaticLargeObject(headers) ? { isLarge: true } : {}),
    ...(link === undefined ? {} : { link }),
    ...(deleteAt === undefined ? {} : { deleteAt }),
  };
}

/** Returns the target in the headers of a symlink. */
function linkIn(headers: Headers, at: ObjectRef): ObjectRef | undefined {
  const target = parseCopyHeader(headers.get(X_SYMLINK_TARGET) ?? '');
  if (target === undefined) return undefined;
  return {
    account: unquote(headers.get(X_SYMLINK_TARGET_ACCOUNT) ?? '') || at.account,
    ...target,
  };
}

function lastModified(response: Response): string {
  const time = parseDate(response.headers.get('last-modified'));
  if (time === undefined)
    throw new StoreError(
      'unavailable',
      'the store answered with neither X-Timestamp nor Last-Modified',
    );
  return (time / 1000).toFixed(5);
}

/** Returns a listing entry without its content type. */
export function withoutType({ name, isMarker, isUnfinished }: TypedEntry): ListingEntry {
  return { name, isMarker, isUnfinished };
}

const Line = z.object({
  name: z.string().optional(),
  content_type: z.string().optional(),
  last_modified: z.string().optional(),
});

function toEntry(name: string, { content_type, last_modified }: z.infer<typeof Line>): TypedEntry {
  const contentType = toBytes(content_type ?? '');
  return {
    name: toBytes(name),
    isMarker: isMarkerType(contentType),
    isUnfinished: contentType === NEW_MARKER_TYPE,
    contentType,
    time: parseTime(last_modified),
  };
}

/** Parses `2026-01-31T12:00:00.123450` to seconds. */
function parseTime(modified: string | undefined): number | undefined {
  const time = parseListedDate(modified);
  return time && time.seconds + Number(`0.${time.fraction}`);
}

const Listing = z.array(Line);

/** Parses a page of a listing in JSON. @throws StoreError if it is not one */
export function parseListing(body: Buffer): TypedEntry[] {
  return parseResponse(Listing, body, 'a listing').flatMap((line) =>
    line.name === undefined ? [] : [toEntry(line.name, line)],
  );
}
