import { destroy } from '../../http/body';
import type { Headers } from '../../http/headers';
import type { Handler, Request, Response } from '../../swift_api/message';
import type { ContainerTarget, ObjectTarget } from '../../swift_api/target';
import { StoreError } from '../../util/store_error';
import type { PolicyCache } from '../policy';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { withVersionAccess } from './access';
import { locationOf } from './presentation';
import { parseManifestHeader, readRange, serveDynamic } from './segments';
import { SwiftClient } from '../../swift_api/client';
import type { ObjectCall } from '../calls';
import { X_OBJECT_MANIFEST } from '../../swift_api/header_names';

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
    if (headers === undefined || !(await this.isVersionedDlo(headers, request, target)))
      return response;
    destroy(response.body);
    const client = new SwiftClient(this.handler, request);
    return serveDynamic(request, { headers, target }, client, (segment, first, last) =>
      readRange(first, last, segment.bytes, (range) =>
        client.get(segment.target, { headers: range }),
      ),
    );
  }

  /**
   * Whether an object with these headers is a dynamic large object with versioned
   * segments.
   */
  async isVersionedDlo(headers: Headers, request: Request, target: ObjectTarget): Promise<boolean> {
    const manifest = parseManifestHeader(headers, target);
    return manifest !== undefined && this.isVersioned(request, manifest.container);
  }

  /** Returns the headers of what may be a manifest; undefined if it is none. */
  async manifestHeaders(
    response: Response,
    { request, query }: ObjectCall,
  ): Promise<Headers | undefined> {
    if (response.headers.has(X_OBJECT_MANIFEST)) return response.headers;
    if (response.status !== 416) return undefined;
    const client = new SwiftClient(this.next, withVersionAccess(request));
    // the store may count too many links on the way there; a signature is for one path
    const end = isTempUrl(request) ? undefined : locationOf(response);
    const head = await client.head(end ?? request.path, {
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
}
