import { versionsContainerOf } from './version_names';
import { quote, unquote } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { DialectContext, Response } from '../../swift_api/message';
import { parseCopyHeader, parseObjectPath, type ObjectTarget } from '../../swift_api/target';
import { nullIdIn } from './null_versions/null_note';
import { withoutReservedParameters, withoutVersionParameters } from '../../swift_api/reserved';
import { DELETE_MARKER_TYPE, NO_MARKER_HEADER } from '../../swift_api/markers';
import {
  NULL_ID,
  versionAt,
  versionPath,
  versionReference,
  type VersionTarget,
} from './version_target';
import { X_COPIED_FROM, X_SYMLINK_TARGET } from '../../swift_api/header_names';

const VERSION_HEADER = 'X-Object-Version-Id';
const COPIED_VERSION_HEADER = 'X-Copied-From-Version-Id';

/**
 * Returns a response about an object as clients see it: locations of versions are
 * replaced by objects with version ids.
 */
export function presentObject(
  response: Response,
  target: ObjectTarget,
  dialect?: DialectContext,
): Response {
  const { headers } = response;
  const location = versionInLocation(headers, 'content-location');
  const redirect = versionInLocation(headers, 'location');
  const link = versionInReference(headers, X_SYMLINK_TARGET, target);
  const source = versionInReference(headers, X_COPIED_FROM, target);
  const type = headers.get('content-type');
  const plain = dialect ? withoutVersionParameters : withoutReservedParameters;
  const plainType = type === undefined ? undefined : plain(type);
  if (!location && !redirect && !link && !source && plainType === type) return response;
  const changes = Headers.of({
    'Content-Location': location && versionPath(location),
    Location: redirect && versionPath(redirect),
    'X-Symlink-Target': link && versionReference(link),
    'X-Copied-From': source && quote(`${source.target.container}/${source.target.object}`),
    [COPIED_VERSION_HEADER]: source && (headers.get(COPIED_VERSION_HEADER) ?? source.id),
    'Content-Type': plainType,
  });
  return { ...response, headers: headers.withAll(changes) };
}

/**
 * Returns the version that a response shows, if it is one of the container's own objects;
 * undefined otherwise.
 */
export function versionInResponse(
  { headers }: Response,
  target: ObjectTarget,
): VersionTarget | undefined {
  const versions = versionsContainerOf(target.container);
  const places = [
    locationIn(headers, 'content-location'),
    referenceIn(headers, X_SYMLINK_TARGET, target),
  ];
  const place = places.find(
    (each) => each?.container === versions && each.account === target.account,
  );
  return place && versionAt(place);
}

/**
 * Returns the id of the current version in a response; for a dialect, that of a null
 * version is `null`.
 */
export function currentId(
  { headers }: Response,
  { id }: VersionTarget,
  dialect?: DialectContext,
): string {
  return dialect && nullIdIn(headers.get('content-type') ?? '') === id ? NULL_ID : id;
}

/** Returns the location that a response comes from, if that is not the one requested. */
export function locationOf({ headers }: Response): ObjectTarget | undefined {
  return locationIn(headers, 'content-location');
}

/** Returns the target of a symlink. */
export function linkIn(headers: Headers, at: ObjectTarget): ObjectTarget | undefined {
  return referenceIn(headers, X_SYMLINK_TARGET, at);
}

/** Returns a response with the id of a version. */
export function withVersionId(response: Response, id: string = NULL_ID): Response {
  return { ...response, headers: response.headers.with(VERSION_HEADER, id) };
}

/**
 * Marks a response for a dialect, by its content type: the id is, or was, that of a
 * delete marker.
 */
export function asDeleteMarker(response: Response): Response {
  return { ...response, headers: response.headers.with('Content-Type', DELETE_MARKER_TYPE) };
}

/** Marks a 404 for a dialect: no delete marker is in the object's place. */
export function withNoMarkerHeader(response: Response): Response {
  return { ...response, headers: response.headers.with(NO_MARKER_HEADER, 'true') };
}

/**
 * Presents a response to a copy as made from the source that the client named, if links
 * led from there to something else.
 *
 * @param versionId the version that the client requested
 */
export function withClientCopySource(
  response: Response,
  source: ObjectTarget,
  versionId: string | undefined,
): Response {
  const { headers } = response;
  const from = referenceIn(headers, X_COPIED_FROM, source);
  if (from === undefined || isSame(from, source)) return response;
  const version = versionAt(from);
  if (version && isSame(version.target, source)) return response;
  const sourceHeaders = Headers.of({
    'X-Copied-From': quote(`${source.container}/${source.object}`),
    'X-Copied-From-Account': quote(source.account),
    [COPIED_VERSION_HEADER]: versionId,
  });
  return { ...response, headers: headers.withAll(sourceHeaders) };
}

function isSame(one: ObjectTarget, other: ObjectTarget): boolean {
  return (
    one.account === other.account &&
    one.container === other.container &&
    one.object === other.object
  );
}

/** Presents a response to a copy as made from the null version. */
export function withNullCopySource(response: Response): Response {
  if (response.status >= 300) return response;
  return { ...response, headers: response.headers.with(COPIED_VERSION_HEADER, NULL_ID) };
}

function versionInLocation(headers: Headers, name: string): VersionTarget | undefined {
  const place = locationIn(headers, name);
  return place && versionAt(place);
}

function versionInReference(
  headers: Headers,
  name: string,
  target: ObjectTarget,
): VersionTarget | undefined {
  const place = referenceIn(headers, name, target);
  return place && versionAt(place);
}

function locationIn(headers: Headers, name: string): ObjectTarget | undefined {
  return parseObjectPath(headers.get(name) ?? '');
}

function referenceIn(
  headers: Headers,
  name: string,
  { version, account }: ObjectTarget,
): ObjectTarget | undefined {
  const path = parseCopyHeader(headers.get(name) ?? '');
  if (path === undefined) return undefined;
  return { version, account: unquote(headers.get(`${name}-account`) ?? '') || account, ...path };
}
