import { headBucket } from '../../../src/buckets/bucket';
import type { ListedVersion } from '../../../src/buckets/version_listing';
import { NULL_VERSION } from '../../../src/buckets/versions';
import type { Call, Operation, Route } from '../../../src/dialects/s3/call';
import { bucketOf, isoTime, type Naming } from '../../../src/dialects/s3/arguments';
import { CaselessQuery } from '../../../src/dialects/query';
import { beginning, commonPrefixes, encodingIn } from '../../../src/dialects/s3/listings';
import { owner } from '../../../src/dialects/s3/service';
import { prefixesIn, versionsAsked } from '../../../src/dialects/s3/version_listings';
import { xml, xmlAnswer } from '../../../src/dialects/xml';

export const versionListingRoutes: readonly Route[] = [
  {
    name: 'ListObjectVersions',
    method: 'GET',
    on: 'bucket',
    parameters: ['versions'],
    run: (call) => list(call),
  },
];

const MARKER = 'version-id-marker';
/** Means the newest version: with a key to begin at, a page begins with that. */
const NEWEST = 'Default';
/** Behind an id that is later than any, all versions of a key follow. */
const LATER_THAN_ANY = '9999999999.99999';

const list: Operation = async (call) => {
  const asked = await versionsAsked(withoutDefault(call));
  const { entries, next, naming, limit, delimiter, keyMarker } = asked;
  const idOf = await idsIn(call, entries);
  return xmlAnswer(call, 200, 'ListVersionsResult', [
    ...encodingIn(call, naming),
    ...beginning(call, naming),
    xml('KeyMarker', naming.of(keyMarker)),
    xml('VersionIdMarker', call.parameters.get(MARKER) ?? ''),
    xml('MaxKeys', limit),
    xml('IsTruncated', next !== undefined),
    next && xml('NextKeyMarker', naming.of(next.key)),
    next && xml('NextVersionIdMarker', next.versionId === undefined ? '' : idOf(next.versionId)),
    // a client that goes on behind this key alone would miss what follows of it
    next && !next.isAmidKey ? xml('NextMarker', naming.of(next.key)) : undefined,
    call.parameters.has('delimiter') ? xml('Delimiter', naming.of(delimiter)) : undefined,
    ...commonPrefixes(prefixesIn(entries), naming),
    ...entries.map((each) => listed(each, naming, idOf, owner(call))),
  ]);
};

function withoutDefault(call: Call): Call {
  if (call.parameters.get(MARKER) !== NEWEST) return call;
  const others = [...call.parameters].filter(([name]) => name.toLowerCase() !== MARKER);
  const marker = call.parameters.get('key-marker') ? [[MARKER, LATER_THAN_ANY] as const] : [];
  return { ...call, parameters: new CaselessQuery([...others, ...marker]) };
}

/** How ids are written: in a bucket that never had versions an object's version has none. */
async function idsIn(
  call: Call,
  entries: readonly ListedVersion[],
): Promise<(id: string) => string> {
  const hasNull = entries.some((each) => each.kind !== 'prefix' && each.versionId === NULL_VERSION);
  if (!hasNull) return (id) => id;
  const { versioning } = await headBucket(call.caller, bucketOf(call));
  return (id) => (versioning === 'never' ? '' : id);
}

function listed(
  entry: ListedVersion,
  naming: Naming,
  idOf: (id: string) => string,
  shown: string,
): string | undefined {
  if (entry.kind === 'prefix') return undefined;
  const { key, versionId, isLatest, modified } = entry;
  const own = [
    xml('Key', naming.of(key)),
    xml('VersionId', idOf(versionId)),
    xml('IsLatest', isLatest),
    xml('LastModified', isoTime(modified)),
  ];
  if (entry.kind === 'marker') return xml('DeleteMarker', [...own, shown]);
  const content = [
    xml('ETag', `"${entry.etag}"`),
    xml('Size', entry.size),
    xml('StorageClass', 'STANDARD'),
  ];
  return xml('Version', [...own, ...content, shown]);
}
