import { listObjects, type Listed } from '../../buckets/listing';
import { isTrueValue, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Operation, Route, Call } from './call';
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
import { readToken, writeToken } from './continuation';
import { owner } from './service';

export const listingRoutes: readonly Route[] = [
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    parameters: ['list-type'],
    run: (call) => listSecond(call),
  },
];

export const plainListing: Route = {
  name: 'ListObjects',
  method: 'GET',
  on: 'bucket',
  run: (call) => listFirst(call),
};

const listFirst: Operation = async (call) => {
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const asked = { prefix: textOf(call, 'prefix'), delimiter: textOf(call, 'delimiter'), limit };
  const marker = textOf(call, 'marker');
  const page = await listObjects(call.caller, bucketOf(call), { ...asked, startAfter: marker });
  const content = [
    ...beginning(call, naming),
    xml('Marker', naming.of(marker)),
    page.next === undefined ? undefined : xml('NextMarker', naming.of(page.next)),
    ...bounds(call, asked, naming),
    xml('IsTruncated', page.next !== undefined),
    ...page.objects.map((each) => contents(each, naming, owner(call))),
    ...commonPrefixes(page.prefixes, naming),
  ];
  return xmlAnswer(call, 200, 'ListBucketResult', content, regionOf(call));
};

const listSecond: Operation = async (call) => {
  const { parameters } = call;
  const type = parameters.get('list-type') ?? '';
  if (type !== '2')
    throw invalidArgument('list-type', type, 'Invalid List Type specified in Request');
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const asked = { prefix: textOf(call, 'prefix'), delimiter: textOf(call, 'delimiter'), limit };
  const [token, after] = [parameters.get('continuation-token'), textOf(call, 'start-after')];
  // an empty one is where a listing begins
  const startAfter = token ? readToken(token) : after;
  const page = await listObjects(call.caller, bucketOf(call), { ...asked, startAfter });
  const shown = isTrueValue(parameters.get('fetch-owner')) ? owner(call) : undefined;
  const content = [
    ...beginning(call, naming),
    page.next === undefined ? undefined : xml('NextContinuationToken', writeToken(page.next)),
    token === undefined ? undefined : xml('ContinuationToken', token),
    parameters.has('start-after') ? xml('StartAfter', naming.of(after)) : undefined,
    xml('KeyCount', page.objects.length + page.prefixes.length),
    ...bounds(call, asked, naming),
    xml('IsTruncated', page.next !== undefined),
    ...page.objects.map((each) => contents(each, naming, shown)),
    ...commonPrefixes(page.prefixes, naming),
  ];
  return xmlAnswer(call, 200, 'ListBucketResult', content, regionOf(call));
};

function regionOf({ location }: Call): Headers {
  return Headers.of({ 'x-amz-bucket-region': location });
}

/** What listings of a bucket begin with. */
export function beginning(call: Call, naming: Naming): string[] {
  return [xml('Name', bucketOf(call)), xml('Prefix', naming.of(textOf(call, 'prefix')))];
}

function bounds(
  call: Call,
  { limit, delimiter }: { limit: number; delimiter: ByteString },
  naming: Naming,
) {
  return [
    xml('MaxKeys', limit),
    delimiter === '' ? undefined : xml('Delimiter', naming.of(delimiter)),
    ...encodingIn(call, naming),
  ];
}

/** How the names of a listing are encoded. */
export function encodingIn({ spelling }: Call, { encoding }: Naming): string[] {
  return encoding === undefined ? [] : spelling.encodingElements.map((name) => xml(name, encoding));
}

function contents(
  { key, etag, size, modified }: Listed,
  naming: Naming,
  shown: string | undefined,
): string {
  return xml('Contents', [
    xml('Key', naming.of(key)),
    xml('LastModified', isoTime(modified)),
    xml('ETag', `"${etag}"`),
    xml('Size', size),
    shown,
    xml('StorageClass', 'STANDARD'),
  ]);
}

/** What others are folded into. */
export function commonPrefixes(prefixes: readonly ByteString[], naming: Naming): string[] {
  return prefixes.map((prefix) => xml('CommonPrefixes', [xml('Prefix', naming.of(prefix))]));
}
