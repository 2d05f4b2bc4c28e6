import type { Readable } from 'node:stream';
import type { ByteString } from '../../../http/bytes';
import type { ObjectName } from './object_name';
import type { CancelSignal } from '../../../util/cancel_signal';

/** Metadata and system attributes by normalized header name; values are byte strings. */
export type Attributes = Readonly<Record<string, ByteString>>;

export interface AccountRecord {
  /** Creation time in Swift's format: ten digits, a point, five digits. */
  readonly timestamp: string;
  readonly attributes: Attributes;
  readonly containers: number;
  readonly objects: number;
  readonly bytes: number;
}

export interface ContainerRecord {
  readonly timestamp: string;
  /** When its metadata last changed. */
  readonly modified: string;
  readonly attributes: Attributes;
  readonly objects: number;
  readonly bytes: number;
}

/** What a container says of requests for its objects. */
export type ContainerSettings = Pick<ContainerRecord, 'attributes'>;

/** A container, even if it is removed and created again meanwhile. */
export interface OpenedContainer extends ContainerSettings {
  /** As `Storage.object`. */
  object(name: ByteString): ObjectRecord | undefined;
}

/**
 * Bytes that are stored once and may be shared by several objects. Opaque: only the
 * storage that returned it can read it.
 */
export interface ContentRef {
  readonly size: number;
  /** MD5 of the bytes, in hex. */
  readonly etag: string;
  readonly id: string;
}

export interface ObjectRecord {
  /**
   * When its data or metadata last changed. Strictly increasing per name, even across
   * deletes.
   */
  readonly timestamp: string;
  readonly contentType: ByteString;
  readonly content: ContentRef;
  readonly attributes: Attributes;
  /** Expiry time in seconds since 1970, after which the object counts as absent. */
  readonly deleteAt?: number;
  /** Shown in listings instead of the content's size and ETag (large objects). */
  readonly listed?: { readonly bytes: number; readonly extra?: Readonly<Record<string, string>> };
}

export interface ListingQuery {
  readonly prefix?: ByteString;
  readonly delimiter?: ByteString;
  /** Only names after this one, in the direction of the listing. */
  readonly marker?: ByteString;
  /** Only names before this one, in the direction of the listing. */
  readonly endMarker?: ByteString;
  readonly limit: number;
  readonly reverse?: boolean;
}

export type ListingEntry<T> =
  { readonly name: ByteString; readonly record: T } | { readonly subdir: ByteString };

export interface NewObject {
  readonly contentType: ByteString;
  readonly content: ContentRef;
  readonly attributes: Attributes;
  readonly deleteAt?: number;
  readonly listed?: ObjectRecord['listed'];
}

/**
 * Bytes being uploaded. They become visible, and survive a crash, only once a record
 * refers to them.
 */
export interface ContentWriter {
  /**
   * Resolves when the next chunk may be written. The storage keeps the chunk: do not
   * change it afterwards.
   */
  write(chunk: Buffer): Promise<void>;
  /**
   * Ends the upload. The content belongs to no object yet: exactly one of two things must
   * follow, the commit of a record that refers to it, which makes both durable, or
   * `discard`.
   */
  finish(): Promise<ContentRef>;
  /**
   * Discards the bytes; also after `finish`. Does nothing once a record refers to them.
   * Never rejects.
   */
  discard(): Promise<void>;
}

/**
 * Why a commit was refused. `no-content`: the last object with the content was deleted
 * between the lookup and this commit (copying an object while it is deleted); look the
 * source up again.
 */
export type Conflict = 'no-container' | 'exists' | 'missing' | 'changed' | 'no-content';

/** Damage found by a pass. */
export interface Damage {
  /** Description for people. */
  readonly text: string;
  /** The objects that cannot be read because of it; none if it is a record. */
  readonly objects: readonly ObjectName[];
}

export interface ScrubOptions {
  /** Bytes per second; 0 for no limit. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly report: (damage: Damage) => void;
}

/** The search for damage in a storage in use. */
export interface Scrubbing {
  /**
   * When the last pass ended, in milliseconds since 1970; undefined if there was none.
   */
  lastEnd(): number | undefined;
  /**
   * Runs one pass over everything, or the rest of an interrupted one.
   *
   * @throws the signal's reason if it aborts; StorageError
   */
  pass(options: ScrubOptions): Promise<void>;
}

/**
 * Accounts, containers, objects and their bytes, in one folder of one machine.
 *
 * Every change is atomic, and durable once its promise resolves: it survives SIGKILL and
 * a power cut. A change whose promise did not resolve happened wholly or not at all.
 * Reads see the latest commit at once, without waiting for writers. Names sort by their
 * bytes. Several processes may have the storage open if its `open` allowed it; each sees
 * the changes of the others.
 *
 * Methods throw, or reject with, `StorageError`, without having changed anything.
 */
export interface Storage {
  account(account: ByteString): AccountRecord | undefined;
  /** Creates an account or changes its attributes: a value of '' removes one. */
  putAccount(account: ByteString, changes: Attributes): Promise<void>;
  /** Returns false if it has containers or does not exist. */
  deleteAccount(account: ByteString): Promise<boolean>;

  container(account: ByteString, container: ByteString): ContainerRecord | undefined;
  /**
   * Creates a container (and its account) or changes its attributes: a value of ''
   * removes one. Returns true if it was created.
   */
  putContainer(account: ByteString, container: ByteString, changes: Attributes): Promise<boolean>;
  /** Changes attributes. Returns false if there is no such container. */
  postContainer(account: ByteString, container: ByteString, changes: Attributes): Promise<boolean>;
  deleteContainer(
    account: ByteString,
    container: ByteString,
  ): Promise<'deleted' | 'missing' | 'not-empty'>;
  listContainers(account: ByteString, query: ListingQuery): ListingEntry<ContainerRecord>[];

  /** Returns a container whose objects are looked up at once, without its counters. */
  open(account: ByteString, container: ByteString): OpenedContainer | undefined;
  /** Returns undefined for an expired object, too. */
  object(account: ByteString, container: ByteString, object: ByteString): ObjectRecord | undefined;
  listObjects(
    account: ByteString,
    container: ByteString,
    query: ListingQuery,
  ): ListingEntry<ObjectRecord>[];

  /** Starts an upload. */
  receive(): ContentWriter;
  /**
   * Creates or replaces an object, with bytes from `finish` or with another object's
   * content, which is then shared at a cost independent of its size. Counters and
   * listings change with it.
   *
   * @param condition `absent`: only if the object does not exist (If-None-Match: *); a
   *   timestamp: only if the object still has it
   */
  putObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    put: NewObject,
    condition?: { readonly absent: true } | { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;
  /**
   * Replaces all attributes, the content type and the expiry time, and keeps the content.
   */
  postObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;
  /** @param condition only if the object still has this timestamp */
  deleteObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;

  /**
   * Reads bytes of a content, `first` to `last` inclusive: a buffer if they are few,
   * otherwise a stream. They stay readable even if the object is deleted meanwhile. No
   * byte is returned before its block's checksum is verified. For contents without block
   * checksums, the last bytes of a whole read are returned only if the MD5 matches.
   *
   * @throws StorageError `gone` if the content was deleted before this call: look the
   *   object up again; `corrupt` if its first bytes are damaged; the stream fails with
   *   `corrupt` at later ones
   */
  read(content: ContentRef, first?: number, last?: number): Promise<Buffer | Readable>;
  /**
   * Reads a whole content before another object shares it.
   *
   * @param isPart another object gets only a part of it: contents with checksums are not
   *   read, since `read` verifies the part by them
   * @throws StorageError `gone`, `corrupt`; the signal's reason once it aborts
   */
  verify(content: ContentRef, isPart?: boolean, signal?: CancelSignal): Promise<void>;

  /** Removes at most `max` expired objects. Resolves to the number removed. */
  expire(max: number): Promise<number>;
  /** Finds damage. Run one pass at a time. */
  readonly scrubber: Scrubbing;
  /** Closes in order. Later calls reject. */
  close(): Promise<void>;
}
