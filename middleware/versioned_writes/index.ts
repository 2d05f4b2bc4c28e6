import type { FilterPlugin } from '../../src/plugin/plugin';
import { handlesVersions, versioningOptions } from '../../src/versioning/options';
import { NoteBinding } from '../../src/versioning/store/note_binding';
import { versionedWritesFilter } from './filter';
import type { VersioningPolicy } from '../../src/versioning/policy';

const MAX_CACHED_CONTAINERS = 100_000;

/**
 * Swift's `versioned_writes`: containers with X-Versions-Location, X-History-Location or
 * X-Versions-Enabled keep what a write or a delete destroys. As in Swift, without the
 * option `allow_versioned_writes` the headers of the two modes pass through; if it is
 * `false`, settings are shown and can be removed, but neither made nor acted upon.
 * X-Versions-Enabled passes through unless `allow_object_versioning` is true.
 */
export const versionedWrites: FilterPlugin<typeof versioningOptions> = {
  name: 'versioned_writes',
  options: versioningOptions,
  requires: {
    gatekeeper: 'it keeps clients from seeing and forging the settings of containers',
  },
  needsLocks: handlesVersions,
  create: (config, { log, app, coordination }) => {
    if (!handlesVersions(config))
      log.warn(
        'versioned_writes: neither allow_versioned_writes nor allow_object_versioning is set, so nothing is versioned',
      );
    return versionedWritesFilter({
      ...config,
      notes: new NoteBinding({ keys: config.note_key ?? [], unbound: config.unbound_notes }),
      cache: coordination.cache<VersioningPolicy>(
        'settings',
        MAX_CACHED_CONTAINERS,
        config.settings_cache_time,
        config.settings_wait,
      ),
      locker: coordination.locker,
      app,
      log,
    });
  },
};
