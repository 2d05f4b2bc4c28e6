import { checksumsIn } from '../../buckets/metadata';
import { headObject, type ObjectInfo } from '../../buckets/objects';
import {
  isMadeOfParts,
  objectParts,
  partChecksums,
  type ObjectPart,
} from '../../buckets/uploads/object_parts';
import type { ObjectRef } from '../../buckets/versions';
import { Headers } from '../../http/headers';
import type { Call, Operation, Route } from './call';
import { xml, xmlAnswer } from '../xml';
import { invalidArgument, keyOf } from './arguments';
import { versionOf } from './conditions';
import { checksumElements, checksumTypeOf } from './part_list';
import { BY_VERSION } from './vocabulary';

const ATTRIBUTES = 'x-amz-object-attributes';
const [MAX, MARKER] = ['x-amz-max-parts', 'x-amz-part-number-marker'];
const KNOWN: ReadonlySet<string> = new Set([
  'ETag',
  'Checksum',
  'ObjectParts',
  'StorageClass',
  'ObjectSize',
]);
/** Parts in one response. */
const MAX_PARTS_LISTED = 1000;
const MAX_INTEGER = 2_147_483_647;

export const attributeRoutes: readonly Route[] = [
  {
    name: 'GetObjectAttributes',
    method: 'GET',
    on: 'object',
    parameters: ['attributes'],
    vocabulary: { ...BY_VERSION, headers: [ATTRIBUTES, MAX, MARKER] },
    run: (call) => getAttributes(call),
  },
];

const getAttributes: Operation = async (call) => {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const attributes = attributesOf(call);
  const page = {
    max: Math.min(numberIn(call, MAX) ?? MAX_PARTS_LISTED, MAX_PARTS_LISTED),
    marker: numberIn(call, MARKER) ?? 0,
  };
  const info = await headObject(call.caller, ref);
  const version = { ...ref, versionId: info.versionId ?? ref.versionId };
  const sums = checksumsIn(info.headers);
  const headers = Headers.of({
    'Last-Modified': info.headers.get('last-modified'),
    'x-amz-version-id': info.versionId,
  });
  const content = [
    attributes.has('ETag') ? xml('ETag', info.etag) : undefined,
    attributes.has('Checksum') ? checksumElement(sums) : undefined,
    attributes.has('ObjectParts') ? await partsElement(call, version, info, page) : undefined,
    attributes.has('StorageClass') ? xml('StorageClass', 'STANDARD') : undefined,
    attributes.has('ObjectSize') ? xml('ObjectSize', info.size) : undefined,
  ];
  return xmlAnswer(call, 200, 'GetObjectAttributesResponse', content, headers);
};

/** Returns the requested attributes. @throws BucketError `invalid-argument` */
function attributesOf({ request: { headers } }: Call): ReadonlySet<string> {
  const list = headers.get(ATTRIBUTES) ?? '';
  const names = list.split(',').map((each) => each.trim());
  if (list === '')
    throw invalidArgument(ATTRIBUTES, list, `${ATTRIBUTES} must name at least one attribute.`);
  if (names.some((name) => !KNOWN.has(name)))
    throw invalidArgument(ATTRIBUTES, list, 'Invalid attribute name specified.');
  return new Set(names);
}

function numberIn({ request: { headers } }: Call, name: string): number | undefined {
  const value = headers.get(name);
  if (value === undefined) return undefined;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (number <= MAX_INTEGER) return number;
  throw invalidArgument(name, value, `Provided ${name} not an integer or within integer range`);
}

function checksumElement(sums: ReadonlyMap<string, string>): string | undefined {
  const elements = checksumElements(sums);
  const type = checksumTypeOf(sums);
  return type && xml('Checksum', [...elements, xml('ChecksumType', type)]);
}

/** Lists some of the parts; undefined for an object that was not uploaded in parts. */
async function partsElement(
  { caller }: Call,
  version: ObjectRef,
  info: ObjectInfo,
  { max, marker }: { readonly max: number; readonly marker: number },
): Promise<string | undefined> {
  const parts = isMadeOfParts(info.headers) ? await objectParts(caller, version) : undefined;
  if (parts === undefined) return undefined;
  const page = parts.slice(marker, marker + max);
  const isSummed = page.length > 0 && checksumTypeOf(checksumsIn(info.headers)) !== undefined;
  const sums = isSummed ? await partChecksums(caller, version, page) : new Map<string, never>();
  const partElement = ({ path, bytes }: ObjectPart, at: number) => {
    const sum = sums.get(path);
    return xml('Part', [
      ...checksumElements(new Map(sum ? [sum] : [])),
      xml('PartNumber', marker + at + 1),
      xml('Size', bytes),
    ]);
  };
  return xml('ObjectParts', [
    xml('IsTruncated', marker + page.length < parts.length && max > 0),
    xml('MaxParts', max),
    xml('NextPartNumberMarker', page.length === 0 ? 0 : marker + page.length),
    xml('PartNumberMarker', marker),
    ...page.map(partElement),
    xml('PartsCount', parts.length),
  ]);
}
