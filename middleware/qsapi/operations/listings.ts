import { listObjects, MAX_LISTED, type ListedObject } from '../../../src/buckets/listing';
import { listVersions, type ListedVersion } from '../../../src/buckets/version_listing';
import {
  bucketOf,
  invalidArgument,
  isoTime,
  limitOf,
  textOf,
} from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { jsonAnswer } from '../json';
import { owner } from './names';
import { LIST_OBJECTS, LIST_VERSIONS } from '../vocabulary';

/** The number of entries in a listing if the client sets no limit. */
const DEFAULT_LIMIT = 100;

export const versionListingRoutes: readonly Route[] = [
  {
    name: 'List Object Versions',
    method: 'GET',
    on: 'bucket',
    parameters: ['versions'],
    vocabulary: LIST_VERSIONS,
    run: (call) => listAll(call),
  },
];

/** Matched after the routes with parameters. */
export const plainListingRoutes: readonly Route[] = [
  {
    name: 'GET Bucket',
    method: 'GET',
    on: 'bucket',
    vocabulary: LIST_OBJECTS,
    run: (call) => listCurrent(call),
  },
];

/** Reads the query parameters of both listings. */
function listingQuery(call: Call) {
  const limit = limitOf(call, 'limit', MAX_LISTED, DEFAULT_LIMIT);
  return { prefix: textOf(call, 'prefix'), delimiter: textOf(call, 'delimiter'), limit };
}

const listCurrent: Operation = async (call) => {
  const query = listingQuery(call);
  const marker = textOf(call, 'marker');
  const page = await listObjects(call.caller, bucketOf(call), { ...query, startAfter: marker });
  return jsonAnswer(200, {
    name: bucketOf(call),
    keys: page.objects.map((each) => ({
      ...objectFields(each),
      etag: `"${each.etag}"`,
      // unlike in listings of versions
      modified: each.modified / 1000,
    })),
    ...query,
    owner: owner(call),
    marker,
    next_marker: page.next ?? '',
    has_more: page.next !== undefined,
    common_prefixes: page.prefixes,
  });
};

/** Returns the fields that both listings have for an object. */
function objectFields({ key, size, type, modified }: Omit<ListedObject, 'etag'>) {
  return {
    key,
    size,
    mime_type: type,
    created: isoTime(modified),
    encrypted: false,
    storage_class: 'STANDARD',
  };
}

const listAll: Operation = async (call) => {
  const query = listingQuery(call);
  const keyMarker = textOf(call, 'key_marker');
  const marker = versionMarkerOf(call);
  if (marker !== '' && keyMarker === '') throw missingKeyMarker(marker);
  const versionMarker = marker === '' ? undefined : marker;
  const { entries, next } = await listVersions(call.caller, bucketOf(call), {
    ...query,
    keyMarker,
    versionMarker,
  });
  return jsonAnswer(200, {
    name: bucketOf(call),
    prefix: query.prefix,
    delimiter: query.delimiter,
    key_marker: keyMarker,
    version_id_marker: marker,
    limit: query.limit,
    owner: owner(call),
    has_more: next !== undefined,
    keys: entries.flatMap((each) => (each.kind === 'prefix' ? [] : [versionFields(each)])),
    common_prefixes: entries.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : [])),
    next_key_marker: next?.key ?? '',
    next_version_id_marker: next?.versionId ?? '',
  });
};

/** Reads the marker of a version; the documentation spells the parameter both ways. */
function versionMarkerOf({ parameters }: Call): string {
  return parameters.get('version_id_marker') ?? parameters.get('version-id-marker') ?? '';
}

function missingKeyMarker(marker: string) {
  const message = 'A version_id_marker cannot be specified without a key_marker.';
  return invalidArgument('version_id_marker', marker, message);
}

/**
 * Returns the entry of a version: its etag has no quotes, and all times have one form.
 */
function versionFields(entry: Exclude<ListedVersion, { kind: 'prefix' }>) {
  const content = entry.kind === 'version' ? entry : { ...entry, size: 0, etag: '', type: '' };
  const { isLatest, versionId, modified, etag } = content;
  return {
    ...objectFields(content),
    is_latest: isLatest,
    delete_marker: entry.kind === 'marker',
    version_id: versionId,
    etag,
    modified: isoTime(modified),
  };
}
