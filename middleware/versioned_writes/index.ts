import { z } from 'zod';
import { noteKeys } from '../../src/config/note_keys';
import { flag, seconds } from '../../src/config/options';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { NoteBinding } from '../../src/versioning/store/note_binding';
import { versionedWritesFilter } from './filter';
import type { VersioningPolicy } from '../../src/versioning/policy';

const options = z.object({
  allow_versioned_writes: flag.optional(),
  allow_object_versioning: flag.default(false),
  settings_cache_time: seconds(0, 86_400).default(60_000),
  lock_wait: seconds(0, 86_400).default(60_000),
  upload_stall_time: seconds(0.1, 86_400).default(10_000),
  settings_wait: seconds(0, 86_400).default(10_000),
  note_key: noteKeys.optional(),
  unbound_notes: z.enum(['accept', 'ignore']).default('accept'),
});

const MAX_CACHED_CONTAINERS = 100_000;

/**
 * Swift's `versioned_writes`: containers with X-Versions-Location, X-History-Location or
 * X-Versions-Enabled keep what a write or a delete destroys. As in Swift, without the
 * option `allow_versioned_writes` the headers of the two modes pass through; if it is
 * `false`, settings are shown and can be removed, but neither made nor acted upon.
 * X-Versions-Enabled passes through unless `allow_object_versioning` is true.
 */
export const versionedWrites: FilterPlugin<typeof options> = {
  name: 'versioned_writes',
  options,
  requires: {
    gatekeeper: 'it keeps clients from seeing and forging the settings of containers',
  },
  needsLocks: ({
    allow_versioned_writes: allowsModes,
    allow_object_versioning: allowsObjectVersioning,
  }) => allowsModes !== undefined || allowsObjectVersioning,
  create: (
    {
      allow_versioned_writes: allowsModes,
      allow_object_versioning: allowsObjectVersioning,
      settings_cache_time,
      lock_wait,
      upload_stall_time,
      settings_wait,
      note_key,
      unbound_notes,
    },
    { log, app, coordination },
  ) => {
    if (allowsModes === undefined && !allowsObjectVersioning)
      log.warn(
        'versioned_writes: neither allow_versioned_writes nor allow_object_versioning is set, so nothing is versioned',
      );
    return versionedWritesFilter({
      allowsModes,
      allowsObjectVersioning,
      lockWait: lock_wait,
      stallTime: upload_stall_time,
      notes: new NoteBinding({ keys: note_key ?? [], unbound: unbound_notes }),
      cache: coordination.cache<VersioningPolicy>(
        'settings',
        MAX_CACHED_CONTAINERS,
        settings_cache_time,
        settings_wait,
      ),
      locker: coordination.locker,
      app,
      log,
    });
  },
};
