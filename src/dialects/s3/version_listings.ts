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

/** A page of versions, and how it was asked for. */
export interface AskedVersions extends VersionPage {
  readonly naming: Naming;
  readonly limit: number;
  readonly delimiter: ByteString;
  readonly keyMarker: ByteString;
  readonly versionMarker: string;
}

/** The page that a request asks for. @throws BucketError for what it cannot ask for */
export async function versionsAsked(call: Call): Promise<AskedVersions> {
  const { parameters, caller } = call;
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const [prefix, delimiter] = [textOf(call, 'prefix'), textOf(call, 'delimiter')];
  const keyMarker = textOf(call, 'key-marker');
  const marker = parameters.get('version-id-marker') ?? '';
  if (marker !== '' && !parameters.has('key-marker')) throw withoutKey(marker);
  const versionMarker = marker === '' ? undefined : marker;
  const query = { prefix, delimiter, limit, keyMarker, versionMarker };
  const page = await listVersions(caller, bucketOf(call), query);
  return { ...page, naming, limit, delimiter, keyMarker, versionMarker: marker };
}

/** What others are folded into, of a page. */
export function prefixesIn(entries: readonly ListedVersion[]): ByteString[] {
  return entries.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : []));
}

const list: Operation = async (call) => {
  const asked = await versionsAsked(call);
  const { entries, next, naming, limit, delimiter, keyMarker, versionMarker } = asked;
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
    ...entries.map((each) => listed(each, naming, owner(call))),
    ...commonPrefixes(prefixesIn(entries), naming),
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
