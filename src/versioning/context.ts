import type { Cache } from '../coordination/cache/cache';
import type { Locker } from '../coordination/locks/locker';
import type { FilterContext } from '../plugin/plugin';
import type { Log } from '../util/log';
import type { AllowedModes, VersioningPolicy } from './policy';
import type { NoteBinding } from './store/note_binding';

/** What versioning goes by and works with, in one filter. */
export interface VersioningContext extends AllowedModes {
  /** Milliseconds that a write waits for the writes to the same object before it. */
  readonly lockWait: number;
  /** Milliseconds in which 64 KiB of a body must come that is received while its object is locked. */
  readonly stallTime: number;
  /** Binds what is noted on objects. */
  readonly notes: NoteBinding;
  readonly cache: Cache<VersioningPolicy>;
  readonly locker: Locker;
  readonly app: FilterContext['app'];
  readonly log: Log;
}
