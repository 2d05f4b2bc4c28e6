import { createHash } from 'node:crypto';
import { statusResponse } from '../../swift_api/responses';
import { destroy, streamOf, type Body } from '../../http/body';
import { toBytes, unquote, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Request, Response } from '../../swift_api/message';
import type { ContainerTarget, ObjectTarget, Target } from '../../swift_api/target';
import {
  checkPieces,
  checkReadable,
  readPieces,
  SegmentError,
  type Piece,
} from '../../http/pieces';
import { serve, requestedRanges, type View } from '../../swift_api/object_response';
import { failedCondition } from '../../swift_api/conditions';
import { readListing } from './containers/listing_entries';
import type { SwiftClient } from '../../swift_api/client';
import { X_OBJECT_MANIFEST, X_TIMESTAMP } from '../../swift_api/header_names';

const REPLACED_HEADERS = [
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'Etag',
  'Last-Modified',
  'X-Timestamp',
];

/** A segment of a dynamic large object, as listed. */
interface Segment {
  readonly target: ObjectTarget;
  readonly bytes: number;
  readonly hash: string;
}

/** A large object that the proxy puts together. */
interface LargeObject {
  /** Those of its manifest. */
  readonly headers: Headers;
  /** In quotes. */
  readonly etag: string;
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** As in `View`. */
  readonly isRangedOnce?: boolean;
}

/**
 * Responds to a GET or HEAD with a large object; 409 if its first requested segment
 * cannot be read, or if one is known to be unreadable.
 */
export async function serveLarge(
  request: Request,
  { headers, etag, size, pieces, isRangedOnce = false }: LargeObject,
): Promise<Response> {
  const view: View = {
    headers: headers.without(...REPLACED_HEADERS),
    contentType: headers.get('content-type') ?? '',
    etag,
    timestamp: headers.get(X_TIMESTAMP) ?? '0',
    size,
    isRangedOnce,
    read: (first, last) => streamOf(readPieces(pieces, first, last)),
  };
  try {
    const ranges = requestedRanges(request, view, size);
    const isMet = failedCondition(request.headers, etag, view.timestamp) === undefined;
    if (request.method === 'GET' && isMet && ranges?.length !== 0) {
      checkReadable(pieces, ranges ?? [[0, size - 1]]);
      await checkPieces(pieces, ranges?.[0]?.[0] ?? 0);
    }
  } catch (error) {
    if (error instanceof SegmentError) return statusResponse(409);
    throw error;
  }
  return serve(request, view);
}

/**
 * Responds to a GET or HEAD with a dynamic large object (Swift's `dlo`).
 *
 * @param headers those of the manifest
 * @param target the manifest's place
 * @param client lists the segments
 * @param read reads a segment from byte `first` to byte `last`, inclusive
 * @returns also the refusal to list the segments
 */
export async function serveDynamic(
  request: Request,
  { headers, target }: { readonly headers: Headers; readonly target: Target },
  client: SwiftClient,
  read: (segment: Segment, first: number, last: number) => Promise<Body>,
): Promise<Response> {
  const manifest = parseManifestHeader(headers, target);
  if (manifest === undefined) return statusResponse(409);
  const segments = await listSegments(client, manifest.container, manifest.prefix);
  if ('status' in segments) return segments;
  const etag = createHash('md5');
  for (const { hash } of segments) etag.update(hash);
  return serveLarge(request, {
    headers,
    etag: `"${etag.digest('hex')}"`,
    size: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    pieces: segments.map((segment) => ({
      size: segment.bytes,
      read: (first, last) => read(segment, first, last),
    })),
    isRangedOnce: true,
  });
}

/**
 * Reads a range of an object.
 *
 * @param size that of the object
 * @param get requests the object; `range` is empty for all of it
 * @throws SegmentError if the store does not respond with it
 */
export async function readRange(
  first: number,
  last: number,
  size: number,
  get: (range: Headers) => Promise<Response>,
): Promise<Body> {
  const isWhole = first === 0 && last === size - 1;
  const response = await get(Headers.of({ Range: isWhole ? undefined : `bytes=${first}-${last}` }));
  if (response.status === (isWhole ? 200 : 206)) return response.body;
  destroy(response.body);
  throw new SegmentError(`the store answered ${response.status} for a segment`);
}

/** Returns where the segments of a dynamic large object are; undefined if it is none. */
export function parseManifestHeader(
  headers: Headers,
  { version, account }: Target,
): { readonly container: ContainerTarget; readonly prefix: ByteString } | undefined {
  const manifest = unquote(headers.get(X_OBJECT_MANIFEST) ?? '');
  const slash = manifest.indexOf('/');
  if (slash < 1) return undefined;
  const container = { version, account, container: manifest.slice(0, slash) };
  return { container, prefix: manifest.slice(slash + 1) };
}

/** Lists the segments, or returns the refusal to list them. */
async function listSegments(
  client: SwiftClient,
  container: ContainerTarget,
  prefix: ByteString,
): Promise<Segment[] | Response> {
  const segments: Segment[] = [];
  for (let marker = ''; ;) {
    const response = await client.get(container, { query: { format: 'json', prefix, marker } });
    if (response.status >= 300) return response;
    const page = await readListing(response);
    for (const { name, bytes, hash } of page) {
      const object = toBytes(name ?? '');
      segments.push({
        target: { ...container, object },
        bytes: Number(bytes),
        hash: String(hash),
      });
    }
    const last = segments.at(-1);
    if (page.length === 0 || !last) return segments;
    marker = last.target.object;
  }
}
