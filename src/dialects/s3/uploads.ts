import { completeUpload } from '../../buckets/uploads/completion';
import { modifiedOf } from '../../buckets/entries';
import { BucketError } from '../../buckets/errors';
import { checksumModeOf, type ChecksumMode } from '../../buckets/uploads/part_sums';
import { listUploads } from '../../buckets/uploads/upload_listing';
import type { Upload } from '../../buckets/uploads/upload_names';
import { listParts, type Part } from '../../buckets/uploads/upload_parts';
import { abortUpload, createUpload, getUpload } from '../../buckets/uploads/uploads';
import { quote, toText, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { readXml, xml, xmlAnswer } from '../xml';
import {
  bodyOf,
  bucketOf,
  invalidArgument,
  isoTime,
  keyOf,
  limitOf,
  namingOf,
  textOf,
} from './arguments';
import { contentSumField } from './content_sum';
import { checkNewObjectAcl } from './requested_acl';
import { writeConditionOf } from './conditions';
import { contentHeadersOf, tagHeadersOf } from './object_headers';
import { encodingIn } from './listings';
import { listedParts, SUMS } from './part_list';
import { renderOwner } from './service';
import { COMPLETE_UPLOAD, LIST_PARTS, LIST_UPLOADS, NEW_UPLOAD } from './vocabulary';
import { idOf } from './writes';

/** Room for ten thousand parts, each with a checksum. */
const MAX_DOCUMENT = 4 * 1024 * 1024;
const ID = 'uploadId';
const OBJECT_SIZE = 'x-amz-mp-object-size';

export const uploadRoutes: readonly Route[] = [
  {
    name: 'CreateMultipartUpload',
    method: 'POST',
    on: 'object',
    parameters: ['uploads'],
    vocabulary: NEW_UPLOAD,
    run: (call) => create(call),
  },
  {
    name: 'ListParts',
    method: 'GET',
    on: 'object',
    parameters: [ID],
    vocabulary: LIST_PARTS,
    run: (call) => parts(call),
  },
  {
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    on: 'object',
    parameters: [ID],
    run: (call) => abort(call),
  },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    parameters: [ID],
    vocabulary: COMPLETE_UPLOAD,
    run: (call) => complete(call),
  },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    on: 'bucket',
    parameters: ['uploads'],
    vocabulary: LIST_UPLOADS,
    run: (call) => uploads(call),
  },
];

const create: Operation = async (call) => {
  const checksumMode = summingOf(call);
  await checkNewObjectAcl(call);
  const headers = contentHeadersOf(call).withAll((await tagHeadersOf(call)) ?? Headers.none);
  const upload = await createUpload(call.caller, keyOf(call), { headers, summing: checksumMode });
  const shownMode = shown(checksumMode);
  const checksumHeaders = Headers.of({
    'x-amz-checksum-algorithm': shownMode?.algorithm.toUpperCase(),
    'x-amz-checksum-type': shownMode && typeOf(shownMode),
  });
  const content = [
    xml('Bucket', upload.bucket),
    xml('Key', upload.key),
    xml('UploadId', upload.id),
  ];
  return xmlAnswer(call, 200, 'InitiateMultipartUploadResult', content, checksumHeaders);
};

/**
 * Returns the checksum mode of the parts and of the whole.
 *
 * @throws BucketError for an unsupported one
 */
function summingOf({
  request: { headers },
  wireFormat: { contentSum },
}: Call): ChecksumMode | undefined {
  const [algorithm, type] = [
    headers.get('x-amz-checksum-algorithm'),
    headers.get('x-amz-checksum-type'),
  ];
  if (algorithm === undefined) {
    if (type === undefined) return contentSum && checksumModeOf(contentSum);
    throw new BucketError(
      'invalid-request',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  if (type !== undefined && !['COMPOSITE', 'FULL_OBJECT'].includes(type))
    throw invalidChecksumType();
  const mode = shown(
    checksumModeOf(
      algorithm.toLowerCase(),
      type === undefined ? undefined : type === 'FULL_OBJECT',
    ),
  );
  if (mode) return mode;
  throw new BucketError(
    'invalid-request',
    type === undefined
      ? 'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]'
      : `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  );
}

/** Returns the mode if it is one of S3's; clients do not see another. */
function shown(mode: ChecksumMode | undefined): ChecksumMode | undefined {
  return mode && mode.algorithm in SUMS ? mode : undefined;
}

function typeOf({ isOfWhole }: ChecksumMode): string {
  return isOfWhole ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** Returns the upload that a request names. */
export function uploadOf(call: Call): Upload {
  return { ...keyOf(call), id: call.parameters.get(ID) ?? '' };
}

const parts: Operation = async (call) => {
  const { caller } = call;
  const upload = uploadOf(call);
  const [max, marker] = [limitOf(call, 'max-parts'), numberMarkerOf(call)];
  const naming = namingOf(call);
  const checksumMode = shown((await getUpload(caller, upload)).summing);
  const remaining = (await listParts(caller, upload)).filter(
    ({ number }) => marker === undefined || number > marker,
  );
  const page = remaining.slice(0, max);
  return xmlAnswer(call, 200, 'ListPartsResult', [
    xml('Bucket', upload.bucket),
    xml('Key', naming.of(upload.key)),
    xml('UploadId', upload.id),
    initiator(call),
    renderOwner(call),
    xml('StorageClass', 'STANDARD'),
    xml('PartNumberMarker', marker ?? 0),
    xml('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    xml('MaxParts', max),
    ...encodingIn(call, naming),
    checksumMode && xml('ChecksumAlgorithm', checksumMode.algorithm.toUpperCase()),
    checksumMode && xml('ChecksumType', typeOf(checksumMode)),
    xml('IsTruncated', remaining.length > page.length && max > 0),
    ...page.map(partElement),
  ]);
};

/** Undefined to start with the first part, which may be QingStor's part 0. */
function numberMarkerOf({ parameters }: Call): number | undefined {
  const value = parameters.get('part-number-marker');
  if (value === undefined) return undefined;
  const marker = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (marker <= 2_147_483_647) return marker;
  throw invalidArgument(
    'part-number-marker',
    value,
    'Provided part-number-marker not an integer or within integer range',
  );
}

function partElement({ number, entry, etag, bytes, sum }: Part): string {
  return xml('Part', [
    xml('PartNumber', number),
    xml('LastModified', isoTime(modifiedOf(entry))),
    xml('ETag', `"${etag}"`),
    xml('Size', bytes),
    sumElement(sum?.algorithm, sum?.sum.toString('base64')),
  ]);
}

/** Returns the element of a checksum, if it is one of S3's. */
function sumElement(algorithm: string | undefined, value: string | undefined): string | undefined {
  const name = SUMS[algorithm ?? ''];
  return name === undefined || value === undefined ? undefined : xml(name, value);
}

function initiator(call: Call): string {
  return xml('Initiator', call.wireFormat.owner(call));
}

const abort: Operation = async (call) => {
  await abortUpload(call.caller, uploadOf(call));
  return { status: 204, headers: Headers.none, body: NO_BODY };
};

const complete: Operation = async (call) => {
  const { caller, request } = call;
  const condition = writeConditionOf(call);
  const upload = uploadOf(call);
  const bytes = objectSizeOf(call);
  const { etag, versionId, sum } = await completeUpload(caller, upload, async () => ({
    parts: listedParts(
      await readXml(await bodyOf(call, MAX_DOCUMENT), MAX_DOCUMENT, 'CompleteMultipartUpload'),
    ),
    minPart: call.wireFormat.minPartSize,
    bytes,
    sums: sumsOf(request.headers),
    isOfWhole: isOfWholeIn(request.headers),
    condition,
  }));
  const content = [
    xml('Location', call.wireFormat.location(call)),
    xml('Bucket', upload.bucket),
    xml('Key', upload.key),
    xml('ETag', `"${etag}"`),
    sumElement(sum?.summing.algorithm, sum?.value),
    sum && shown(sum.summing) && xml('ChecksumType', typeOf(sum.summing)),
  ];
  const sums = new Map(sum ? [[sum.summing.algorithm, sum.value]] : []);
  const headers = Headers.of({ 'x-amz-version-id': idOf(versionId) }).withAll(
    contentSumField(call, sums),
  );
  return xmlAnswer(call, 200, 'CompleteMultipartUploadResult', content, headers);
};

/** Returns the size declared for the whole object; undefined if none is. */
function objectSizeOf({ request }: Call): number | undefined {
  const value = request.headers.get(OBJECT_SIZE);
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw invalidArgument(OBJECT_SIZE, value, `${OBJECT_SIZE} must be a number of bytes.`);
}

/**
 * Returns whether the declared checksum is one of the whole content, and not of the
 * checksums of parts; undefined if the request does not say.
 */
function isOfWholeIn(headers: Headers): boolean | undefined {
  const type = headers.get('x-amz-checksum-type');
  if (type === undefined) return undefined;
  if (type !== 'COMPOSITE' && type !== 'FULL_OBJECT') throw invalidChecksumType();
  return type === 'FULL_OBJECT';
}

function invalidChecksumType(): BucketError {
  return new BucketError('invalid-request', 'Value for x-amz-checksum-type header is invalid.');
}

/** Returns the checksums declared for the whole object. */
function sumsOf(headers: Headers): ReadonlyMap<string, string> {
  const checksums = Object.keys(SUMS).map(
    (name) => [name, headers.get(`x-amz-checksum-${name}`)] as const,
  );
  return new Map(checksums.filter((each): each is [string, string] => each[1] !== undefined));
}

/** Returns an object's location as S3 has it. */
export function locationOf({
  request,
  bucket = '',
  key = '',
}: Pick<Call, 'request' | 'bucket' | 'key'>): ByteString {
  return `http://${request.headers.get('host') ?? ''}/${quote(bucket)}/${quote(key)}`;
}

const uploads: Operation = async (call) => {
  const { caller } = call;
  const bucket = bucketOf(call);
  const naming = namingOf(call);
  const [prefix, delimiter, keyMarker] = ['prefix', 'delimiter', 'key-marker'].map((name) =>
    textOf(call, name),
  );
  const query = {
    prefix: prefix ?? '',
    delimiter: delimiter ?? '',
    keyMarker: keyMarker ?? '',
    idMarker: toText(textOf(call, 'upload-id-marker')),
    max: limitOf(call, 'max-uploads'),
  };
  const page = await listUploads(caller, bucket, query);
  return xmlAnswer(call, 200, 'ListMultipartUploadsResult', [
    xml('Bucket', bucket),
    xml('KeyMarker', naming.of(query.keyMarker)),
    xml('UploadIdMarker', query.idMarker),
    page.isTruncated ? xml('NextKeyMarker', naming.of(page.last.key)) : undefined,
    page.isTruncated ? xml('NextUploadIdMarker', page.last.id) : undefined,
    query.delimiter === '' ? undefined : xml('Delimiter', naming.of(query.delimiter)),
    query.prefix === '' ? undefined : xml('Prefix', naming.of(query.prefix)),
    xml('MaxUploads', query.max),
    ...encodingIn(call, naming),
    xml('IsTruncated', page.isTruncated),
    ...page.uploads.map(({ key, id, entry }) =>
      xml('Upload', [
        xml('Key', naming.of(key)),
        xml('UploadId', id),
        initiator(call),
        renderOwner(call),
        xml('StorageClass', 'STANDARD'),
        xml('Initiated', isoTime(modifiedOf(entry))),
      ]),
    ),
    ...page.prefixes.map((each) => xml('CommonPrefixes', [xml('Prefix', naming.of(each))])),
  ]);
};
