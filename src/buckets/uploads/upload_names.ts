import { randomBytes } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { partsContainerOf, TAGS_PREFIX } from '../../swift_api/reserved';

/**
 * Returns the container of a bucket's parts. As in Swift's s3api, it stands beside the
 * bucket as `BUCKET+segments` and has `KEY/UPLOAD` for an upload in progress (its
 * marker), and `KEY/UPLOAD/N/ATTEMPT` for its parts. The parts stay when the upload is
 * completed: the object is then a static large object of them, whose content type notes
 * the upload.
 */
export function segmentsOf(bucket: ByteString): ByteString {
  return partsContainerOf(bucket);
}

/** A multipart upload of an object. */
export interface Upload {
  readonly bucket: ByteString;
  readonly key: ByteString;
  readonly id: string;
}

/** Returns the name of an upload's marker. */
export function uploadMarkerOf({ key, id }: Pick<Upload, 'key' | 'id'>): ByteString {
  return `${key}/${id}`;
}

/** Returns the prefix of all names of an upload except its marker. */
export function uploadPrefix(upload: Pick<Upload, 'key' | 'id'>): ByteString {
  return `${uploadMarkerOf(upload)}/`;
}

const ID = /^[0-9a-f]{12}-[A-Za-z0-9_-]{24}$/;

/**
 * Ids sort by the start of the upload: milliseconds in 12 hexadecimal digits, followed by
 * random bytes that nobody can guess.
 */
export function newUploadId(): string {
  return `${now()}-${randomBytes(18).toString('base64url')}`;
}

/** Returns the start of an upload from its id, in milliseconds. */
export function beginningOf(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** Whether a text has the form of an upload id; the store is not asked for any other. */
export function isUploadId(text: string): boolean {
  return ID.test(text);
}

/** Returns the upload of a marker's name; undefined for the name of anything else. */
export function uploadIn(name: ByteString): Pick<Upload, 'key' | 'id'> | undefined {
  const at = name.lastIndexOf('/');
  const id = name.slice(at + 1);
  return at > 0 && isUploadId(id) ? { key: name.slice(0, at), id } : undefined;
}

/** Returns the upload prefix that a name begins with; undefined for a marker. */
export function uploadPrefixIn(name: ByteString): ByteString | undefined {
  const [prefix] = /^.+\/[0-9a-f]{12}-[A-Za-z0-9_-]{24}\//s.exec(name) ?? [];
  return prefix;
}

/**
 * Returns a unique name for an attempt to write a part, so that a late one overwrites
 * nothing of an object. The names sort by time.
 */
export function newAttempt(upload: Upload, number: number): ByteString {
  return `${uploadPrefix(upload)}${number}/${now()}-${randomBytes(6).toString('base64url')}`;
}

const MANIFEST = /\/[0-9a-f]{12}-[A-Za-z0-9_-]{24}\/manifest-[0-9a-f]{32}$/;

/**
 * Returns the name of a manifest of some of an upload's parts, by its etag. Objects with
 * too many parts for one manifest are made from such manifests.
 */
export function manifestOf(upload: Upload, etag: string): ByteString {
  return `${uploadPrefix(upload)}manifest-${etag}`;
}

/** Whether a name is that of such a manifest. */
export function isManifestOfParts(name: ByteString): boolean {
  return MANIFEST.test(name);
}

/** Returns the name of an object with tags, by the hash of its content. */
export function tagsObjectOf(hash: string): ByteString {
  return TAGS_PREFIX + hash;
}

/** Whether a name is that of such an object. */
export function isTagsObject(name: ByteString): boolean {
  return /^tags\/sha256-[0-9a-f]{64}$/.test(name);
}

/** Returns the part number in a name below an upload; undefined for other names. */
export function partNumberIn(upload: Upload, name: ByteString): number | undefined {
  const [, number] = /^(0|[1-9]\d*)\/[^/]+$/.exec(name.slice(uploadPrefix(upload).length)) ?? [];
  return number === undefined ? undefined : Number(number);
}

function now(): string {
  return Date.now().toString(16).padStart(12, '0');
}
