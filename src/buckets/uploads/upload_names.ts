import { randomBytes } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { partsContainerOf } from '../../swift_api/reserved';

/**
 * Where the parts of uploads are, as Swift's s3api has it: beside the bucket in a container `BUCKET+segments`, there `KEY/UPLOAD` for an upload that goes on (its
 * marker), and `KEY/UPLOAD/N/ATTEMPT` for its parts, which stay when it is completed: the object is then a static large object of them, whose content type
 * notes the upload.
 */
export function segmentsOf(bucket: ByteString): ByteString {
  return partsContainerOf(bucket);
}

/** One upload of an object in parts. */
export interface Upload {
  readonly bucket: ByteString;
  readonly key: ByteString;
  readonly id: string;
}

/** The name of an upload's marker. */
export function uploadMarkerOf({ key, id }: Pick<Upload, 'key' | 'id'>): ByteString {
  return `${key}/${id}`;
}

/** What the names of all begin with that an upload has besides its marker. */
export function belowUpload(upload: Pick<Upload, 'key' | 'id'>): ByteString {
  return `${uploadMarkerOf(upload)}/`;
}

const ID = /^[0-9a-f]{12}-[A-Za-z0-9_-]{24}$/;

/** Ids of uploads sort by when they began: 12 digits of milliseconds, in hexadecimal, and what nobody guesses. */
export function newUploadId(): string {
  return `${now()}-${randomBytes(18).toString('base64url')}`;
}

/** When an upload began, by its id: milliseconds. */
export function beginningOf(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** Whether a text may be the id of an upload: others are asked for by nobody. */
export function isUploadId(text: string): boolean {
  return ID.test(text);
}

/** The upload whose marker has a name; undefined for what is a part, or of one. */
export function uploadIn(name: ByteString): Pick<Upload, 'key' | 'id'> | undefined {
  const at = name.lastIndexOf('/');
  const id = name.slice(at + 1);
  return at > 0 && isUploadId(id) ? { key: name.slice(0, at), id } : undefined;
}

/** What the names of all begin with that the upload has to which something belongs that is no marker. */
export function belowUploadIn(name: ByteString): ByteString | undefined {
  const [below] = /^.+\/[0-9a-f]{12}-[A-Za-z0-9_-]{24}\//s.exec(name) ?? [];
  return below;
}

/** A name for an attempt to write a part: no two have the same, so that one that comes late overwrites nothing of an object. They sort by when they began. */
export function newAttempt(upload: Upload, number: number): ByteString {
  return `${belowUpload(upload)}${number}/${now()}-${randomBytes(6).toString('base64url')}`;
}

const MANIFEST = /\/[0-9a-f]{12}-[A-Za-z0-9_-]{24}\/manifest-[0-9a-f]{32}$/;

/** A manifest of some of an upload's parts, by its etag: an object of so many parts that one manifest does not hold them is made of such. */
export function manifestOf(upload: Upload, etag: string): ByteString {
  return `${belowUpload(upload)}manifest-${etag}`;
}

/** Whether something is called as such manifests are. */
export function isManifestOfParts(name: ByteString): boolean {
  return MANIFEST.test(name);
}

/** The number of the part of which something below an upload is an attempt; undefined for what is none. */
export function partNumberIn(upload: Upload, name: ByteString): number | undefined {
  const [, number] = /^(0|[1-9]\d*)\/[^/]+$/.exec(name.slice(belowUpload(upload).length)) ?? [];
  return number === undefined ? undefined : Number(number);
}

function now(): string {
  return Date.now().toString(16).padStart(12, '0');
}
