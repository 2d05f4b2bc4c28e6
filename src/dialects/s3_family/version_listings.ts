import { listVersions, type ListedVersion } from '../../buckets/version_listing';
import type { Operation, Route } from '../call';
import { xml, xmlAnswer } from '../xml';
import { bucketOf, invalidArgument, isoTime, limitOf, namingOf, textOf, type Naming } from './arguments';
import { beginning, commonPrefixes } from './listings';
import { owner } from './service';

export const versionListingRoutes: readonly Route[] = [
  {
    name: 'ListObjectVersions',
    method: 'GET',
    on: 'bucket',
    parameters: ['versions'],
    run: (call) => list(call),
  },
];

const list: Operation = async (call) => {
  const { parameters, caller } = call;
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const [prefix, delimiter] = [textOf(call, 'prefix'), textOf(call, 'delimiter')];
  const keyMarker = textOf(call, 'key-marker');
  const marker = parameters.get('version-id-marker') ?? '';
  if (marker !== '' && !parameters.has('key-marker')) throw withoutKey(marker);
  const versionMarker = marker === '' ? undefined : marker;
  const query = { prefix, delimiter, limit, keyMarker, versionMarker };
  const { entries, next } = await listVersions(caller, bucketOf(call), query);
  const prefixes = entries.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : []));
  return xmlAnswer(call, 200, 'ListVersionsResult', [
    ...beginning(call, naming),
    xml('KeyMarker', naming.of(keyMarker)),
    xml('VersionIdMarker', marker),
    next && xml('NextKeyMarker', naming.of(next.key)),
    next?.versionId === undefined ? undefined : xml('NextVersionIdMarker', next.versionId),
    xml('MaxKeys', limit),
    parameters.has('delimiter') ? xml('Delimiter', naming.of(delimiter)) : undefined,
    naming.encoding && xml('EncodingType', naming.encoding),
    xml('IsTruncated', next !== undefined),
    ...entries.map((each) => listed(each, naming, owner(caller.user))),
    ...commonPrefixes(prefixes, naming),
  ]);
};

function withoutKey(marker: string) {
  return invalidArgument(
    'version-id-marker',
    marker,
    'A version-id marker cannot be specified without a key marker.',
  );
}

/** Versions and delete markers as they come; what others are folded into has its place behind them. */
function listed(entry: ListedVersion, naming: Naming, shown: string): string | undefined {
  if (entry.kind === 'prefix') return undefined;
  const { key, versionId, isLatest, modified } = entry;
  const own = [xml('Key', naming.of(key)), xml('VersionId', versionId), xml('IsLatest', isLatest)];
  const time = xml('LastModified', isoTime(modified));
  if (entry.kind === 'marker') return xml('DeleteMarker', [...own, time, shown]);
  const content = [xml('ETag', `"${entry.etag}"`), xml('Size', entry.size), shown];
  return xml('Version', [...own, time, ...content, xml('StorageClass', 'STANDARD')]);
}
