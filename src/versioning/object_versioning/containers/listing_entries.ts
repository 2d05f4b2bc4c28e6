import { z } from 'zod';
import { containerOfVersions, decodeName, parseVersionName } from '../version_names';
import { toBytes, toText, type ByteString } from '../../../http/bytes';
import { parseListedDate } from '../../../http/dates';
import type { ListingRecord } from '../../../swift_api/listing';
import type { DialectContext, Response } from '../../../swift_api/message';
import { formatTarget, parseObjectPath, type ContainerTarget } from '../../../swift_api/target';
import { parseResponseUnchanged, readResponse } from '../../../swift_api/json_response';
import { latest } from '../state';
import { newestIn } from '../newest_note';
import { nullIdIn } from '../null_versions/null_note';
import { DELETE_MARKER_TYPE, isVersionMarkerType } from '../../../swift_api/markers';
import { withoutReservedParameters, withoutVersionParameters } from '../../../swift_api/reserved';
import { objectOfNote, unfinishedIn } from '../unfinished_note';
import type { CurrentEntry, NoteEntry, Subdir, TopEntries, VersionEntry } from './merge';

const MAX_LISTING_BYTES = 64 * 1024 * 1024;

const Entry = z.looseObject({
  name: z.string().optional(),
  subdir: z.string().optional(),
  content_type: z.string().optional(),
  symlink_path: z.string().optional(),
});
const Listing = z.array(Entry);

/** An entry of a listing, as the store returns it. */
export type RawEntry = z.infer<typeof Entry>;

/** Reads the entries of a JSON listing to its end, their fields in the store's order. */
export async function readListing({ status, body }: Response): Promise<RawEntry[]> {
  const bytes = await readResponse(body, MAX_LISTING_BYTES, 'a page of a listing');
  if (status === 204) return [];
  // parsing by the schema would change the order
  return parseResponseUnchanged(Listing, bytes, 'a listing');
}

/**
 * Converts an entry of a container's own listing; a link to a version gets the version's
 * size and ETag.
 */
export function toCurrentEntry(
  raw: RawEntry,
  container: ContainerTarget,
  dialect?: DialectContext,
): CurrentEntry | Subdir {
  const name = toBytes(raw.name ?? raw.subdir ?? '');
  if (raw.name === undefined) return { subdir: name };
  const link = linkOf(raw, container, name);
  if (link === undefined)
    return { name, entry: presentEntry(raw, dialect), timestamp: timestampIn(raw) };
  const { symlink_etag, symlink_bytes, ...rest } = raw;
  const path = formatTarget({
    version: 'v1',
    account: container.account,
    container: container.container,
    object: name,
  });
  const entry = {
    ...rest,
    // a version that is itself a symlink has no size of its own
    ...(symlink_bytes === undefined ? {} : { bytes: Number(symlink_bytes) }),
    ...(typeof symlink_etag === 'string' ? { hash: symlink_etag } : {}),
    symlink_path: `${path}?version-id=${link}`,
    version_symlink: true,
  };
  const type = toBytes(raw.content_type ?? '');
  return {
    name,
    entry: presentEntry(entry, dialect),
    link,
    newest: latest(link, newestIn(type)),
    isNull: nullIdIn(type) === link,
  };
}

/**
 * Converts an entry of a versions container's listing; undefined if it is neither a
 * version nor the note of an unfinished operation.
 */
export function toVersionEntry(
  raw: RawEntry,
  dialect?: DialectContext,
): VersionEntry | NoteEntry | Subdir | undefined {
  if (raw.name === undefined) return { subdir: decodeName(toBytes(raw.subdir ?? '')) };
  const type = toBytes(raw.content_type ?? '');
  const notedObject = objectOfNote(toBytes(raw.name));
  if (notedObject !== undefined) {
    const unfinished = unfinishedIn(type);
    return unfinished && { name: notedObject, unfinished };
  }
  const parsed = parseVersionName(toBytes(raw.name));
  if (parsed === undefined) return undefined;
  const { object: name, id } = parsed;
  const entry = presentEntry({ ...raw, name: toText(name) }, dialect);
  return { name, id, isMarker: isVersionMarkerType(type), isNull: nullIdIn(type) === id, entry };
}

/**
 * Returns the newest versions of an object, and the note before them, from a listing of
 * that object's entries alone.
 */
export function toTopEntries(rawEntries: readonly RawEntry[]): TopEntries {
  const entries = rawEntries
    .map((each) => toVersionEntry(each))
    .filter((each) => each && 'name' in each);
  const ids = entries.flatMap((each) => (each && 'id' in each ? each.id : []));
  const note = entries.find((each) => each && 'unfinished' in each);
  return { ids, unfinished: note && 'unfinished' in note ? note.unfinished : undefined };
}

/** Returns the timestamp of an entry's object. */
function timestampIn({ last_modified: time }: RawEntry): string | undefined {
  const parsed = typeof time === 'string' ? parseListedDate(time) : undefined;
  if (parsed === undefined) return undefined;
  const { seconds, fraction } = parsed;
  return `${String(seconds).padStart(10, '0')}.${fraction.slice(0, 5).padEnd(5, '0')}`;
}

/** Returns the version that an entry links to. */
function linkOf(
  { symlink_path }: RawEntry,
  container: ContainerTarget,
  name: ByteString,
): string | undefined {
  if (symlink_path === undefined) return undefined;
  const target = parseObjectPath(toBytes(symlink_path));
  if (target?.account !== container.account) return undefined;
  if (containerOfVersions(target.container) !== container.container) return undefined;
  const version = parseVersionName(target.object);
  return version?.object === name ? version.id : undefined;
}

function presentEntry(entry: RawEntry, dialect: DialectContext | undefined): ListingRecord {
  const { content_type } = entry;
  const type =
    content_type === undefined ? {} : { content_type: presentType(content_type, dialect) };
  const { slo_etag, ...rest }: RawEntry = { ...entry, ...type };
  // last, as in Swift
  return (slo_etag === undefined ? rest : { ...rest, slo_etag }) as ListingRecord;
}

/** Returns a content type as clients see it. */
function presentType(type: string, dialect: DialectContext | undefined): string {
  if (isVersionMarkerType(type)) return DELETE_MARKER_TYPE;
  return dialect ? withoutVersionParameters(type) : withoutReservedParameters(type);
}
