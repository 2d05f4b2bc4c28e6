import type { ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Attributes } from '../storage';
import { refuseWith } from './answers';
import { titled } from '../../../http/titles';

/** Swift's limits (`constraints.py`), as `/info` tells them. */
export const LIMITS = {
  max_file_size: 5_368_709_122,
  max_meta_name_length: 128,
  max_meta_value_length: 256,
  max_meta_count: 90,
  max_meta_overall_size: 4096,
  max_header_size: 8192,
  max_object_name_length: 1024,
  container_listing_limit: 10_000,
  account_listing_limit: 10_000,
  max_account_name_length: 256,
  max_container_name_length: 256,
  extra_header_count: 0,
} as const;

export type Kind = 'account' | 'container' | 'object';

/** Refuses metadata that Swift's `check_metadata` refuses. */
export function checkMetadata(headers: Headers, kind: Kind): void {
  const prefix = `x-${kind}-meta-`;
  let count = 0;
  let size = 0;
  for (const [key, value] of headers.entries()) {
    if (value.length > LIMITS.max_header_size)
      throw refuseWith(400, `Header value too long: ${key.slice(0, LIMITS.max_meta_name_length)}`);
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    if (name === '') throw refuseWith(400, 'Metadata name cannot be empty');
    if (kind !== 'object' && !(isText(name) && isText(value)))
      throw refuseWith(400, 'Metadata must be valid UTF-8');
    count++;
    size += name.length + value.length;
    if (name.length > LIMITS.max_meta_name_length)
      throw refuseWith(400, `Metadata name too long: ${prefix}${titled(name)}`);
    if (value.length > LIMITS.max_meta_value_length) {
      throw refuseWith(
        400,
        `Metadata value longer than ${LIMITS.max_meta_value_length}: ${prefix}${titled(name)}`,
      );
    }
    checkTotals(count, size);
  }
}

/** Refuses changes after which an account or a container would have more metadata than Swift allows. */
export function checkMerged(before: Attributes, changes: Attributes, kind: Kind): void {
  const prefix = `x-${kind}-meta-`;
  let count = 0;
  let size = 0;
  for (const [key, value] of Object.entries({ ...before, ...changes })) {
    if (value === '' || !key.startsWith(prefix)) continue;
    count++;
    size += key.length - prefix.length + value.length;
  }
  checkTotals(count, size);
}

function checkTotals(count: number, size: number): void {
  if (count > LIMITS.max_meta_count)
    throw refuseWith(400, `Too many metadata items; max ${LIMITS.max_meta_count}`);
  if (size > LIMITS.max_meta_overall_size)
    throw refuseWith(400, `Total metadata too large; max ${LIMITS.max_meta_overall_size}`);
}

/** Refuses names longer than Swift's. */
export function checkNameLength(kind: Kind, name: ByteString): void {
  const most = LIMITS[`max_${kind}_name_length`];
  if (name.length <= most) return;
  const Kind = kind.charAt(0).toUpperCase() + kind.slice(1);
  const headers = Headers.of({
    'Content-Type': kind === 'object' ? 'text/plain' : 'text/html; charset=UTF-8',
  });
  throw refuseWith(400, `${Kind} name length of ${name.length} longer than ${most}`, headers);
}

/** Whether bytes are UTF-8 without NUL (Swift's `check_utf8`; the empty string passes). */
export function isText(bytes: ByteString): boolean {
  if (bytes.includes('\0')) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
    return true;
  } catch {
    return false;
  }
}
