import { isText, type ByteString } from '../../../http/bytes';
import { LIMITS } from '../../../swift_api/constraints';
import { Headers } from '../../../http/headers';
import type { Target } from '../../../swift_api/target';
import { refusalForNames } from '../../../swift_api/name_refusal';
import type { Attributes } from '../storage/storage';
import { Refused, refuseWith } from './answers';
import { titleCase } from '../../../http/titles';

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
      throw refuseWith(400, `Metadata name too long: ${prefix}${titleCase(name)}`);
    if (value.length > LIMITS.max_meta_value_length) {
      throw refuseWith(
        400,
        `Metadata value longer than ${LIMITS.max_meta_value_length}: ${prefix}${titleCase(name)}`,
      );
    }
    checkTotals(count, size);
  }
}

/** Refuses changes after which there is more metadata than Swift allows. */
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

/** Refuses names that are not UTF-8 text. */
export function checkNames(target: Target): void {
  const refusal = refusalForNames(target);
  if (refusal) throw new Refused(refusal);
}

/** Refuses names longer than Swift allows. */
export function checkNameLength(kind: Kind, name: ByteString): void {
  const max = LIMITS[`max_${kind}_name_length`];
  if (name.length <= max) return;
  const Kind = kind.charAt(0).toUpperCase() + kind.slice(1);
  const headers = Headers.of({
    'Content-Type': kind === 'object' ? 'text/plain' : 'text/html; charset=UTF-8',
  });
  throw refuseWith(400, `${Kind} name length of ${name.length} longer than ${max}`, headers);
}
