import { formatTimestamp } from '../archive/names';
import {
  containerOfVersions,
  isVersionId,
  parseVersionName,
  versionName,
  versionsContainerOf,
} from './version_names';
import { quote, type ByteString } from '../../http/bytes';
import { VERSION_ID } from '../calls';
import { formatTarget, isObject, parseTarget, type ObjectTarget } from '../../swift_api/target';

/** The id of what has none. */
export const NULL_ID = 'null';

/** A version of an object. */
export interface VersionTarget {
  readonly target: ObjectTarget;
  readonly id: string;
}

/** The object that a path names, as responses have it; undefined if it names none. */
export function parseObjectPath(path: string): ObjectTarget | undefined {
  const target = parseTarget(path);
  return target && isObject(target) ? target : undefined;
}

/** Where a version is kept. */
export function entryOf({ target, id }: VersionTarget): ObjectTarget {
  return {
    ...target,
    container: versionsContainerOf(target.container),
    object: versionName(target.object, id),
  };
}

/** The version that is kept in a place; undefined where that is none's. */
export function versionAt(entry: ObjectTarget): VersionTarget | undefined {
  const container = containerOfVersions(entry.container);
  const version = parseVersionName(entry.object);
  if (container === undefined || version === undefined) return undefined;
  return { target: { ...entry, container, object: version.object }, id: version.id };
}

/**
 * Whether a place is that of an object's own version. Only a link to one is the proxy's: any other
 * grants no right to what it leads to, whoever made it.
 */
export function isVersionOf(
  entry: ObjectTarget,
  { account, container, object }: ObjectTarget,
): boolean {
  const version = versionAt(entry)?.target;
  return (
    version?.account === account && version.container === container && version.object === object
  );
}

/** A version's path as clients ask for it. */
export function versionPath({ target, id }: VersionTarget): string {
  return `${formatTarget(target)}?${VERSION_ID}=${id}`;
}

/** The same as headers name objects, without the account. */
export function versionReference({ target: { container, object }, id }: VersionTarget): ByteString {
  return `${quote(`${container}/${object}`)}?${VERSION_ID}=${id}`;
}

/** An id as versions have them; undefined for what is no time, as Swift reads times. */
export function parseId(given: string): string | undefined {
  if (isVersionId(given)) return given;
  const seconds = /^\d+(\.\d*)?$/.test(given) ? Number(given) : NaN;
  return seconds < 10_000_000_000 ? formatTimestamp(seconds * 1000) : undefined;
}
