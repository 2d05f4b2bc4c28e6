import type { Capabilities } from '../plugin/info';
import type { AllowedModes } from './options';
import { MODE_HEADERS } from './policy_headers';

/** Returns what `/info` reports of versioning, under Swift's names. */
export function capabilitiesOf(allowed: AllowedModes): Capabilities {
  const allowedFlags = Object.values(MODE_HEADERS).map((name) => name.toLowerCase());
  return {
    ...(allowed.allow_versioned_writes
      ? { versioned_writes: { allowed_flags: allowedFlags } }
      : {}),
    ...(allowed.allow_object_versioning ? { object_versioning: {} } : {}),
  };
}
