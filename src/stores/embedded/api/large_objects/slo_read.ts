import { createHash } from 'node:crypto';
import { startStream, readAll, streamOf } from '../../../../http/body';
import { Headers } from '../../../../http/headers';
import { readJson } from '../../../../formats/json';
import type { ObjectTarget } from '../../../../swift_api/target';
import type { ObjectRecord } from '../../storage/storage';
import { refuse } from '../answers';
import type { ObjectCall } from '../call';
import { openObject } from '../links';
import { readPieces, SegmentError, type Piece } from '../../../../http/pieces';
import { checkSegments } from './check_segments';
import { formatManifest, SLO_ETAG, SLO_SIZE } from './slo_manifest';
import {
  segmentRange,
  segmentTarget,
  StoredManifest,
  type ObjectSegment,
  type StoredSegment,
} from '../../../../swift_api/stored_manifest';
import type { View } from '../../../../swift_api/object_response';

const MAX_DEPTH = 10;
const MAX_STORED_BYTES = 64 * 1024 * 1024;

/**
 * Returns the view of a static large object: the segments of its manifest, concatenated
 * (Swift's `slo`).
 */
export async function sloView(
  call: ObjectCall,
  record: ObjectRecord,
  rawView: View,
): Promise<View> {
  const { attributes, content } = record;
  const segments = call.request.method === 'HEAD' ? [] : await readManifest(call, record);
  const pieces = () => piecesOf(call, segments, 1);
  return {
    headers: rawView.headers.withAll(Headers.of({ 'X-Manifest-Etag': content.etag })),
    contentType: rawView.contentType,
    timestamp: rawView.timestamp,
    etag: `"${attributes[SLO_ETAG] ?? ''}"`,
    size: Number(attributes[SLO_SIZE]),
    check: (first) => checkSegments(pieces(), first),
    read: (first, last) => startStream(readPieces(pieces(), first, last)),
  };
}

/**
 * Returns the view of a large object with `?multipart-manifest=get`: its manifest; with
 * `format=raw`, in the form in which clients put it.
 */
export async function manifestView(
  call: ObjectCall,
  record: ObjectRecord,
  rawView: View,
): Promise<View> {
  if (call.query.get('format') !== 'raw')
    return { ...rawView, contentType: 'application/json; charset=utf-8' };
  const body = await rawManifest(call, record);
  const etag = createHash('md5').update(body).digest('hex');
  const { headers, contentType, timestamp } = rawView;
  const read = (first: number, last: number) => body.subarray(first, last + 1);
  return { headers, contentType, timestamp, etag, size: body.length, read };
}

/** Returns a stored manifest in the form in which clients put it. */
export async function rawManifest(
  call: Pick<ObjectCall, 'storage'>,
  record: ObjectRecord,
): Promise<Buffer> {
  const segments = await readManifest(call, record);
  return formatManifest(segments.map(toClientForm));
}

function toClientForm(segment: StoredSegment) {
  if ('data' in segment) return segment;
  const { name, bytes, hash, range } = segment;
  return { etag: hash, path: name, ...(range === undefined ? {} : { range }), size_bytes: bytes };
}

/** Reads the segments of a stored manifest. */
export async function readManifest(
  { storage }: Pick<ObjectCall, 'storage'>,
  { content }: ObjectRecord,
): Promise<StoredSegment[]> {
  const body = await readAll(await storage.read(content), MAX_STORED_BYTES);
  if (body === undefined) throw refuse(409);
  return StoredManifest.parse(readJson(body));
}

function* piecesOf(
  call: ObjectCall,
  segments: readonly StoredSegment[],
  depth: number,
): Generator<Piece> {
  for (const segment of segments) {
    if ('data' in segment) {
      const bytes = Buffer.from(segment.data, 'base64');
      yield { size: bytes.length, read: (first, last) => bytes.subarray(first, last + 1) };
      continue;
    }
    const [start, end] = segmentRange(segment);
    yield {
      size: end - start + 1,
      read: (first, last) => readSegment(call, segment, start + first, start + last, depth),
    };
  }
}

async function readSegment(
  call: ObjectCall,
  segment: ObjectSegment,
  first: number,
  last: number,
  depth: number,
) {
  const target: ObjectTarget = segmentTarget(call.target, segment.name);
  const { record } = openObject({ ...call, isNamedByManifest: true }, 'GET', target);
  if (segment.sub_slo) {
    if (depth >= MAX_DEPTH) throw new SegmentError('manifests are nested too deeply');
    const segments = await readManifest(call, record);
    return streamOf(readPieces(piecesOf(call, segments, depth + 1), first, last));
  }
  const { content } = record;
  if (content.etag !== segment.hash || content.size !== segment.bytes)
    throw new SegmentError(`the segment ${segment.name} has changed since the manifest was put`);
  return call.storage.read(content, first, last);
}
