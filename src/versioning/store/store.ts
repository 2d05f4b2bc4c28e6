import type { ByteString } from '../../http/bytes';
import type { Notes } from './recovery_notes';

/** Where an object is; all parts decoded byte strings. */
export interface ObjectRef {
  readonly account: ByteString;
  readonly container: ByteString;
  readonly object: ByteString;
}

/** What is known of an object without reading it. */
export interface ObjectInfo {
  /** Seconds since 1970 as the store writes them: ten digits, a point, five digits on Swift. Orders versions. */
  readonly timestamp: string;
  /** Equal for equal contents. */
  readonly etag: string;
  /** When the store will expire it (`X-Delete-At`), in whole seconds since 1970. */
  readonly deleteAt?: string;
  /** It is a delete marker. */
  readonly isMarker: boolean;
  readonly contentType: ByteString;
  /** It is a manifest of segments, and the content type that is told of it need not be its own: see `contentType`. */
  readonly isLarge?: boolean;
  /** Where it is a symlink: what it leads to. */
  readonly link?: ObjectRef;
  readonly notes: Notes;
}

/** What a symlink is to be. */
export interface LinkParts {
  /**
   * The ETag that its target has: the store refuses the link where that is not so, and takes over for its listings the target's size and ETag. Not
   * there for a target that is a symlink itself.
   */
  readonly etag?: string | undefined;
  /** Not there: the target's, which takes its ETag. */
  readonly contentType?: ByteString | undefined;
  readonly expiry?: Expiry | undefined;
}

/** When an object is to expire, as its client said it. */
export interface Expiry {
  /** Seconds since 1970. */
  readonly at?: string | undefined;
  /** Seconds from when it is written; this counts where both are there. */
  readonly after?: string | undefined;
}

/** A line of a listing. */
export interface ListingEntry {
  readonly name: ByteString;
  /** It is a delete marker. */
  readonly isMarker: boolean;
  /** It is a delete marker that is half made. */
  readonly isHalfMade: boolean;
}

/** The same with its content type. */
export interface TypedEntry extends ListingEntry {
  readonly contentType: ByteString;
  /** When it was last written, in seconds since 1970; undefined if the store does not say. */
  readonly time: number | undefined;
}

/**
 * What the versioning core needs of a store. Every operation acts on an object itself: on a large object's manifest and
 * not its content, on a symlink and not its target.
 *
 * All of them reject with a `StoreError` and nothing else: `refused` when the store said no and did nothing,
 * `unreachable` when it could not be asked, `unavailable` when it is unknown what it did.
 */
export interface Store {
  /** The newest state of an object on any replica; undefined if there is none. */
  stat(object: ObjectRef): Promise<ObjectInfo | undefined>;

  /**
   * Copies an object within the store, with its type, encoding, disposition, metadata and time of expiry. The copy replaces what
   * is at `to` and is there, whole, once the promise resolves; its own timestamp is new. False if there is nothing at
   * `from`, and then nothing was done.
   *
   * @param notes what the copy carries besides; left out where the object has no room for it
   * @param contentType that of the copy; the object's own where it is not there
   */
  copy(from: ObjectRef, to: ObjectRef, notes?: Notes, contentType?: ByteString): Promise<boolean>;

  /** The content type of an object, also of a large one; undefined if there is none. */
  contentType(object: ObjectRef): Promise<ByteString | undefined>;

  /**
   * Creates a delete marker that is half made, to be finished once its delete has happened: an empty object that listings
   * tell from all others, and that expires.
   */
  putMarker(at: ObjectRef, notes?: Notes): Promise<void>;

  /** Makes it whole, so that it does not expire, and has no notes; false if it was not there, and then nothing was done. */
  finishMarker(at: ObjectRef): Promise<boolean>;

  /** Removes a delete marker that is half made. What is whole by then, or is none, stays, also if it becomes so meanwhile. */
  retractMarker(at: ObjectRef): Promise<void>;

  /**
   * Creates a delete marker among versions with ids, in one request; false if something was there, and then nothing was done.
   *
   * @param contentType one of those of such markers
   */
  putVersionMarker(at: ObjectRef, contentType?: ByteString): Promise<boolean>;

  /** Puts an empty object of a content type, which is all that it tells, in the place of what is there. */
  putNote(at: ObjectRef, contentType: ByteString): Promise<void>;

  /** Puts a symlink in the place of what is at `at`. Of another account no target can be told. */
  putLink(at: ObjectRef, to: ObjectRef, parts: LinkParts): Promise<void>;

  /** Takes back that an object expires; all else of it stays. */
  keepForever(object: ObjectRef): Promise<void>;

  /**
   * Makes sure that whoever the store is asked by may remove from a container, before anything is done that a removal is to follow.
   * Resolves at once where the service user asks, for whom this needs no proof. Nothing is changed, on any store.
   *
   * @param absent a name in the container at which nothing is
   * @throws StoreError `refused` where they may not
   */
  checkRemoval(absent: ObjectRef): Promise<void>;

  /** Removes an object; false if it was not there. */
  remove(object: ObjectRef): Promise<boolean>;

  /**
   * The entries of a container whose names begin with a prefix, the last name (in byte order) first. A container that does not exist
   * has none. Pages are asked for as they are needed, and end at an empty page only.
   */
  listBackwards(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): AsyncIterable<ListingEntry>;

  /** The first name in a container, in byte order, that begins with a prefix; undefined if there is none, or no such container. */
  firstName(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): Promise<ByteString | undefined>;

  /** The same for so many entries at most, the first name first. */
  firstEntries(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    max: number,
  ): Promise<readonly TypedEntry[]>;

  /** The time in milliseconds since 1970, by the store's own clock where that is known to differ from this machine's. */
  now(): number;
}
