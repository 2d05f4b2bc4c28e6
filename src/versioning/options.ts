import { z } from 'zod';
import { noteKeys } from '../config/note_keys';
import { flag, seconds } from '../config/options';

/** The options of versioning, which are passed on as they are. */
export const versioningOptions = z.object({
  /** If undefined, the headers of the two modes pass, as in Swift. */
  allow_versioned_writes: flag.optional(),
  /** If false, X-Versions-Enabled passes to the store. */
  allow_object_versioning: flag.default(false),
  /** Milliseconds for which the policy of a container is cached. */
  settings_cache_time: seconds(0, 86_400).default(60_000),
  /** Max milliseconds that a write waits for earlier writes to the same object. */
  lock_wait: seconds(0, 86_400).default(60_000),
  /** Milliseconds for each 64 KiB of a body to arrive while its object is locked. */
  upload_stall_time: seconds(0.1, 86_400).default(10_000),
  /** Milliseconds that a change of a policy gives earlier writes to send their bodies. */
  settings_wait: seconds(0, 86_400).default(10_000),
  note_key: noteKeys.optional(),
  unbound_notes: z.enum(['accept', 'ignore']).default('accept'),
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
