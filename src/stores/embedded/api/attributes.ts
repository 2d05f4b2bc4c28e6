import { ACCOUNT_ACL } from '../../../swift_api/account_acl';
import { parseInteger, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Attributes } from '../storage/storage';
import { refuseWith } from './answers';
import type { Kind } from './limits';
import { titled } from '../../../http/titles';

/** What an object keeps of its headers besides its own metadata (the object server's `allowed_headers`). */
const OBJECT_HEADERS = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-object-manifest',
  'x-robots-tag',
]);

/** What is kept of a PUT's or POST's headers for an object. */
export function objectAttributes(headers: Headers): Record<string, ByteString> {
  return collect(headers, (key) => key.startsWith('x-object-meta-') || OBJECT_HEADERS.has(key));
}

/** What only a PUT of the object's content changes: which links and large objects it is. */
export function systemAttributes(attributes: Attributes): Record<string, ByteString> {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => key.startsWith(SYSTEM_PREFIX) || key === 'x-static-large-object',
    ),
  );
}

/** What the names of attributes begin with that clients neither set nor see. */
export const SYSTEM_PREFIX = 'x-object-sysmeta-';

/** What accounts and containers keep of their headers besides their metadata. */
const OWN_HEADERS = {
  account: [ACCOUNT_ACL],
  container: ['x-container-read', 'x-container-write', 'x-container-sync-key'],
};

/** What a PUT or POST changes of an account or a container; '' removes (Swift's X-Remove-... as well, but setting wins). */
export function changedAttributes(headers: Headers, kind: Exclude<Kind, 'object'>): Attributes {
  const kept = (key: string) =>
    key.startsWith(`x-${kind}-meta-`) || OWN_HEADERS[kind].includes(key);
  const removed: Record<string, ByteString> = {};
  for (const [key] of headers.entries()) {
    const named = key.startsWith('x-remove-') ? 'x-' + key.slice('x-remove-'.length) : '';
    if (kept(named)) removed[named] = '';
  }
  return { ...removed, ...collect(headers, kept) };
}

function collect(headers: Headers, kept: (key: string) => boolean): Record<string, ByteString> {
  const found: Record<string, ByteString> = {};
  for (const [key, value] of headers.entries()) {
    if (kept(key)) found[key] = found[key] === undefined ? value : `${found[key]},${value}`;
  }
  return found;
}

/** Attributes as headers, spelled as Swift spells them; those that clients do not see left out. */
export function shownAttributes(attributes: Attributes): Headers {
  return Headers.of(
    Object.fromEntries(
      Object.entries(attributes)
        .filter(([key]) => !key.startsWith(SYSTEM_PREFIX))
        .map(([key, value]) => [titled(key), value]),
    ),
  );
}

/**
 * The time of expiry that X-Delete-After or X-Delete-At names, in seconds since 1970 (Swift's `check_delete_headers`).
 *
 * @throws Refused where it is no whole number, or past
 */
export function deleteAtOf(headers: Headers, now = Date.now() / 1000): number | undefined {
  const after = headers.get('x-delete-after');
  if (after !== undefined) {
    const time = Math.floor(now + integer(after, 'X-Delete-After'));
    if (time <= now) throw refuseWith(400, 'X-Delete-After in past');
    return bounded(time);
  }
  const at = headers.get('x-delete-at');
  if (at === undefined) return undefined;
  const time = integer(at, 'X-Delete-At');
  if (time <= now) throw refuseWith(400, 'X-Delete-At in past');
  return bounded(time);
}

function integer(value: ByteString, name: string): number {
  const parsed = parseInteger(value);
  if (parsed === undefined) throw refuseWith(400, `Non-integer ${name}`);
  return parsed;
}

/** Swift writes such times with ten digits. */
function bounded(time: number): number {
  return Math.min(time, 9_999_999_999);
}
