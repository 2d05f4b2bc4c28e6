import { listObjects, type ListedObject } from '../../buckets/listing';
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
import { renderOwner } from './service';
import { LIST_OBJECTS, LIST_OBJECTS_V2 } from './vocabulary';

export const listingRoutes: readonly Route[] = [
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    parameters: ['list-type'],
    vocabulary: LIST_OBJECTS_V2,
    run: (call) => listV2(call),
  },
];

export const plainListing: Route = {
  name: 'ListObjects',
  method: 'GET',
  on: 'bucket',
  vocabulary: LIST_OBJECTS,
  run: (call) => listV1(call),
};

const listV1: Operation = async (call) => {
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const query = { prefix: textOf(call, 'prefix'), delimiter: textOf(call, 'delimiter'), limit };
  const marker = textOf(call, 'marker');
  const page = await listObjects(call.caller, bucketOf(call), { ...query, startAfter: marker });
  const content = [
    ...beginning(call, naming),
    xml('Marker', naming.of(marker)),
    page.next === undefined ? undefined : xml('NextMarker', naming.of(page.next)),
    ...bounds(call, query, naming),
    xml('IsTruncated', page.next !== undefined),
    ...page.objects.map((each) => contents(each, naming, renderOwner(call))),
    ...commonPrefixes(page.prefixes, naming),
  ];
  return xmlAnswer(call, 200, 'ListBucketResult', content, regionOf(call));
};

const listV2: Operation = async (call) => {
  const { parameters } = call;
  const type = parameters.get('list-type') ?? '';
  if (type !== '2')
    throw invalidArgument('list-type', type, 'Invalid List Type specified in Request');
  const [naming, limit] = [namingOf(call), limitOf(call)];
  const query = { prefix: textOf(call, 'prefix'), delimiter: textOf(call, 'delimiter'), limit };
  const [token, after] = [parameters.get('continuation-token'), textOf(call, 'start-after')];
  // an empty token starts from the beginning
  const startAfter = token ? readToken(token) : after;
  const page = await listObjects(call.caller, bucketOf(call), { ...query, startAfter });
  const ownerElement = isTrueValue(parameters.get('fetch-owner')) ? renderOwner(call) : undefined;
  const content = [
    ...beginning(call, naming),
    page.next === undefined ? undefined : xml('NextContinuationToken', writeToken(page.next)),
    token === undefined ? undefined : xml('ContinuationToken', token),
    parameters.has('start-after') ? xml('StartAfter', naming.of(after)) : undefined,
    xml('KeyCount', page.objects.length + page.prefixes.length),
    ...bounds(call, query, naming),
    xml('IsTruncated', page.next !== undefined),
    ...page.objects.map((each) => contents(each, naming, ownerElement)),
    ...commonPrefixes(page.prefixes, naming),
  ];
  return xmlAnswer(call, 200, 'ListBucketResult', content, regionOf(call));
};

function regionOf({ location }: Call): Headers {
  return Headers.of({ 'x-amz-bucket-region': location });
}

/** Returns the first elements of a bucket listing. */
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

/** Returns the elements with the encoding of names. */
export function encodingIn({ wireFormat }: Call, { encoding }: Naming): string[] {
  return encoding === undefined
    ? []
    : wireFormat.encodingElements.map((name) => xml(name, encoding));
}

function contents(
  { key, etag, size, modified }: ListedObject,
  naming: Naming,
  ownerElement: string | undefined,
): string {
  return xml('Contents', [
    xml('Key', naming.of(key)),
    xml('LastModified', isoTime(modified)),
    xml('ETag', `"${etag}"`),
    xml('Size', size),
    ownerElement,
    xml('StorageClass', 'STANDARD'),
  ]);
}

/** Returns the elements of common prefixes. */
export function commonPrefixes(prefixes: readonly ByteString[], naming: Naming): string[] {
  return prefixes.map((prefix) => xml('CommonPrefixes', [xml('Prefix', naming.of(prefix))]));
}
