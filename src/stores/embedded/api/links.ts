import { quote, unquote, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Attributes, ObjectRecord } from '../storage/storage';
import { htmlResponse, Refused, refuse, refuseWith } from './answers';
import { authorise, type Call } from './call';
import { checkNames } from './limits';

/** Max links in a row that Swift follows (`symloop_max`). */
export const MAX_LINKS = 2;

/** The attributes of a symlink, and the headers that present them. */
const ATTRIBUTES = {
  target: ['x-object-sysmeta-symlink-target', 'X-Symlink-Target'],
  account: ['x-object-sysmeta-symlink-target-account', 'X-Symlink-Target-Account'],
  etag: ['x-object-sysmeta-symlink-target-etag', 'X-Symlink-Target-Etag'],
  bytes: ['x-object-sysmeta-symlink-target-bytes', 'X-Symlink-Target-Bytes'],
} as const;

/**
 * What a symlink says of its target; `target` and `account` are quoted as the client
 * wrote them.
 */
export interface Link {
  readonly target: ByteString;
  readonly account: ByteString | undefined;
  /** The ETag that the target must have, and the size it had: a static link. */
  readonly etag: string | undefined;
  readonly bytes: string | undefined;
}

export function linkOf(attributes: Attributes): Link | undefined {
  const read = (name: keyof typeof ATTRIBUTES) => attributes[ATTRIBUTES[name][0]];
  const target = read('target');
  if (target === undefined) return undefined;
  return { target, account: read('account'), etag: read('etag'), bytes: read('bytes') };
}

/** Returns a link as attributes of its object. */
export function linkAttributes(link: Link): Record<string, ByteString> {
  const entries = Object.entries(ATTRIBUTES).map(
    ([name, [key]]) => [key, link[name as keyof Link]] as const,
  );
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** Drops the attributes of a link. */
export function withoutLink(attributes: Attributes): Attributes {
  const keys: readonly string[] = Object.values(ATTRIBUTES).map(([key]) => key);
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)));
}

/** Returns the headers with which a GET with `?symlink=get` presents a link. */
export function linkHeaders(link: Link): Headers {
  return Headers.of(
    Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([name, [, header]]) => [header, link[name as keyof Link]]),
    ),
  );
}

/** An object found by following links. */
export interface OpenedObject {
  readonly target: ObjectTarget;
  readonly record: ObjectRecord;
  /** The path that the last link leads to, if there was one. */
  readonly location?: string;
}

/**
 * Finds an object that the client may read, through its symlinks (Swift's
 * `SymlinkObjectContext`).
 *
 * @param follow which links to follow: all, only static ones, or none
 * @throws Refused; 404 if there is no object, 409 if a link leads nowhere or its target
 *   changed
 */
export function openObject(
  call: Call,
  method: string,
  target: ObjectTarget,
  follow: 'all' | 'static' | 'none' = 'all',
  expected?: string,
): OpenedObject {
  let currentCall = call;
  let current = target;
  let expectedEtag = expected;
  let location = expected === undefined ? undefined : pathOf(target);
  for (let links = 0; ; links++) {
    // while a link is being made, a refusal does not name the location of its target
    const record = lookUp(currentCall, method, current, follow === 'static' ? undefined : location);
    const link = follow === 'none' ? undefined : linkOf(record.attributes);
    const isFollowed = link !== undefined && (follow === 'all' || link.etag !== undefined);
    const etag = (isFollowed ? link.etag : undefined) ?? record.content.etag;
    if (expectedEtag !== undefined && expectedEtag !== etag) {
      const reason = isFollowed
        ? 'X-Symlink-Target-Etag headers do not match'
        : `Object Etag '${etag}' does not match X-Symlink-Target-Etag header '${expectedEtag}'`;
      throw refuseWith(409, reason, locationHeaders(location, 'text/plain'));
    }
    if (!isFollowed)
      return { target: current, record, ...(location === undefined ? {} : { location }) };
    if (links >= MAX_LINKS)
      throw refuseWith(409, `Too many levels of symbolic links, maximum allowed is ${MAX_LINKS}`);
    location = locationOf(current, link);
    current = targetOf(current, link);
    // a manifest names the link, not its target
    currentCall = { ...call, isNamedByManifest: false };
    expectedEtag = link.etag;
  }
}

function lookUp(
  call: Call,
  method: string,
  target: ObjectTarget,
  location: string | undefined,
): ObjectRecord {
  const { request, storage } = call;
  const container = storage.open(target.account, target.container);
  try {
    checkNames(target);
    authorise(call, method, target, container);
  } catch (error) {
    if (!(error instanceof Refused) || location === undefined) throw error;
    const { response } = error;
    throw new Refused({
      ...response,
      headers: response.headers.with('Content-Location', location),
    });
  }
  const record = container?.object(target.object);
  if (record !== undefined) return record;
  const isConditional = request.headers.get('if-match')?.trim() === '*';
  if (isConditional) throw new Refused(htmlResponse(412, '', locationHeaders(location)));
  throw refuse(404, locationHeaders(location));
}

function locationHeaders(location: string | undefined, type?: string): Headers {
  return Headers.of({ 'Content-Type': type, 'Content-Location': location });
}

/** Returns the path that a link leads to, as the client wrote it. */
export function locationOf({ version, account }: ObjectTarget, link: Link): string {
  return `/${version}/${link.account ?? quote(account)}/${link.target}`;
}

function targetOf({ version, account }: ObjectTarget, link: Link): ObjectTarget {
  const path = parseCopyHeader(link.target);
  if (path === undefined) throw refuse(404);
  return {
    version,
    account: link.account === undefined ? account : unquote(link.account),
    ...path,
  };
}

function pathOf({ version, account, container, object }: ObjectTarget): string {
  return `/${version}/${quote(account)}/${quote(container)}/${quote(object)}`;
}
