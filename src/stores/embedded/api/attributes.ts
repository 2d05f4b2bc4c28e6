import { ACCOUNT_ACL } from '../../../swift_api/account_acl';
import { parseInteger, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Attributes } from '../storage/storage';
import { refuseWith } from './answers';
import type { Kind } from './limits';
import { titleCase } from '../../../http/titles';
import {
  X_CONTAINER_READ,
  X_CONTAINER_WRITE,
  X_DELETE_AFTER,
  X_DELETE_AT,
  X_OBJECT_MANIFEST,
  X_STATIC_LARGE_OBJECT,
} from '../../../swift_api/header_names';

/**
 * The headers stored with an object besides its metadata (the object server's
 * `allowed_headers`).
 */
const OBJECT_HEADERS = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  X_OBJECT_MANIFEST,
  'x-robots-tag',
]);

/** Returns the headers of a PUT or POST that are stored with an object. */
export function objectAttributes(headers: Headers): Record<string, ByteString> {
  return collect(headers, (key) => key.startsWith('x-object-meta-') || OBJECT_HEADERS.has(key));
}

/**
 * Returns the attributes that only a PUT of the content changes: those of links and large
 * objects.
 */
export function systemAttributes(attributes: Attributes): Record<string, ByteString> {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => key.startsWith(SYSTEM_PREFIX) || key === X_STATIC_LARGE_OBJECT,
    ),
  );
}

/** Prefix of attributes that clients neither set nor see. */
const SYSTEM_PREFIX = 'x-object-sysmeta-';

/** The headers stored with accounts and containers besides their metadata. */
const STORED_HEADERS = {
  account: [ACCOUNT_ACL],
  container: [X_CONTAINER_READ, X_CONTAINER_WRITE, 'x-container-sync-key'],
};

/**
 * Returns what a PUT or POST changes of an account or a container. '' removes an
 * attribute; so does Swift's X-Remove-..., unless the request also sets it.
 */
export function attributeChanges(headers: Headers, kind: Exclude<Kind, 'object'>): Attributes {
  const isStored = (key: string) =>
    key.startsWith(`x-${kind}-meta-`) || STORED_HEADERS[kind].includes(key);
  const removals: Record<string, ByteString> = {};
  for (const [key] of headers.entries()) {
    const removedKey = key.startsWith('x-remove-') ? 'x-' + key.slice('x-remove-'.length) : '';
    if (isStored(removedKey)) removals[removedKey] = '';
  }
  return { ...removals, ...collect(headers, isStored) };
}

function collect(headers: Headers, isStored: (key: string) => boolean): Record<string, ByteString> {
  const result: Record<string, ByteString> = {};
  for (const [key, value] of headers.entries()) {
    if (isStored(key)) result[key] = result[key] === undefined ? value : `${result[key]},${value}`;
  }
  return result;
}

/** Returns attributes as headers as Swift spells them, without hidden ones. */
export function attributeHeaders(attributes: Attributes): Headers {
  return Headers.of(
    Object.fromEntries(
      Object.entries(attributes)
        .filter(([key]) => !key.startsWith(SYSTEM_PREFIX))
        .map(([key, value]) => [titleCase(key), value]),
    ),
  );
}

/**
 * Returns the expiry time of X-Delete-After or X-Delete-At, in seconds since 1970
 * (Swift's `check_delete_headers`).
 *
 * @throws Refused if it is not an integer, or is in the past
 */
export function deleteAtOf(headers: Headers, now = Date.now() / 1000): number | undefined {
  const after = headers.get(X_DELETE_AFTER);
  if (after !== undefined) {
    const time = Math.floor(now + parseIntegerHeader(after, 'X-Delete-After'));
    if (time <= now) throw refuseWith(400, 'X-Delete-After in past');
    return capTime(time);
  }
  const at = headers.get(X_DELETE_AT);
  if (at === undefined) return undefined;
  const time = parseIntegerHeader(at, 'X-Delete-At');
  if (time <= now) throw refuseWith(400, 'X-Delete-At in past');
  return capTime(time);
}

function parseIntegerHeader(value: ByteString, name: string): number {
  const parsed = parseInteger(value);
  if (parsed === undefined) throw refuseWith(400, `Non-integer ${name}`);
  return parsed;
}

/** Caps a time: Swift writes it with ten digits. */
function capTime(time: number): number {
  return Math.min(time, 9_999_999_999);
}
