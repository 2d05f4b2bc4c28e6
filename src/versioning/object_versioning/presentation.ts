import { versionsContainerOf } from './version_names';
import { quote, unquote } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { ForDialect, Response } from '../../swift_api/message';
import { parseCopyHeader, type ObjectTarget } from '../../swift_api/target';
import { nullIn } from './null_versions/null_note';
import { withoutReservedParameters, withoutVersionParameters } from '../../swift_api/reserved';
import { DELETE_MARKER_TYPE, NO_MARKER_HEADER } from '../../swift_api/markers';
import {
  NULL_ID,
  parseObjectPath,
  versionAt,
  versionPath,
  versionReference,
  type VersionTarget,
} from './version_target';

const VERSION_HEADER = 'X-Object-Version-Id';
const COPIED_VERSION_HEADER = 'X-Copied-From-Version-Id';

/** An answer about an object as clients see it: places where versions are kept are told as objects with their ids. */
export function presentObject(
  response: Response,
  target: ObjectTarget,
  dialect?: ForDialect,
): Response {
  const { headers } = response;
  const location = located(headers, 'content-location');
  const moved = located(headers, 'location');
  const link = referred(headers, 'x-symlink-target', target);
  const source = referred(headers, 'x-copied-from', target);
  const type = headers.get('content-type');
  const plain = dialect ? withoutVersionParameters : withoutReservedParameters;
  const plainType = type === undefined ? undefined : plain(type);
  if (!location && !moved && !link && !source && plainType === type) return response;
  const changes = Headers.of({
    'Content-Location': location && versionPath(location),
    Location: moved && versionPath(moved),
    'X-Symlink-Target': link && versionReference(link),
    'X-Copied-From': source && quote(`${source.target.container}/${source.target.object}`),
    [COPIED_VERSION_HEADER]: source && (headers.get(COPIED_VERSION_HEADER) ?? source.id),
    'Content-Type': plainType,
  });
  return { ...response, headers: headers.withAll(changes) };
}

/** The version of a container's own objects that an answer shows; undefined where it shows none. */
export function versionInResponse(
  { headers }: Response,
  target: ObjectTarget,
): VersionTarget | undefined {
  const versions = versionsContainerOf(target.container);
  const places = [
    locationIn(headers, 'content-location'),
    referenceIn(headers, 'x-symlink-target', target),
  ];
  const place = places.find(
    (each) => each?.container === versions && each.account === target.account,
  );
  return place && versionAt(place);
}

/** The id of a version that is the current one, and that an answer shows: of a null version, `null` for a dialect. */
export function currentId(
  { headers }: Response,
  { id }: VersionTarget,
  dialect?: ForDialect,
): string {
  return dialect && nullIn(headers.get('content-type') ?? '') === id ? NULL_ID : id;
}

/** Where an answer comes from that was not found at the place that was asked for. */
export function locationOf({ headers }: Response): ObjectTarget | undefined {
  return locationIn(headers, 'content-location');
}

/** Where a symlink leads. */
export function linkIn(headers: Headers, at: ObjectTarget): ObjectTarget | undefined {
  return referenceIn(headers, 'x-symlink-target', at);
}

/** An answer with the id of a version. */
export function withVersionId(response: Response, id: string = NULL_ID): Response {
  return { ...response, headers: response.headers.with(VERSION_HEADER, id) };
}

/** An answer to a dialect that tells by its type that what its id tells is, or was, a delete marker. */
export function asDeleteMarker(response: Response): Response {
  return { ...response, headers: response.headers.with('Content-Type', DELETE_MARKER_TYPE) };
}

/** A 404 to a dialect that tells that no delete marker is in the place of the object. */
export function withoutMarker(response: Response): Response {
  return { ...response, headers: response.headers.with(NO_MARKER_HEADER, 'true') };
}

/**
 * The answer to a copy, as made of what the client named where links led from there to something else.
 *
 * @param asked the version that it asked for
 */
export function copiedFrom(
  response: Response,
  source: ObjectTarget,
  asked: string | undefined,
): Response {
  const { headers } = response;
  const from = referenceIn(headers, 'x-copied-from', source);
  if (from === undefined || isSame(from, source)) return response;
  const version = versionAt(from);
  if (version && isSame(version.target, source)) return response;
  const named = Headers.of({
    'X-Copied-From': quote(`${source.container}/${source.object}`),
    'X-Copied-From-Account': quote(source.account),
    [COPIED_VERSION_HEADER]: asked,
  });
  return { ...response, headers: headers.withAll(named) };
}

function isSame(one: ObjectTarget, other: ObjectTarget): boolean {
  return (
    one.account === other.account &&
    one.container === other.container &&
    one.object === other.object
  );
}

/** The answer to a copy of what was asked for as having no id. */
export function copiedFromNull(response: Response): Response {
  if (response.status >= 300) return response;
  return { ...response, headers: response.headers.with(COPIED_VERSION_HEADER, NULL_ID) };
}

function located(headers: Headers, name: string): VersionTarget | undefined {
  const place = locationIn(headers, name);
  return place && versionAt(place);
}

function referred(headers: Headers, name: string, target: ObjectTarget): VersionTarget | undefined {
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
