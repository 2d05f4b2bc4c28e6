import { z } from 'zod';
import { containerOfVersions, decodeName, parseVersionName } from '../../../src/core/version_names';
import { readAll } from '../../../src/http/body';
import { toBytes, toText, type ByteString } from '../../../src/http/bytes';
import type { ShownEntry } from '../../../src/http/listing';
import type { Response } from '../../../src/http/message';
import { formatTarget, parseTarget, type ContainerTarget } from '../../../src/http/path';
import { StoreError } from '../../../src/stores/error';
import { DELETE_MARKER_TYPE, VERSION_MARKER_TYPE } from '../../../src/stores/markers';
import { withoutReservedParameters } from '../../../src/reserved';
import type { Current, Subdir, Version } from './version_listing';

const MOST_LISTING_BYTES = 64 * 1024 * 1024;

const Entry = z.looseObject({
  name: z.string().optional(),
  subdir: z.string().optional(),
  content_type: z.string().optional(),
  symlink_path: z.string().optional(),
});
const Listing = z.array(Entry);

/** An entry of a listing as the store has it. */
export type RawEntry = z.infer<typeof Entry>;

/** The entries of a listing in JSON, read to its end. */
export async function readListing({ status, body }: Response): Promise<RawEntry[]> {
  const bytes = await readAll(body, MOST_LISTING_BYTES).catch((cause: unknown) => {
    throw new StoreError('unavailable', 'a page of a listing broke off', undefined, { cause });
  });
  if (bytes === undefined)
    throw new StoreError('unavailable', 'a page of a listing was longer than any page is');
  if (status === 204) return [];
  try {
    return Listing.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new StoreError('unavailable', 'the store answered with a listing that is not JSON', undefined, {
      cause,
    });
  }
}

/** An entry of a container's own listing: links to versions with what listings tell of the data. */
export function currentOf(raw: RawEntry, container: ContainerTarget): Current | Subdir {
  const name = toBytes(raw.name ?? raw.subdir ?? '');
  if (raw.name === undefined) return { subdir: name };
  const link = linkOf(raw, container, name);
  if (link === undefined) return { name, entry: shown(raw) };
  const { symlink_etag, symlink_bytes, ...rest } = raw;
  const path = formatTarget({
    version: 'v1',
    account: container.account,
    container: container.container,
    object: name,
  });
  const entry = {
    ...rest,
    // a version that is a symlink itself has none of its own
    ...(symlink_bytes === undefined ? {} : { bytes: Number(symlink_bytes) }),
    ...(typeof symlink_etag === 'string' ? { hash: symlink_etag } : {}),
    symlink_path: `${path}?version-id=${link}`,
    version_symlink: true,
  };
  return { name, entry: shown(entry), link };
}

/** An entry of a versions container's listing; undefined for what is no version. */
export function versionOf(raw: RawEntry): Version | Subdir | undefined {
  if (raw.name === undefined) return { subdir: decodeName(toBytes(raw.subdir ?? '')) };
  const parsed = parseVersionName(toBytes(raw.name));
  if (parsed === undefined) return undefined;
  const { object: name, id } = parsed;
  const isMarker = raw.content_type === VERSION_MARKER_TYPE;
  return { name, id, isMarker, entry: shown({ ...raw, name: toText(name) }) };
}

/** The version that an entry is a link to. */
function linkOf(
  { symlink_path }: RawEntry,
  container: ContainerTarget,
  name: ByteString,
): string | undefined {
  if (symlink_path === undefined) return undefined;
  const target = parseTarget(toBytes(symlink_path));
  if (target?.account !== container.account || target.object === undefined) return undefined;
  if (containerOfVersions(target.container ?? '') !== container.container) return undefined;
  const version = parseVersionName(target.object);
  return version?.object === name ? version.id : undefined;
}

function shown(entry: RawEntry): ShownEntry {
  const { content_type } = entry;
  const type = content_type === undefined ? {} : { content_type: shownType(content_type) };
  return { ...entry, ...type };
}

/** A content type as clients see it. */
function shownType(type: string): string {
  return type === VERSION_MARKER_TYPE ? DELETE_MARKER_TYPE : withoutReservedParameters(type);
}
