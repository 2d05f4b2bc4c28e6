import type { Cache } from '../coordination/cache/cache';
import type { Locker } from '../coordination/locks/locker';
import type { FilterContext } from '../plugin/plugin';
import type { Log } from '../util/log';
import type { AllowedModes, VersioningPolicy } from './policy';
import type { NoteBinding } from './store/note_binding';

/** The options of versioning and what it works with, in one filter. */
export interface VersioningContext extends AllowedModes {
  /** Max milliseconds that a write waits for earlier writes to the same object. */
  readonly lockWait: number;
  /** Milliseconds for each 64 KiB of a body to arrive while its object is locked. */
  readonly stallTime: number;
  /** Binds recovery notes to objects. */
  readonly notes: NoteBinding;
  readonly cache: Cache<VersioningPolicy>;
  readonly locker: Locker;
  readonly app: FilterContext['app'];
  readonly log: Log;
}
