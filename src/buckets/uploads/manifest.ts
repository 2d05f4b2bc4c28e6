import { createHash } from 'node:crypto';
import { drain, readAll } from '../../http/body';
import { toText } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { ReplacedObject, Response } from '../../swift_api/message';
import { ask, withPartsAccess, type Caller } from '../caller';
import { BucketError } from '../errors';
import { expectSuccessAndDrain, errorOfResponse } from '../store_answers';
import { manifestOf, segmentsOf, type Upload } from './upload_names';
import type { Part } from './upload_parts';

/**
 * Maximum number of segments in a manifest of Swift by default (`max_manifest_segments`).
 * With more parts, the segments are manifests themselves.
 */
const MAX_SEGMENTS = 1000;
const MAX_PROBLEMS = 1024 * 1024;

/** A segment of a manifest, in the form in which clients send it. */
export interface Segment {
  readonly path: string;
  readonly etag: string;
  readonly size_bytes: number;
}

/** Returns Swift's etag of a large object. */
export function sloEtagOf(segments: readonly Segment[]): string {
  return createHash('md5')
    .update(segments.map(({ etag }) => etag).join(''))
    .digest('hex');
}

/**
 * Returns the segments of the object's manifest: the parts, or manifests of them whose
 * names contain their etags.
 */
export async function segmentsFor(
  caller: Caller,
  upload: Upload,
  parts: readonly Part[],
  max = MAX_SEGMENTS,
): Promise<Segment[]> {
  const container = segmentsOf(upload.bucket);
  const segments = parts.map(({ name, etag, bytes }) => ({
    path: `/${toText(container)}/${toText(name)}`,
    etag,
    size_bytes: bytes,
  }));
  if (segments.length <= max) return segments;
  const outer: Segment[] = [];
  for (let at = 0; at < segments.length; at += max) {
    const inner = segments.slice(at, at + max);
    const etag = sloEtagOf(inner);
    const key = manifestOf(upload, etag);
    const response = await putManifest(
      caller,
      upload,
      { bucket: container, key },
      inner,
      Headers.none,
    );
    await drain((await manifestWritten(caller, upload, response)).body);
    const size_bytes = inner.reduce((sum, segment) => sum + segment.size_bytes, 0);
    outer.push({ path: `/${toText(container)}/${toText(key)}`, etag, size_bytes });
  }
  return outer;
}

/** Writes a manifest of parts of an upload. */
export function putManifest(
  caller: Caller,
  upload: Upload,
  { bucket, key }: Pick<Upload, 'bucket' | 'key'>,
  segments: readonly Segment[],
  headers: Headers,
  refusal?: (replaced: ReplacedObject | undefined) => Response | undefined,
): Promise<Response> {
  return ask(withPartsAccess(caller, upload), {
    method: 'PUT',
    container: bucket,
    object: key,
    query: { 'multipart-manifest': 'put' },
    headers: headers.with('Accept', 'application/json'),
    body: Buffer.from(JSON.stringify(segments)),
    dialect: refusal ? { refusal } : {},
  });
}

/** @throws BucketError if the store rejects the segments, and for other errors */
export async function manifestWritten(
  caller: Caller,
  upload: Upload,
  response: Response,
): Promise<Response> {
  const { status, body } = response;
  if (status !== 400) return expectSuccessAndDrain(caller, response, upload);
  const bytes = (await readAll(body, MAX_PROBLEMS)) ?? Buffer.alloc(0);
  const text = bytes.toString('latin1');
  const [, number = ''] =
    /\/(\d+)\/[^/"]+", "(?:Etag Mismatch|Size Mismatch|404 Not Found)/.exec(text) ?? [];
  if (/Etag Mismatch|Size Mismatch|404 Not Found/.test(text))
    throw invalidPart(upload, { number: Number(number), etag: '' });
  throw await errorOfResponse(caller, { ...response, body: bytes }, upload);
}

/** Returns the error for a part that is missing or has another etag. */
export function invalidPart(
  { id }: Upload,
  { number, etag }: { readonly number: number; readonly etag: string },
): BucketError {
  return new BucketError(
    'invalid-part',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { fields: { UploadId: id, PartNumber: String(number), ETag: etag } },
  );
}
