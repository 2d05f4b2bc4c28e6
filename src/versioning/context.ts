import type { Cache } from '../coordination/cache/cache';
import type { Locker } from '../coordination/locks/locker';
import type { FilterContext } from '../plugin/plugin';
import type { Log } from '../util/log';
import type { VersioningOptions } from './options';
import type { VersioningPolicy } from './policy';
import type { NoteBinding } from './store/note_binding';

/** The options of versioning and what it works with, in one filter. */
export interface VersioningContext extends VersioningOptions {
  /** Binds recovery notes to objects. */
  readonly notes: NoteBinding;
  readonly cache: Cache<VersioningPolicy>;
  readonly locker: Locker;
  readonly app: FilterContext['app'];
  readonly log: Log;
}
