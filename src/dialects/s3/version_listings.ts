import { listVersions, type ListedVersion, type VersionPage } from '../../buckets/version_listing';
import type { ByteString } from '../../http/bytes';
import type { Call, Operation, Route } from './call';
import { xml, xmlAnswer } from '../xml';
import {
  bucketOf,
  invalidArgument,
  isoTime,
  limitOf,
  namingOf,
  textOf,
  type Naming,
} from './arguments';
import { beginning, commonPrefixes, encodingIn } from './listings';
import { renderOwner } from './service';
import { LIST_VERSIONS } from './vocabulary';

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

/** A page of versions, with its query. */
export interface AskedVersions extends VersionPage {
  readonly naming: Naming;
  readonly limit: number;
  readonly delimiter: ByteString;
  readonly keyMarker: ByteString;
  readonly versionMarker: string;
}

/** Returns the requested page. @throws BucketError for an invalid query */
export async function queryVersions(call: Call): Promise<AskedVersions> {
  const { parameters, caller } = call;
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const [prefix, delimiter] = [textOf(call, 'prefix'), textOf(call, 'delimiter')];
  const keyMarker = textOf(call, 'key-marker');
  const marker = parameters.get('version-id-marker') ?? '';
  if (marker !== '' && !parameters.has('key-marker')) throw missingKeyMarker(marker);
  const versionMarker = marker === '' ? undefined : marker;
  const query = { prefix, delimiter, limit, keyMarker, versionMarker };
  const page = await listVersions(caller, bucketOf(call), query);
  return { ...page, naming, limit, delimiter, keyMarker, versionMarker: marker };
}

/** Returns the common prefixes of a page. */
export function prefixesIn(entries: readonly ListedVersion[]): ByteString[] {
  return entries.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : []));
}

const list: Operation = async (call) => {
  const page = await queryVersions(call);
  const { entries, next, naming, limit, delimiter, keyMarker, versionMarker } = page;
  return xmlAnswer(call, 200, 'ListVersionsResult', [
    ...beginning(call, naming),
    xml('KeyMarker', naming.of(keyMarker)),
    xml('VersionIdMarker', versionMarker),
    next && xml('NextKeyMarker', naming.of(next.key)),
    next?.versionId === undefined ? undefined : xml('NextVersionIdMarker', next.versionId),
    xml('MaxKeys', limit),
    call.parameters.has('delimiter') ? xml('Delimiter', naming.of(delimiter)) : undefined,
    ...encodingIn(call, naming),
    xml('IsTruncated', next !== undefined),
    ...entries.map((each) => versionElement(each, naming, renderOwner(call))),
    ...commonPrefixes(prefixesIn(entries), naming),
  ]);
};

function missingKeyMarker(marker: string) {
  return invalidArgument(
    'version-id-marker',
    marker,
    'A version-id marker cannot be specified without a key marker.',
  );
}

/** Returns the element of a version or delete marker; common prefixes follow later. */
function versionElement(
  entry: ListedVersion,
  naming: Naming,
  ownerElement: string,
): string | undefined {
  if (entry.kind === 'prefix') return undefined;
  const { key, versionId, isLatest, modified } = entry;
  const identity = [
    xml('Key', naming.of(key)),
    xml('VersionId', versionId),
    xml('IsLatest', isLatest),
  ];
  const time = xml('LastModified', isoTime(modified));
  if (entry.kind === 'marker') return xml('DeleteMarker', [...identity, time, ownerElement]);
  const content = [xml('ETag', `"${entry.etag}"`), xml('Size', entry.size), ownerElement];
  return xml('Version', [...identity, time, ...content, xml('StorageClass', 'STANDARD')]);
}
