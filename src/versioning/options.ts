import { z } from 'zod';
import { noteKeys } from '../config/note_keys';
import { flag, seconds } from '../config/options';

/** The options of versioning, which are passed on as they are. */
export const versioningOptions = z.object({
  allow_versioned_writes: flag
    .optional()
    .describe(
      'The modes `X-Versions-Location` and `X-History-Location`. `true`: clients may use them. `false`: settings are shown and can be removed, but not made, and have no effect. Unset: the headers pass to the store.',
    ),
  allow_object_versioning: flag
    .default(false)
    .describe(
      '`true`: clients may give containers versions with ids (`X-Versions-Enabled`); a Swift needs `symlink` in its pipeline. `false`: the header passes to the store.',
    ),
  settings_cache_time: seconds(0, 86_400)
    .default(60_000)
    .describe('Time for which the settings of a container are cached.'),
  lock_wait: seconds(0, 86_400)
    .default(60_000)
    .describe('Time for which a write waits for earlier writes to the same object; then 503.'),
  upload_stall_time: seconds(0.1, 86_400)
    .default(10_000)
    .describe(
      'Time in which each 64 KiB of a body must arrive while its object is locked; then 408.',
    ),
  settings_wait: seconds(0, 86_400)
    .default(10_000)
    .describe(
      'Time that earlier writes have to send their bodies when versions are switched on; then they are cut off with 503.',
    ),
  note_key: noteKeys
    .optional()
    .describe(
      'Keys that sign the notes by which interrupted operations are completed; the same on all servers. The first signs, all are accepted. Unset: a plain hash.',
    ),
  unbound_notes: z
    .enum(['accept', 'ignore'])
    .default('accept')
    .describe(
      'What notes count that are not bound to their object, such as those of 0.1.0. `accept`: they remove no delete marker, and no other content. `ignore`: none.',
    ),
});

export type VersioningOptions = Readonly<z.infer<typeof versioningOptions>>;

/** Which ways of versioning the configuration switches on. */
export type AllowedModes = Pick<
  VersioningOptions,
  'allow_versioned_writes' | 'allow_object_versioning'
>;

/** Whether any headers of versioning do not just pass. */
export function handlesVersions(allowed: AllowedModes): boolean {
  return allowed.allow_versioned_writes !== undefined || allowed.allow_object_versioning;
}
