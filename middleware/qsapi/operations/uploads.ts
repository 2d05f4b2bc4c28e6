import { z } from 'zod';
import { headBucket } from '../../../src/buckets/bucket';
import { completeUpload, type ListedPart } from '../../../src/buckets/uploads/completion';
import { BucketError } from '../../../src/buckets/errors';
import { modifiedOf } from '../../../src/buckets/entries';
import { MAX_LISTED } from '../../../src/buckets/listing';
import { listUploads } from '../../../src/buckets/uploads/upload_listing';
import type { Upload } from '../../../src/buckets/uploads/upload_names';
import { listParts, type Part } from '../../../src/buckets/uploads/upload_parts';
import {
  abortUpload,
  createUpload,
  getUpload,
  MAX_PARTS,
} from '../../../src/buckets/uploads/uploads';
import { bucketOf, isoTime, keyOf, limitOf, textOf } from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { writeConditionOf } from '../../../src/dialects/conditions';
import { toText } from '../../../src/http/bytes';
import { jsonAnswer, readJson } from '../json';
import { emptyResponse } from './names';
import { headersToStore } from './object_headers';
import { COMPLETE_UPLOAD, LIST_PARTS, LIST_UPLOADS, NEW_UPLOAD } from '../vocabulary';

/** Max bytes of a document, enough for ten thousand parts. */
const MAX_DOCUMENT = 4 * 1024 * 1024;
const DEFAULT_LIMIT = 200;
/** Min bytes of each part but the last. */
const MIN_PART_SIZE = 4 * 1024 * 1024;
const ID = ['upload_id'];

export const uploadRoutes: readonly Route[] = [
  {
    name: 'Initiate Multipart Upload',
    method: 'POST',
    on: 'object',
    parameters: ['uploads'],
    vocabulary: NEW_UPLOAD,
    run: (call) => initiate(call),
  },
  {
    name: 'List Multipart',
    method: 'GET',
    on: 'object',
    parameters: ID,
    vocabulary: LIST_PARTS,
    run: (call) => list(call),
  },
  {
    name: 'Complete Multipart Upload',
    method: 'POST',
    on: 'object',
    parameters: ID,
    vocabulary: COMPLETE_UPLOAD,
    run: (call) => complete(call),
  },
  {
    name: 'Abort Multipart Upload',
    method: 'DELETE',
    on: 'object',
    parameters: ID,
    run: (call) => abort(call),
  },
  {
    name: 'List Multipart Uploads',
    method: 'GET',
    on: 'bucket',
    parameters: ['uploads'],
    vocabulary: LIST_UPLOADS,
    run: (call) => listAll(call),
  },
];

/** Returns the upload that a request names. */
export function uploadOf(call: Call): Upload {
  return { ...keyOf(call), id: call.parameters.get('upload_id') ?? '' };
}

const initiate: Operation = async (call) => {
  const { bucket, key, id } = await createUpload(call.caller, keyOf(call), {
    headers: headersToStore(call),
  });
  return jsonAnswer(200, { bucket, key, upload_id: id });
};

const list: Operation = async (call) => {
  const { caller } = call;
  const upload = uploadOf(call);
  const max = limitOf(call, 'limit', MAX_LISTED);
  const marker = call.parameters.get('part_number_marker')
    ? limitOf(call, 'part_number_marker', MAX_PARTS)
    : undefined;
  await getUpload(caller, upload);
  const parts = await listParts(caller, upload);
  const page = parts.filter(({ number }) => marker === undefined || number > marker).slice(0, max);
  return jsonAnswer(200, { count: page.length, object_parts: page.map(partFields) });
};

function partFields({ number, etag, bytes, entry }: Part) {
  return { part_number: number, size: bytes, created: isoTime(modifiedOf(entry)), etag };
}

const CompletionDocument = z.object({
  object_parts: z
    .array(z.object({ part_number: z.int().min(0).max(MAX_PARTS), etag: z.string().nullish() }))
    .min(1)
    .max(MAX_PARTS),
});

const complete: Operation = async (call) => {
  const condition = writeConditionOf(call);
  const { etag, versionId } = await completeUpload(call.caller, uploadOf(call), async () => {
    const { object_parts } = await readJson(call, CompletionDocument, MAX_DOCUMENT);
    return { parts: object_parts.map(toListedPart), minPart: MIN_PART_SIZE, sums: NONE, condition };
  });
  return emptyResponse(201, { ETag: `"${etag}"`, 'x-qs-version-id': versionId });
};

const NONE: ReadonlyMap<string, string> = new Map();

/** Converts a part of the document; clients may omit its etag. */
function toListedPart({
  part_number,
  etag,
}: z.infer<typeof CompletionDocument>['object_parts'][number]): ListedPart {
  return {
    number: part_number,
    etag: etag ? etag.replaceAll('"', '').toLowerCase() : undefined,
    sums: NONE,
  };
}

/**
 * Aborts an upload. By QingStor's document, the status is 204 whether or not the upload
 * exists, and 404 if the bucket does not exist.
 */
const abort: Operation = async (call) => {
  const upload = uploadOf(call);
  try {
    await abortUpload(call.caller, upload);
  } catch (error) {
    if (!(error instanceof BucketError && error.code === 'no-such-upload')) throw error;
    await headBucket(call.caller, upload.bucket);
  }
  return emptyResponse(204);
};

const listAll: Operation = async (call) => {
  const bucket = bucketOf(call);
  const limit = limitOf(call, 'limit', MAX_LISTED, DEFAULT_LIMIT);
  const [prefix, delimiter, keyMarker] = [
    textOf(call, 'prefix'),
    textOf(call, 'delimiter'),
    textOf(call, 'key_marker'),
  ];
  const idMarker = toText(textOf(call, 'upload_id_marker'));
  const page = await listUploads(call.caller, bucket, {
    prefix,
    delimiter,
    keyMarker,
    idMarker,
    max: limit,
  });
  return jsonAnswer(200, {
    name: bucket,
    uploads: page.uploads.map(({ key, id, entry }) => ({
      key,
      upload_id: id,
      created: isoTime(modifiedOf(entry)),
    })),
    prefix,
    delimiter,
    limit,
    key_marker: keyMarker,
    upload_id_marker: idMarker,
    has_more: page.isTruncated,
    next_key_marker: page.isTruncated ? page.last.key : '',
    next_upload_id_marker: page.isTruncated ? page.last.id : '',
    common_prefixes: page.prefixes,
  });
};
