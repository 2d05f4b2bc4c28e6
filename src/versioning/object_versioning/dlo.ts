import { createHash } from 'node:crypto';
import { statusResponse } from '../../swift_api/responses';
import { destroy, streamOf } from '../../http/body';
import { toBytes, unquote, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import { type ContainerTarget, type ObjectTarget } from '../../swift_api/target';
import { checkPieces, readPieces, SegmentError, type Piece } from '../../http/pieces';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { serve, requestedRanges, type View } from '../../swift_api/object_response';
import { StoreError } from '../../util/store_error';
import type { PolicyCache } from '../policy';
import { unavailableResponse } from '../error_responses';
import { readListing } from './containers/listing_entries';
import { withVersionAccess } from './access';
import { SwiftClient } from '../../swift_api/client';
import type { ObjectCall } from '../calls';
import { X_OBJECT_MANIFEST, X_TIMESTAMP } from '../../swift_api/header_names';

const REPLACED_HEADERS = [
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'Etag',
  'Last-Modified',
  'X-Timestamp',
];

interface Segment {
  readonly target: ObjectTarget;
  readonly bytes: number;
  readonly hash: string;
}

/**
 * Reads dynamic large objects whose segments are versioned (Swift's `dlo`). The store
 * itself would take the length of the link to a segment, which is 0, for the segment's.
 */
export class DynamicLargeObjects {
  /**
   * @param next reads the object
   * @param handler reads its segments, as the client would
   */
  constructor(
    private readonly next: Handler,
    private readonly handler: Handler,
    private readonly policies: Pick<PolicyCache, 'get'>,
  ) {}

  /**
   * Returns the response to present for the store's response to a GET or HEAD. Usually
   * that is the same response; otherwise the store's is discarded.
   */
  async presentResponse(response: Response, call: ObjectCall): Promise<Response> {
    const { request, target, query } = call;
    if (['multipart-manifest', 'symlink'].some((name) => query.get(name) === 'get'))
      return response;
    const headers = await this.manifestHeaders(response, call);
    const manifest = unquote(headers?.get(X_OBJECT_MANIFEST) ?? '');
    const slash = manifest.indexOf('/');
    if (headers === undefined || slash < 1) return response;
    const { version, account } = target;
    const container: ContainerTarget = { version, account, container: manifest.slice(0, slash) };
    if (!(await this.isVersioned(request, container))) return response;
    destroy(response.body);
    if (isTempUrl(request))
      return unavailableResponse('the segments of this object cannot be read with a temporary URL');
    const segments = await this.list(request, container, manifest.slice(slash + 1));
    return 'status' in segments ? segments : this.present(request, headers, segments);
  }

  /**
   * Whether an object with these headers is a dynamic large object with versioned
   * segments.
   */
  async isVersionedDlo(headers: Headers, request: Request, target: ObjectTarget): Promise<boolean> {
    const manifest = unquote(headers.get(X_OBJECT_MANIFEST) ?? '');
    const { version, account } = target;
    const container = manifest.slice(0, Math.max(manifest.indexOf('/'), 0));
    return container !== '' && this.isVersioned(request, { version, account, container });
  }

  /** Returns the headers of what may be a manifest; undefined if it is none. */
  private async manifestHeaders(
    response: Response,
    { request, query }: ObjectCall,
  ): Promise<Headers | undefined> {
    if (response.headers.has(X_OBJECT_MANIFEST)) return response.headers;
    if (response.status !== 416) return undefined;
    const client = new SwiftClient(this.next, withVersionAccess(request));
    const head = await client.head(request.path, {
      query: { ...Object.fromEntries(query), 'multipart-manifest': 'get' },
    });
    return head.status < 300 ? head.headers : undefined;
  }

  private async isVersioned(request: Request, container: ContainerTarget): Promise<boolean> {
    try {
      return (await this.policies.get(request, container)).kind === 'with-ids';
    } catch (error) {
      if (error instanceof StoreError && error.code === 'refused') return false;
      throw error;
    }
  }

  /** Lists the segments, or returns the refusal to list them. */
  private async list(
    request: Request,
    container: ContainerTarget,
    prefix: ByteString,
  ): Promise<Segment[] | Response> {
    const segments: Segment[] = [];
    const client = new SwiftClient(this.handler, request);
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

  private async present(
    request: Request,
    headers: Headers,
    segments: readonly Segment[],
  ): Promise<Response> {
    const etag = createHash('md5');
    for (const { hash } of segments) etag.update(hash);
    const pieces = segments.map((segment) => this.piece(request, segment));
    const size = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const view: View = {
      headers: headers.without(...REPLACED_HEADERS),
      contentType: headers.get('content-type') ?? '',
      etag: `"${etag.digest('hex')}"`,
      timestamp: headers.get(X_TIMESTAMP) ?? '0',
      size,
      isRangedOnce: true,
      read: (first, last) => streamOf(readPieces(pieces, first, last)),
    };
    try {
      const ranges = requestedRanges(request, view, size);
      if (request.method === 'GET' && ranges?.length !== 0)
        await checkPieces(pieces, ranges?.[0]?.[0] ?? 0);
    } catch (error) {
      if (error instanceof SegmentError) return statusResponse(409);
      throw error;
    }
    return serve(request, view);
  }

  private piece(request: Request, { target, bytes }: Segment): Piece {
    return {
      size: bytes,
      read: async (first, last) => {
        const isWhole = first === 0 && last === bytes - 1;
        const headers = Headers.of({ Range: isWhole ? undefined : `bytes=${first}-${last}` });
        const response = await new SwiftClient(this.handler, request).get(target, { headers });
        if (response.status === (isWhole ? 200 : 206)) return response.body;
        destroy(response.body);
        throw new SegmentError(`the store answered ${response.status} for a segment`);
      },
    };
  }
}
