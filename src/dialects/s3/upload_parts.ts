import { BucketError } from '../../buckets/errors';
import { copySourceError } from '../../buckets/copies';
import { readObject, type ReadObject } from '../../buckets/objects';
import { preconditionFailed } from '../../buckets/preconditions';
import { putPart } from '../../buckets/uploads/upload_parts';
import { getUpload, MAX_PARTS } from '../../buckets/uploads/uploads';
import { destroy, whileUnread } from '../../http/body';
import { parseDate } from '../../http/dates';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { xml, xmlAnswer } from '../xml';
import { invalidArgument, isoTime } from './arguments';
import { contentSumField, withContentSum } from './content_sum';
import { conditionsOf } from './conditions';
import { copySourceOf } from './copies';
import { checksumFields, etagFromContentMd5 } from './object_headers';
import { uploadOf } from './uploads';
import { BODY, COPY_SOURCE } from './vocabulary';

const SOURCE = 'x-amz-copy-source';
const NUMBER = 'partNumber';
const BOTH = [NUMBER, 'uploadId'];

export const partRoutes: readonly Route[] = [
  {
    name: 'UploadPartCopy',
    method: 'PUT',
    on: 'object',
    parameters: BOTH,
    header: SOURCE,
    vocabulary: { headers: COPY_SOURCE },
    run: (call) => copy(call),
  },
  {
    name: 'UploadPart',
    method: 'PUT',
    on: 'object',
    parameters: BOTH,
    vocabulary: { headers: BODY },
    run: (call) => put(call),
  },
  {
    name: 'UploadPart',
    method: 'PUT',
    on: 'object',
    parameters: [NUMBER],
    run: () => incomplete(NUMBER),
  },
  {
    name: 'UploadPart',
    method: 'PUT',
    on: 'object',
    parameters: ['uploadId'],
    run: () => incomplete('uploadId'),
  },
];

/** Neither parameter is valid without the other. */
function incomplete(name: string): Promise<never> {
  return Promise.reject(invalidArgument('ResourceType', name, 'Unexpected query string parameter'));
}

function numberOf({ parameters }: Call): number {
  const value = parameters.get(NUMBER) ?? '';
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    NUMBER,
    value,
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
  );
}

const put: Operation = async (call) => {
  const { caller, payload } = call;
  const [number, upload] = [numberOf(call), uploadOf(call)];
  const { body, length, checksums, trailing } = payload;
  if (length === undefined)
    throw new BucketError('missing-length', 'You must provide the Content-Length HTTP header.');
  const summed = await withContentSum(call, body);
  const content = {
    body: summed.body,
    length,
    headers: etagFromContentMd5(call),
    sums: Buffer.isBuffer(body) ? new Map([...checksums, ...summed.sums()]) : checksums,
    trailing: () => new Map([...trailing(), ...summed.sums()]),
  };
  const { etag } = await putPart(caller, upload, number, content);
  const headers = Headers.of({ ETag: `"${etag}"` }).withAll(contentSumField(call, summed.sums()));
  const sums = checksumFields(new Map([...checksums, ...trailing()])).without(
    'x-amz-checksum-type',
  );
  return { status: 200, headers: headers.withAll(sums), body: NO_BODY };
};

const copy: Operation = async (call) => {
  const { caller } = call;
  const [number, upload, source] = [numberOf(call), uploadOf(call), copySourceOf(call)];
  await getUpload(caller, upload);
  const range = call.request.headers.get(`${SOURCE}-range`);
  if (range !== undefined && !/^bytes=\d+-\d+$/.test(range)) throw badRange(range, FORM);
  const sourceObject = await readObject(caller, source, {
    method: 'GET',
    conditions: conditionsOf(call, `${SOURCE}-`),
    range,
  }).catch((error: unknown) => {
    throw sourceError(error, range);
  });
  if (sourceObject.status === 304) throw preconditionFailed(SOURCE);
  const length = lengthOf(sourceObject, range);
  const { body, sums } = await withContentSum(call, sourceObject.body);
  const content = { body, length, headers: Headers.none, sums: NONE, trailing: sums };
  const { etag, lastModified } = await whileUnread(sourceObject, () =>
    putPart(caller, upload, number, content),
  );
  const headers = Headers.of({ 'x-amz-copy-source-version-id': sourceObject.versionId });
  const time = isoTime(parseDate(lastModified) ?? Date.now());
  return xmlAnswer(
    call,
    200,
    'CopyPartResult',
    [xml('LastModified', time), xml('ETag', `"${etag}"`)],
    headers.withAll(contentSumField(call, sums())),
  );
};

const NONE: ReadonlyMap<string, string> = new Map();
const FORM =
  'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy';

/** Returns the length of the part. A range beyond the end of the source is invalid. */
function lengthOf({ size, headers, body }: ReadObject, range: string | undefined): number {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (range === undefined || first === undefined || last === undefined)
    return Number(headers.get('content-length') ?? size);
  if (Number(last) < size && Number(first) <= Number(last)) return Number(last) - Number(first) + 1;
  destroy(body);
  throw badRange(range, `Range specified is not valid for source object of size: ${size}`);
}

function badRange(range: string, message: string): BucketError {
  return invalidArgument(`${SOURCE}-range`, range, message);
}

function sourceError(error: unknown, range = ''): unknown {
  if (!(error instanceof BucketError)) return error;
  const { code, details } = error;
  if (code === 'invalid-range')
    return badRange(
      range,
      `Range specified is not valid for source object of size: ${details.fields?.['ActualObjectSize'] ?? ''}`,
    );
  return copySourceError(error);
}
