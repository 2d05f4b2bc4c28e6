import type { Expiry, ObjectInfo, ObjectRef } from '../store/store';
import type { Outcome, Verdict } from '../archive/execute';

/**
 * The outcome of the client's own request, and what the store reported of the object it
 * wrote.
 */
export interface SentWrite {
  readonly outcome: Outcome;
  /**
   * The ETag of the object itself; set only if the store is known to have reported that
   * one, and the object is not a symlink.
   */
  readonly etag?: string | undefined;
  /** When the object expires; its versions do not. */
  readonly expiry?: Expiry | undefined;
  /** Whether what was written may expire, as a copy of an object that does. */
  readonly mayExpire?: boolean | undefined;
}

/** The client's own request and its permission, as the core sees them. */
export interface VersionOperation {
  /** As `Operation.guard`. */
  guard(current: ObjectInfo | undefined): Promise<Verdict>;
  /**
   * Forwards the client's own request to the store. Never rejects.
   *
   * @param to the version to write instead of the object that the request names
   * @param by identifies the write in the notes of the object it makes
   */
  forward(to?: ObjectRef, by?: string): Promise<SentWrite>;
}

/**
 * The result of an operation: forwarded, with the id of the version or marker that it
 * made; or stopped by its guard.
 */
export type VersionResult =
  | {
      readonly result: 'forwarded';
      readonly id?: string | undefined;
      /** Whether the id is that of the null version. */
      readonly isNull?: boolean;
      /** Whether it was deleted without a marker, for which its name is too long. */
      readonly isUnmarked?: true;
    }
  | { readonly result: 'stopped' };

/**
 * The result of removing a version; `current` is the version that the object links to
 * now, if any.
 */
export type Removal =
  | {
      readonly result: 'removed' | 'missing';
      readonly current?: string | undefined;
      /** Whether it was a delete marker, if that was checked. */
      readonly isMarker?: boolean;
    }
  | { readonly result: 'refused' };
