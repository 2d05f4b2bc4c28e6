import type { ByteString } from '../../http/bytes';

/** What the names of the containers begin with that hold the versions with ids; no client sees or reaches such a container. */
export const VERSIONS_CONTAINER_PREFIX = '.hindsight-versions-';
/** Sorts before whatever else could follow an object's name, since no name has a NUL. */
const SEPARATOR = '\x01\x01';
/** A \x01 in a name; sorts after the separator, so that the order of encoded names is that of the names. */
const ESCAPED = '\x01\x02';
const ID = /^\d{10}\.\d{5}$/;
const ALL_NINES = 999_999_999_999_999n;

/** Sorts behind all that tells of null versions, and before the names of all versions. */
export const BEFORE_VERSIONS = ESCAPED;

/** The container beside a container that holds its versions. */
export function versionsContainerOf(container: ByteString): ByteString {
  return VERSIONS_CONTAINER_PREFIX + container;
}

/** Whether a container is of those that hold versions, by its name or by what that begins with. */
export function isVersionsContainer(container: ByteString): boolean {
  return container.startsWith(VERSIONS_CONTAINER_PREFIX);
}

/** The container whose versions a container holds; undefined for one that holds none. */
export function containerOfVersions(container: ByteString): ByteString | undefined {
  return container.startsWith(VERSIONS_CONTAINER_PREFIX)
    ? container.slice(VERSIONS_CONTAINER_PREFIX.length)
    : undefined;
}

/** An object's name, or the beginning of one, as the names of its versions begin: their byte order is that of the names. */
export function encodeName(name: ByteString): ByteString {
  return name.replaceAll('\x01', ESCAPED);
}

/** The name, or the beginning of one, that was encoded. */
export function decodeName(encoded: ByteString): ByteString {
  return encoded.replaceAll(ESCAPED, '\x01');
}

/** What the names of all versions of an object begin with. */
export function versionPrefix(object: ByteString): ByteString {
  return encodeName(object) + SEPARATOR;
}

/** Sorts behind the names of all versions of an object, and before those of all objects behind that. */
export function behindVersions(object: ByteString): ByteString {
  return `${versionPrefix(object)}:`;
}

/** The name of a version: names in byte order are objects in theirs, and of each the newest version first. */
export function versionName(object: ByteString, id: string): ByteString {
  return versionPrefix(object) + inverted(id);
}

/** The prefix of the names of null indexes. */
export const NULL_INDEX_PREFIX = SEPARATOR;

/** Where it is told which of an object's versions are null versions: before the names of all versions. */
export function nullIndexName(object: ByteString): ByteString {
  return `${SEPARATOR}${versionPrefix(object)}null`;
}

/** Whether a name in a versions container is that of what tells of null versions. */
export function isNullIndexName(name: ByteString): boolean {
  return name.startsWith(NULL_INDEX_PREFIX);
}

/** The object and the id that the name of a version tells; undefined where it is none's. */
export function parseVersionName(name: ByteString): { object: ByteString; id: string } | undefined {
  const at = name.lastIndexOf(SEPARATOR);
  const suffix = name.slice(at + SEPARATOR.length);
  if (at < 0 || !ID.test(suffix)) return undefined;
  return { object: decodeName(name.slice(0, at)), id: inverted(suffix) };
}

/** Whether a text is an id as versions have them: a timestamp of ten digits, a point and five digits. */
export function isVersionId(text: string): boolean {
  return ID.test(text);
}

/** As many hundred thousandths of a second before the last time there is as the timestamp is after the first. */
function inverted(timestamp: string): string {
  const digits = String(ALL_NINES - BigInt(timestamp.replace('.', ''))).padStart(15, '0');
  return `${digits.slice(0, 10)}.${digits.slice(10)}`;
}
