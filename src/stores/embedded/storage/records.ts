import type { ByteString } from '../../../http/bytes';
import type {
  AccountRecord,
  Attributes,
  ContainerRecord,
  ContentRef,
  NewObject,
  ObjectRecord,
} from './storage';

/**
 * Records in the database. They are tuples, so that field names are not stored with each
 * record. Times are ticks of 10 microseconds since 1970, attributes a flat list of names
 * and values.
 */
export type StoredAccount = [id: number, created: number, attributes: string[]];
export type StoredContainer = [id: number, created: number, modified: number, attributes: string[]];
/**
 * Counters of an account or container, by its id. The parent is the container's account;
 * 0 for an account.
 */
export type StoredTally = [parent: number, containers: number, objects: number, bytes: number];
export type StoredContent = [
  references: number,
  size: number,
  etag: string,
  place: Place,
  /**
   * How its bytes are verified: the CRC-32 of an inline content, or the size of the
   * blocks whose checksums are stored for a file. Null for contents written in format 1,
   * until they are read as a whole.
   */
  check: number | null,
];
/** The checksums of consecutive blocks of a file, 32 bits each. */
export type StoredSums = Buffer;
export type StoredObject = [
  time: number,
  contentType: ByteString,
  content: number,
  size: number,
  etag: string,
  attributes: string[],
  deleteAt: number | null,
  listedBytes: number | null,
  listedExtra: string[] | null,
];

/** Where a content's bytes are stored. */
export enum Place {
  Inline = 0,
  File = 1,
}

export const ticksPerSecond = 100_000;

/** Formats ticks as Swift does: ten digits, a point, five digits. */
export function formatTicks(ticks: number): string {
  const seconds = Math.floor(ticks / ticksPerSecond);
  const rest = ticks - seconds * ticksPerSecond;
  return `${String(seconds).padStart(10, '0')}.${String(rest).padStart(5, '0')}`;
}

/** Formats a content's number for callers and file names. */
export function formatContentId(id: number): string {
  return id.toString(16).padStart(16, '0');
}

export function parseContentId(id: string): number {
  return parseInt(id, 16);
}

export function accountRecord(stored: StoredAccount, tally: StoredTally): AccountRecord {
  const [, created, attributes] = stored;
  const [, containers, objects, bytes] = tally;
  return {
    timestamp: formatTicks(created),
    attributes: unflatten(attributes),
    containers,
    objects,
    bytes,
  };
}

export function containerRecord(stored: StoredContainer, tally: StoredTally): ContainerRecord {
  const [, created, modified, attributes] = stored;
  const [, , objects, bytes] = tally;
  return {
    timestamp: formatTicks(created),
    modified: formatTicks(modified),
    attributes: unflatten(attributes),
    objects,
    bytes,
  };
}

export function objectRecord(stored: StoredObject): ObjectRecord {
  const [time, contentType, , , , attributes, deleteAt, listedBytes, extra] = stored;
  return {
    timestamp: formatTicks(time),
    contentType,
    content: contentOf(stored),
    attributes: unflatten(attributes),
    ...(deleteAt === null ? {} : { deleteAt }),
    ...(listedBytes === null
      ? {}
      : { listed: { bytes: listedBytes, ...(extra === null ? {} : { extra: unflatten(extra) }) } }),
  };
}

export function storedObject(time: number, put: NewObject): StoredObject {
  const { content, listed } = put;
  return [
    time,
    put.contentType,
    parseContentId(content.id),
    content.size,
    content.etag,
    flatten(put.attributes),
    put.deleteAt ?? null,
    listed?.bytes ?? null,
    listed?.extra === undefined ? null : flatten(listed.extra),
  ];
}

export function contentOf(stored: StoredObject): ContentRef {
  const [, , id, size, etag] = stored;
  return { id: formatContentId(id), size, etag };
}

/** Returns the bytes that an object counts for. */
export function countedBytes(stored: StoredObject): number {
  const [, , , size] = stored;
  return size;
}

/** Returns attributes with changes applied: a value of '' removes one. */
export function applyChanges(attributes: string[], changes: Attributes): string[] {
  const all = new Map(pairs(attributes));
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') all.delete(name);
    else all.set(name, value);
  }
  return [...all].flat();
}

function flatten(attributes: Readonly<Record<string, string>>): string[] {
  return Object.entries(attributes).flat();
}

/** Returns a record's flat list of attributes as an object. */
export function unflatten(list: string[]): Record<string, string> {
  return Object.fromEntries(pairs(list));
}

function* pairs(list: string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < list.length; i += 2) yield [list[i] ?? '', list[i + 1] ?? ''];
}
