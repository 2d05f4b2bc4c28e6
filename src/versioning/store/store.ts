import type { ByteString } from '../../http/bytes';
import type { RecoveryNotes } from './recovery_notes';
import type { Snapshot } from './snapshot';

/** The path of an object, as decoded byte strings. */
export interface ObjectRef {
  readonly account: ByteString;
  readonly container: ByteString;
  readonly object: ByteString;
}

/** The facts about an object that a HEAD returns. */
export interface ObjectInfo {
  /**
   * Seconds since 1970 as the store writes them: on Swift ten digits, a point, five
   * digits. Orders versions.
   */
  readonly timestamp: string;
  /** Equal for equal contents. */
  readonly etag: string;
  /** When the store expires it (`X-Delete-At`), in whole seconds since 1970. */
  readonly deleteAt?: string;
  /** Whether it is a delete marker. */
  readonly isMarker: boolean;
  readonly contentType: ByteString;
  /** Whether it is a manifest; `contentType` may then not be its own: see `Store`. */
  readonly isLarge?: boolean;
  /** The target, if it is a symlink. */
  readonly link?: ObjectRef;
  readonly notes: RecoveryNotes;
  /** The whole object, if it was fetched. */
  readonly snapshot?: Snapshot;
}

/** The properties of a new symlink. */
export interface LinkProperties {
  /**
   * The target's ETag: the store refuses the link if it differs, and lists the link with
   * the target's size and ETag. Undefined for a target that is a symlink itself.
   */
  readonly etag?: string | undefined;
  /** If undefined, the target's content type, which requires `etag`. */
  readonly contentType?: ByteString | undefined;
  readonly expiry?: Expiry | undefined;
}

/** When an object is to expire, as the client requested. */
export interface Expiry {
  /** Seconds since 1970. */
  readonly at?: string | undefined;
  /** Seconds from the write; wins over `at`. */
  readonly after?: string | undefined;
}

/** An entry of a listing. */
export interface ListingEntry {
  readonly name: ByteString;
  /** Whether it is a delete marker. */
  readonly isMarker: boolean;
  /** Whether it is an unfinished delete marker. */
  readonly isUnfinished: boolean;
}

/** An entry of a listing with its content type. */
export interface TypedEntry extends ListingEntry {
  readonly contentType: ByteString;
  /** When it was last written, in seconds since 1970; undefined if unknown. */
  readonly time: number | undefined;
}

/**
 * What the versioning core needs of a store. Every operation acts on the object itself:
 * on a large object's manifest, not its content; on a symlink, not its target.
 *
 * All of them reject only with a `StoreError`: `refused` if the store refused and did
 * nothing, `unreachable` if it could not be reached, `unavailable` if the outcome is
 * unknown.
 */
export interface Store {
  /** Returns the newest state of an object on any replica; undefined if there is none. */
  stat(object: ObjectRef): Promise<ObjectInfo | undefined>;

  /**
   * Like `stat`, but fetches the whole object if it is a plain one that the store may be
   * spared from copying.
   */
  statWhole(object: ObjectRef): Promise<ObjectInfo | undefined>;

  /**
   * Writes a fetched object at `to`, as `copy` would have copied it. Does nothing if the
   * store does not take it, or with `if-new` if something exists there.
   */
  putSnapshot(
    snapshot: Snapshot,
    to: ObjectRef,
    condition?: 'if-new',
  ): Promise<'written' | 'exists' | 'not-taken'>;

  /**
   * Copies an object within the store, with its type, encoding, disposition, metadata and
   * time of expiry. Replaces what is at `to`; the copy is complete once the promise
   * resolves, and has a new timestamp. Returns false, and does nothing, if there is
   * nothing at `from`.
   *
   * @param notes additional notes on the copy; left out if the object has no room for
   *   them
   * @param contentType the content type of the copy; by default the object's own
   */
  copy(
    from: ObjectRef,
    to: ObjectRef,
    notes?: RecoveryNotes,
    contentType?: ByteString,
  ): Promise<boolean>;

  /** Returns the content type of an object, even a large one; undefined if none. */
  contentType(object: ObjectRef): Promise<ByteString | undefined>;

  /**
   * Creates an unfinished delete marker, to be finished once its delete has happened: an
   * empty object that listings can distinguish, and that expires.
   */
  putMarker(at: ObjectRef, notes?: RecoveryNotes): Promise<void>;

  /** Finishes a marker, which loses its expiry and notes; false if it was not there. */
  finishMarker(at: ObjectRef): Promise<boolean>;

  /** Removes an unfinished delete marker; leaves one that was finished meanwhile. */
  retractMarker(at: ObjectRef): Promise<void>;

  /**
   * Creates a delete marker among versions with ids, in one request. Returns false, and
   * does nothing, if something was there.
   *
   * @param contentType one of the types of such markers
   */
  putVersionMarker(at: ObjectRef, contentType?: ByteString): Promise<boolean>;

  /** Writes an empty object, whose content type is its only information, at `at`. */
  putNote(at: ObjectRef, contentType: ByteString): Promise<void>;

  /** Replaces what is at `at` by a symlink. The target must be in the same account. */
  putLink(at: ObjectRef, to: ObjectRef, parts: LinkProperties): Promise<void>;

  /** Removes an object's expiry; all else stays. */
  keepForever(object: ObjectRef): Promise<void>;

  /**
   * Checks the right to remove from a container, before a step that a removal must
   * follow. Resolves at once for the service user, who needs no proof. Changes nothing,
   * on any store.
   *
   * @param absent a name in the container that no object has
   * @throws StoreError `refused` if the right is missing
   */
  checkRemoval(absent: ObjectRef): Promise<void>;

  /** Removes an object; returns false if it was not there. */
  remove(object: ObjectRef): Promise<boolean>;

  /**
   * Lists the entries of a container whose names begin with a prefix, the last name (in
   * byte order) first. A container that does not exist has none. Fetches pages as needed,
   * up to an empty one.
   */
  listBackwards(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): AsyncIterable<ListingEntry>;

  /**
   * Returns the first name in a container, in byte order, that begins with a prefix;
   * undefined if there is none, or no such container.
   */
  firstName(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): Promise<ByteString | undefined>;

  /** Returns at most `max` entries with a prefix, in byte order of their names. */
  firstEntries(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    max: number,
  ): Promise<readonly TypedEntry[]>;

  /** Returns the store's time in milliseconds since 1970, by its own clock if known. */
  now(): number;
}
