import type { ByteString } from '../../http/bytes';

/**
 * Prefix of the names of versions containers; no client sees or reaches such a container.
 */
export const VERSIONS_CONTAINER_PREFIX = '.hindsight-versions-';
/**
 * Sorts before anything else that could follow an object's name, since no name has a NUL.
 */
const SEPARATOR = '\x01\x01';
/**
 * Stands for \x01 in a name; sorts after the separator, so that encoded names sort as the
 * names do.
 */
const ESCAPED = '\x01\x02';
const ID = /^\d{10}\.\d{5}$/;
const ALL_NINES = 999_999_999_999_999n;

/** Sorts after all null indexes, and before the names of all versions. */
export const BEFORE_VERSIONS = ESCAPED;

/** The name of the versions container of a container. */
export function versionsContainerOf(container: ByteString): ByteString {
  return VERSIONS_CONTAINER_PREFIX + container;
}

/** Whether a name, or the beginning of one, is that of a versions container. */
export function isVersionsContainer(container: ByteString): boolean {
  return container.startsWith(VERSIONS_CONTAINER_PREFIX);
}

/** The container whose versions a container holds; undefined if it holds none. */
export function containerOfVersions(container: ByteString): ByteString | undefined {
  return container.startsWith(VERSIONS_CONTAINER_PREFIX)
    ? container.slice(VERSIONS_CONTAINER_PREFIX.length)
    : undefined;
}

/**
 * Encodes an object's name, or the beginning of one, as in the names of its versions:
 * their byte order is that of the names.
 */
export function encodeName(name: ByteString): ByteString {
  return name.replaceAll('\x01', ESCAPED);
}

/** Decodes a name, or the beginning of one. */
export function decodeName(encoded: ByteString): ByteString {
  return encoded.replaceAll(ESCAPED, '\x01');
}

/** The prefix of the names of all versions of an object. */
export function versionPrefix(object: ByteString): ByteString {
  return encodeName(object) + SEPARATOR;
}

/**
 * Sorts after the names of all versions of an object, and before those of all objects
 * after it.
 */
export function afterVersions(object: ByteString): ByteString {
  return `${versionPrefix(object)}:`;
}

/**
 * The name of a version. In byte order, versions are sorted by their objects' names, and
 * those of an object newest first.
 */
export function versionName(object: ByteString, id: string): ByteString {
  return versionPrefix(object) + invert(id);
}

/** The prefix of the names of null indexes. */
export const NULL_INDEX_PREFIX = SEPARATOR;

/**
 * The name of the null index, which lists an object's null versions; sorts before the
 * names of all versions.
 */
export function nullIndexName(object: ByteString): ByteString {
  return `${SEPARATOR}${versionPrefix(object)}null`;
}

/** Whether a name in a versions container is that of a null index. */
export function isNullIndexName(name: ByteString): boolean {
  return name.startsWith(NULL_INDEX_PREFIX);
}

/** Parses the name of a version; undefined if it is not one. */
export function parseVersionName(name: ByteString): { object: ByteString; id: string } | undefined {
  const at = name.lastIndexOf(SEPARATOR);
  const suffix = name.slice(at + SEPARATOR.length);
  if (at < 0 || !ID.test(suffix)) return undefined;
  return { object: decodeName(name.slice(0, at)), id: invert(suffix) };
}

/** Whether a text is a version id: a timestamp of ten digits, a point and five digits. */
export function isVersionId(text: string): boolean {
  return ID.test(text);
}

/**
 * Inverts a timestamp: as many hundred-thousandths of a second before the last possible
 * time as it is after the first.
 */
function invert(timestamp: string): string {
  const digits = String(ALL_NINES - BigInt(timestamp.replace('.', ''))).padStart(15, '0');
  return `${digits.slice(0, 10)}.${digits.slice(10)}`;
}
