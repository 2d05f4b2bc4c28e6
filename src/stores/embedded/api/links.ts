import { quote, unquote, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Attributes, ObjectRecord } from '../storage/storage';
import { page, Refused, refuse, refuseWith } from './answers';
import { authorise, type Call } from './call';
import { checkNames } from './limits';

/** How many links in a row Swift follows (`symloop_max`). */
export const MAX_LINKS = 2;

/** The attributes that make a symlink of an object, and the headers that show them. */
const ATTRIBUTES = {
  target: ['x-object-sysmeta-symlink-target', 'X-Symlink-Target'],
  account: ['x-object-sysmeta-symlink-target-account', 'X-Symlink-Target-Account'],
  etag: ['x-object-sysmeta-symlink-target-etag', 'X-Symlink-Target-Etag'],
  bytes: ['x-object-sysmeta-symlink-target-bytes', 'X-Symlink-Target-Bytes'],
} as const;

/** What a symlink says of its target; `target` and `account` quoted as the client wrote them. */
export interface Link {
  readonly target: ByteString;
  readonly account: ByteString | undefined;
  /** What the target must have for an ETag, and how long it was: a static link. */
  readonly etag: string | undefined;
  readonly bytes: string | undefined;
}

export function linkOf(attributes: Attributes): Link | undefined {
  const read = (name: keyof typeof ATTRIBUTES) => attributes[ATTRIBUTES[name][0]];
  const target = read('target');
  if (target === undefined) return undefined;
  return { target, account: read('account'), etag: read('etag'), bytes: read('bytes') };
}

/** A link as attributes of its object. */
export function linkAttributes(link: Link): Record<string, ByteString> {
  const given = Object.entries(ATTRIBUTES).map(
    ([name, [key]]) => [key, link[name as keyof Link]] as const,
  );
  return Object.fromEntries(
    given.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** Attributes without what makes a link of an object. */
export function withoutLink(attributes: Attributes): Attributes {
  const keys: readonly string[] = Object.values(ATTRIBUTES).map(([key]) => key);
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)));
}

/** The headers in which a GET with `?symlink=get` shows a link. */
export function linkHeaders(link: Link): Headers {
  return Headers.of(
    Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([name, [, header]]) => [header, link[name as keyof Link]]),
    ),
  );
}

/** An object, found where its links led. */
export interface Opened {
  readonly target: ObjectTarget;
  readonly record: ObjectRecord;
  /** The path behind the last link, if there was one. */
  readonly location?: string;
}

/**
 * Finds an object that the client may read, through its symlinks (Swift's `SymlinkObjectContext`).
 *
 * @param follow which links are followed: all, only static ones, or none
 * @throws Refused; 404 where there is no object, 409 where a link leads nowhere or its target changed
 */
export function openObject(
  call: Call,
  method: string,
  target: ObjectTarget,
  follow: 'all' | 'static' | 'none' = 'all',
  expected?: string,
): Opened {
  let named = call;
  let at = target;
  let wanted = expected;
  let location = expected === undefined ? undefined : pathOf(target);
  for (let links = 0; ; links++) {
    // a link that is being made tells of its target only what is wrong with it
    const record = lookUp(named, method, at, follow === 'static' ? undefined : location);
    const link = follow === 'none' ? undefined : linkOf(record.attributes);
    const followed = link !== undefined && (follow === 'all' || link.etag !== undefined);
    const etag = (followed ? link.etag : undefined) ?? record.content.etag;
    if (wanted !== undefined && wanted !== etag) {
      const reason = followed
        ? 'X-Symlink-Target-Etag headers do not match'
        : `Object Etag '${etag}' does not match X-Symlink-Target-Etag header '${wanted}'`;
      throw refuseWith(409, reason, locationHeaders(location, 'text/plain'));
    }
    if (!followed) return { target: at, record, ...(location === undefined ? {} : { location }) };
    if (links >= MAX_LINKS)
      throw refuseWith(409, `Too many levels of symbolic links, maximum allowed is ${MAX_LINKS}`);
    location = locationOf(at, link);
    at = targetOf(at, link);
    // what a link leads to, no manifest names
    named = { ...call, isNamedByManifest: false };
    wanted = link.etag;
  }
}

function lookUp(
  call: Call,
  method: string,
  target: ObjectTarget,
  location: string | undefined,
): ObjectRecord {
  const { request, storage } = call;
  const container = storage.container(target.account, target.container);
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
  const record = container && storage.object(target.account, target.container, target.object);
  if (record !== undefined) return record;
  const isConditional = request.headers.get('if-match')?.trim() === '*';
  if (isConditional) throw new Refused(page(412, '', locationHeaders(location)));
  throw refuse(404, locationHeaders(location));
}

function locationHeaders(location: string | undefined, type?: string): Headers {
  return Headers.of({ 'Content-Type': type, 'Content-Location': location });
}

/** The path that a link leads to, written as the client wrote it. */
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
