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
import { formatTarget, type ObjectTarget } from '../../swift_api/target';

/** The id of an object that has none of its own. */
export const NULL_ID = 'null';

/** A version of an object. */
export interface VersionTarget {
  readonly target: ObjectTarget;
  readonly id: string;
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

/** An id that no version has. */
export const NO_VERSION = '0000000000.00000';

/**
 * Parses a version id; undefined if it is not a time as Swift reads times. Such a time
 * may have an offset after a `_`. No version has one: Swift takes some for the id without
 * it, and fails at others.
 */
export function parseVersionId(text: string): string | undefined {
  if (isVersionId(text)) return text;
  const [, time = '', offset] = /^(\d+(?:\.\d*)?)(_[0-9a-f]{0,16})?$/i.exec(text) ?? [];
  const seconds = time === '' ? NaN : Number(time);
  if (!(seconds < 10_000_000_000)) return undefined;
  return offset === undefined ? formatTimestamp(seconds * 1000) : NO_VERSION;
}
