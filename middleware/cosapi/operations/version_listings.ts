import { headBucket } from '../../../src/buckets/bucket';
import type { ListedVersion } from '../../../src/buckets/version_listing';
import { NULL_VERSION } from '../../../src/buckets/versions';
import type { Call, Operation, Route } from '../../../src/dialects/s3/call';
import { bucketOf, isoTime, type Naming } from '../../../src/dialects/s3/arguments';
import { CaselessQuery } from '../../../src/dialects/query';
import { beginning, commonPrefixes, encodingIn } from '../../../src/dialects/s3/listings';
import { renderOwner } from '../../../src/dialects/s3/service';
import { prefixesIn, queryVersions } from '../../../src/dialects/s3/version_listings';
import { LIST_VERSIONS } from '../../../src/dialects/s3/vocabulary';
import { xml, xmlAnswer } from '../../../src/dialects/xml';

export const versionListingRoutes: readonly Route[] = [
  {
    name: 'ListObjectVersions',
    method: 'GET',
    on: 'bucket',
    parameters: ['versions'],
    vocabulary: LIST_VERSIONS,
    run: (call) => list(call),
  },
];

const MARKER = 'version-id-marker';
/** Means the newest version: a page with a key marker begins with it. */
const NEWEST = 'Default';
/** An id later than any: all versions of the key follow it. */
const LATER_THAN_ANY = '9999999999.99999';

const list: Operation = async (call) => {
  const page = await queryVersions(withoutDefault(call));
  const { entries, next, naming, limit, delimiter, keyMarker } = page;
  const idOf = await idFormat(call, entries);
  return xmlAnswer(call, 200, 'ListVersionsResult', [
    ...encodingIn(call, naming),
    ...beginning(call, naming),
    xml('KeyMarker', naming.of(keyMarker)),
    xml('VersionIdMarker', call.parameters.get(MARKER) ?? ''),
    xml('MaxKeys', limit),
    xml('IsTruncated', next !== undefined),
    next && xml('NextKeyMarker', naming.of(next.key)),
    next && xml('NextVersionIdMarker', next.versionId === undefined ? '' : idOf(next.versionId)),
    // a client that continues from this key alone would miss its remaining versions
    next && !next.isAmidKey ? xml('NextMarker', naming.of(next.key)) : undefined,
    call.parameters.has('delimiter') ? xml('Delimiter', naming.of(delimiter)) : undefined,
    ...commonPrefixes(prefixesIn(entries), naming),
    ...entries.map((each) => versionElement(each, naming, idOf, renderOwner(call))),
  ]);
};

function withoutDefault(call: Call): Call {
  if (call.parameters.get(MARKER) !== NEWEST) return call;
  const others = [...call.parameters].filter(([name]) => name.toLowerCase() !== MARKER);
  const marker = call.parameters.get('key-marker') ? [[MARKER, LATER_THAN_ANY] as const] : [];
  return { ...call, parameters: new CaselessQuery([...others, ...marker]) };
}

/**
 * Returns how ids are written: in a bucket that was never versioned, versions have no id.
 */
async function idFormat(
  call: Call,
  entries: readonly ListedVersion[],
): Promise<(id: string) => string> {
  const hasNull = entries.some((each) => each.kind !== 'prefix' && each.versionId === NULL_VERSION);
  if (!hasNull) return (id) => id;
  const { versioning } = await headBucket(call.caller, bucketOf(call));
  return (id) => (versioning === 'never' ? '' : id);
}

function versionElement(
  entry: ListedVersion,
  naming: Naming,
  idOf: (id: string) => string,
  ownerElement: string,
): string | undefined {
  if (entry.kind === 'prefix') return undefined;
  const { key, versionId, isLatest, modified } = entry;
  const fields = [
    xml('Key', naming.of(key)),
    xml('VersionId', idOf(versionId)),
    xml('IsLatest', isLatest),
    xml('LastModified', isoTime(modified)),
  ];
  if (entry.kind === 'marker') return xml('DeleteMarker', [...fields, ownerElement]);
  const content = [
    xml('ETag', `"${entry.etag}"`),
    xml('Size', entry.size),
    xml('StorageClass', 'STANDARD'),
  ];
  return xml('Version', [...fields, ...content, ownerElement]);
}
