import { BucketError } from '../../buckets/errors';
import { checksumsIn } from '../../buckets/metadata';
import { headObject, readObject, type ReadObject } from '../../buckets/objects';
import { partRange } from '../../buckets/uploads/part_ranges';
import { MAX_PARTS } from '../../buckets/uploads/uploads';
import type { ObjectRef } from '../../buckets/versions';
import { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { xml, xmlAnswer } from '../xml';
import { invalidArgument, keyOf } from './arguments';
import { contentSumOf } from './content_sum';
import { conditionsOf, versionOf } from './conditions';
import { requestedChecksums, objectHeaders, responseOverrides } from './object_headers';

export const readRoutes: readonly Route[] = [
  {
    name: 'GetObjectAttributes',
    method: 'GET',
    on: 'object',
    parameters: ['attributes'],
    run: (call) => getAttributes(call),
  },
];

/** To be placed after the routes with parameters. */
export const plainReadRoutes: readonly Route[] = [
  { name: 'GetObject', method: 'GET', on: 'object', run: (call) => read(call, 'GET') },
  { name: 'HeadObject', method: 'HEAD', on: 'object', run: (call) => read(call, 'HEAD') },
];

async function read(call: Call, method: 'GET' | 'HEAD'): Promise<Response> {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const overrides = responseOverrides(call);
  const part = call.parameters.get('partNumber');
  if (part !== undefined) return readPart(call, ref, method, part);
  const { headers } = call.request;
  const [range, ifRange] = [headers.get('range'), headers.get('if-range')];
  const conditions = conditionsOf(call);
  return present(
    call,
    await readObject(call.caller, ref, { method, conditions, range, ifRange }),
    overrides,
  );
}

async function readPart(
  call: Call,
  ref: ObjectRef,
  method: 'GET' | 'HEAD',
  value: string,
): Promise<Response> {
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MAX_PARTS)
    throw invalidArgument(
      'partNumber',
      value,
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    );
  if (call.request.headers.has('range'))
    throw new BucketError(
      'invalid-request',
      'Cannot specify both Range header and partNumber query parameter',
    );
  const { versionId, range, count } = await partRange(call.caller, ref, number);
  const conditions = conditionsOf(call);
  const object = await readObject(
    call.caller,
    { ...ref, versionId },
    { method, conditions, range },
  );
  const parts = Headers.of({
    'x-amz-mp-parts-count': count === undefined ? undefined : String(count),
  });
  return present(call, object, responseOverrides(call).withAll(parts));
}

function present(call: Call, object: ReadObject, extraHeaders: Headers): Response {
  const { status, body } = object;
  if (status === 304) {
    const headers = objectHeaders(object).without(
      'content-length',
      'content-type',
      'content-range',
    );
    return { status, headers, body };
  }
  const checksums = status === 200 ? requestedChecksums(call, object) : Headers.none;
  const headers = objectHeaders(object)
    .withAll(checksums)
    .withAll(contentSumOf(call, object))
    .withAll(extraHeaders);
  return { status, headers, body };
}

const getAttributes: Operation = async (call) => {
  const ref = { ...keyOf(call), versionId: versionOf(call) };
  const list = call.request.headers.get('x-amz-object-attributes') ?? '';
  const attributes = new Set(list.split(',').map((each) => each.trim()));
  if (list === '')
    throw invalidArgument(
      'x-amz-object-attributes',
      list,
      'x-amz-object-attributes must name at least one attribute.',
    );
  const info = await headObject(call.caller, ref);
  const [, parts] = /-(\d+)$/.exec(info.etag) ?? [];
  const sums = [...checksumsIn(info.headers)].map(([name, sum]) =>
    xml(`Checksum${name.toUpperCase()}`, sum),
  );
  const ifRequested = (name: string, content: () => string | undefined) =>
    attributes.has(name) ? content() : undefined;
  const headers = Headers.of({
    'Last-Modified': info.headers.get('last-modified'),
    'x-amz-version-id': info.versionId,
  });
  const content = [
    ifRequested('ETag', () => xml('ETag', info.etag)),
    ifRequested('Checksum', () => (sums.length === 0 ? undefined : xml('Checksum', sums))),
    ifRequested('ObjectParts', () =>
      parts === undefined ? undefined : xml('ObjectParts', [xml('PartsCount', parts)]),
    ),
    ifRequested('StorageClass', () => xml('StorageClass', 'STANDARD')),
    ifRequested('ObjectSize', () => xml('ObjectSize', info.size)),
  ];
  return xmlAnswer(call, 200, 'GetObjectAttributesResponse', content, headers);
};
