import type { Capabilities } from '../plugin/info';
import type { AllowedModes } from './policy';
import { MODE_HEADERS } from './policy_headers';

/** Returns what `/info` reports of versioning, under Swift's names. */
export function capabilitiesOf({
  allowsModes,
  allowsObjectVersioning,
}: AllowedModes): Capabilities {
  const allowedFlags = Object.values(MODE_HEADERS).map((name) => name.toLowerCase());
  return {
    ...(allowsModes ? { versioned_writes: { allowed_flags: allowedFlags } } : {}),
    ...(allowsObjectVersioning ? { object_versioning: {} } : {}),
  };
}
