import type { Readable } from 'node:stream';
import type { ByteString } from '../../../http/bytes';
import type { ObjectName } from './object_name';

/** Metadata and system attributes by the comparable form of the header's name; values are byte strings. */
export type Attributes = Readonly<Record<string, ByteString>>;

export interface AccountRecord {
  /** When it was created, as Swift writes times: ten digits, a point, five digits. */
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

/** Bytes that are kept once and may belong to several objects. Opaque: only the storage that gave it can read it. */
export interface ContentRef {
  readonly size: number;
  /** MD5 of the bytes, in hex. */
  readonly etag: string;
  readonly id: string;
}

export interface ObjectRecord {
  /** When its data or its metadata last changed; strictly increasing for each name, also across deletes. */
  readonly timestamp: string;
  readonly contentType: ByteString;
  readonly content: ContentRef;
  readonly attributes: Attributes;
  /** Seconds since 1970 after which it is as if it were not there. */
  readonly deleteAt?: number;
  /** What listings show instead of the content's own size and ETag (large objects). */
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

export type Listed<T> =
  { readonly name: ByteString; readonly record: T } | { readonly subdir: ByteString };

export interface NewObject {
  readonly contentType: ByteString;
  readonly content: ContentRef;
  readonly attributes: Attributes;
  readonly deleteAt?: number;
  readonly listed?: ObjectRecord['listed'];
}

/** Bytes on their way in. Nothing is visible, and nothing is kept after a crash, before a record refers to them. */
export interface Incoming {
  /** Resolves when more may be written; one at a time. The storage keeps the chunk: nobody may change it afterwards. */
  write(chunk: Buffer): Promise<void>;
  /**
   * All bytes were written. They are nobody's until a record is committed with them, which makes them durable together with it, or
   * `discard` is called: exactly one of the two must follow.
   */
  finish(): Promise<ContentRef>;
  /** Forgets them; also after `finish`. Does nothing once a record was committed with them. Never rejects. */
  discard(): Promise<void>;
}

/**
 * What a commit met instead of its condition. `no-content`: the content is nobody's any more, since the last object that had it went
 * between looking it up and this commit (a copy of what is being deleted); look the source up again.
 */
export type Conflict = 'no-container' | 'exists' | 'missing' | 'changed' | 'no-content';

/** What a pass over everything finds damaged. */
export interface Damage {
  /** What it is, for people. */
  readonly text: string;
  /** The objects that cannot be read for it; none if it is a record. */
  readonly objects: readonly ObjectName[];
}

export interface ScrubOptions {
  /** Bytes that are read in a second; 0 for no limit. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly report: (damage: Damage) => void;
}

/** The search for damage in a storage in use. */
export interface Scrubbing {
  /** When the last pass ended, in milliseconds since 1970; undefined if there was none. */
  lastEnd(): number | undefined;
  /**
   * One pass over everything, or the rest of one that was interrupted.
   *
   * @throws the signal's reason if it is interrupted; StorageError
   */
  pass(options: ScrubOptions): Promise<void>;
}

/**
 * Accounts, containers, objects and their bytes, in one folder of one machine.
 *
 * Every change is atomic, and durable when its promise resolves: it survives SIGKILL and a power cut. A change whose promise
 * did not resolve happened wholly or not at all. Reads see what was committed, at once, and do not wait for writers. Names sort by
 * their bytes. Several processes may have the storage open where its `open` allowed it; their changes are seen by all.
 *
 * Methods throw, or reject with, `StorageError`, and what they were to change is then as before.
 */
export interface Storage {
  account(account: ByteString): AccountRecord | undefined;
  /** Creates an account or changes its attributes: a value of '' removes one. */
  putAccount(account: ByteString, changes: Attributes): Promise<void>;
  /** False where it has containers or is not there. */
  deleteAccount(account: ByteString): Promise<boolean>;

  container(account: ByteString, container: ByteString): ContainerRecord | undefined;
  /** Creates a container (and its account) or changes its attributes: a value of '' removes one. True if it was created. */
  putContainer(account: ByteString, container: ByteString, changes: Attributes): Promise<boolean>;
  /** Changes attributes; false where there is no such container. */
  postContainer(account: ByteString, container: ByteString, changes: Attributes): Promise<boolean>;
  deleteContainer(
    account: ByteString,
    container: ByteString,
  ): Promise<'deleted' | 'missing' | 'not-empty'>;
  listContainers(account: ByteString, query: ListingQuery): Listed<ContainerRecord>[];

  /** Undefined also for what has expired. */
  object(account: ByteString, container: ByteString, object: ByteString): ObjectRecord | undefined;
  listObjects(
    account: ByteString,
    container: ByteString,
    query: ListingQuery,
  ): Listed<ObjectRecord>[];

  /** Opens for new bytes. */
  receive(): Incoming;
  /**
   * Makes an object of bytes that `finish` gave, or of another object's content, which is then shared: this costs the same whatever
   * the size. Replaces what is there; counters and listings change with it.
   *
   * @param condition `absent`: only if nothing is there (If-None-Match: *); a timestamp: only if that is still the object's
   */
  putObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    put: NewObject,
    condition?: { readonly absent: true } | { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;
  /** Replaces attributes (all of them), content type and time of expiry, and keeps the content. */
  postObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;
  /** @param condition a timestamp: only if that is still the object's */
  deleteObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict>;

  /**
   * Bytes of a content, from the first to the last, both counted: at hand if they are few, else a
   * stream. They stay readable to the end also if the object goes meanwhile. None is passed on
   * before its block's checksum is verified; of a content that was written before there were such,
   * the last bytes of a whole read are passed on only if its MD5 is right.
   *
   * @throws StorageError `gone` if the content went before this call: look the object up again;
   *   `corrupt` if its first bytes are damaged; the stream fails with `corrupt` at others
   */
  read(content: ContentRef, first?: number, last?: number): Promise<Buffer | Readable>;
  /**
   * Reads a content as a whole, before another object shares it.
   *
   * @param isPart another object gets only a part of it: nothing is read of a content that has
   *   checksums, by which `read` verifies the part
   * @throws StorageError `gone`, `corrupt`; the signal's reason once it aborts
   */
  verify(content: ContentRef, isPart?: boolean, signal?: AbortSignal): Promise<void>;

  /** Removes objects that have expired, at most so many; how many it removed. */
  expire(max: number): Promise<number>;
  /** Finds damage; one at a time. */
  readonly scrubber: Scrubbing;
  /** Closes in order; later calls reject. */
  close(): Promise<void>;
}
