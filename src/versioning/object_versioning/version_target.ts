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

/** The id of an object that has none of its own. */
export const NULL_ID = 'null';

/** A version of an object. */
export interface VersionTarget {
  readonly target: ObjectTarget;
  readonly id: string;
}

/** Parses the path of an object, as responses have it; undefined if it names none. */
export function parseObjectPath(path: string): ObjectTarget | undefined {
  const target = parseTarget(path);
  return target && isObject(target) ? target : undefined;
}

/** The location of a version. */
export function entryOf({ target, id }: VersionTarget): ObjectTarget {
  return {
    ...target,
    container: versionsContainerOf(target.container),
    object: versionName(target.object, id),
  };
}

/** The version at a location; undefined if the location is not that of a version. */
export function versionAt(entry: ObjectTarget): VersionTarget | undefined {
  const container = containerOfVersions(entry.container);
  const version = parseVersionName(entry.object);
  if (container === undefined || version === undefined) return undefined;
  return { target: { ...entry, container, object: version.object }, id: version.id };
}

/**
 * Whether a location is that of one of the object's own versions. Only links to these are
 * the proxy's: any other link grants no right to its target, whoever made it.
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

/** A version's path, as clients request it. */
export function versionPath({ target, id }: VersionTarget): string {
  return `${formatTarget(target)}?${VERSION_ID}=${id}`;
}

/** The same in the form in which headers name objects, without the account. */
export function versionReference({ target: { container, object }, id }: VersionTarget): ByteString {
  return `${quote(`${container}/${object}`)}?${VERSION_ID}=${id}`;
}

/** Parses a version id; undefined if it is not a time as Swift reads times. */
export function parseVersionId(text: string): string | undefined {
  if (isVersionId(text)) return text;
  const seconds = /^\d+(\.\d*)?$/.test(text) ? Number(text) : NaN;
  return seconds < 10_000_000_000 ? formatTimestamp(seconds * 1000) : undefined;
}
