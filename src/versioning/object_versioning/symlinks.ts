import { authorityFor } from '../authority';
import { htmlResponse } from '../../swift_api/responses';
import { destroy } from '../../http/body';
import { withoutCredentialHeaders } from '../../http/headers';
import type { Power } from '../../swift_api/authority/authority';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { rightToLink } from '../../swift_api/authority/shown_right';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { ITSELF_QUERY } from '../../swift_api/itself';
import { isVersionOf } from './version_target';
import { MAX_LINKS, walkLinks } from './link_walk';
import { withVersionAccess } from './access';
import { locationOf } from './presentation';
import { SwiftClient } from '../../swift_api/client';
import { X_OBJECT_MANIFEST, X_SYMLINK_TARGET } from '../../swift_api/header_names';
import { isStaticLargeObject } from '../../swift_api/stored_manifest';

/** Reads objects behind links to versions that the store does not follow. */
export class Symlinks {
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * Returns the response to present for a response of the store; usually that is the same
   * response, otherwise the store's is discarded.
   *
   * @param request GET or HEAD
   * @param target what the request names
   */
  async presentResponse(
    response: Response,
    request: Request,
    target: ObjectTarget,
  ): Promise<Response> {
    if (response.status === 409) return this.followLinks(response, request, target);
    if (response.status !== 401 && response.status !== 403) return response;
    const place = locationOf(response);
    return place && isVersionOf(place, target)
      ? this.readVersion(response, request, place)
      : response;
  }

  /**
   * Reads behind a link for a client that the store let as far as the proxy's own link,
   * but not into the versions container, since a signature is for one container. What
   * would be read behind the version with the proxy's own right, as the segments of a
   * large object, stays unread.
   */
  private async readVersion(
    response: Response,
    request: Request,
    place: ObjectTarget,
  ): Promise<Response> {
    const right = rightToLink(request, response);
    if (this.power === 'client' || right === undefined) return response;
    const path = formatTarget(place);
    const authority = authorityFor(this.power, right);
    const head = await new SwiftClient(this.next, request, authority).head(place, {
      query: ITSELF_QUERY,
    });
    if (head.status >= 300 || isComposed(head)) return response;
    destroy(response.body);
    const isSigned = isTempUrl(request);
    // the version itself, whatever it has become meanwhile
    const query =
      isSigned || request.query === '' ? ITSELF_QUERY : `${request.query}&${ITSELF_QUERY}`;
    const headers = withoutCredentialHeaders(request.headers);
    const read = await this.next({ ...request, path, query, headers, authority });
    return { ...read, headers: read.headers.with('Content-Location', path) };
  }

  /**
   * Follows links that the store does not, since it counts those to versions like any
   * others.
   */
  private async followLinks(
    response: Response,
    request: Request,
    target: ObjectTarget,
  ): Promise<Response> {
    if (isTempUrl(request)) return response;
    const end = await this.resolve(request, target);
    if (end === undefined) return response;
    destroy(response.body);
    if ('status' in end) return end;
    const path = formatTarget(end);
    const read = await this.next(withVersionAccess({ ...request, path }));
    return { ...read, headers: read.headers.with('Content-Location', path) };
  }

  /**
   * Returns where a chain of links ends that the store does not follow but should, or the
   * response for the client instead; undefined if the store is right not to follow it.
   */
  async resolve(
    request: Request,
    target: ObjectTarget,
  ): Promise<ObjectTarget | Response | undefined> {
    const client = new SwiftClient(this.next, withVersionAccess(request));
    const end = await walkLinks(target, (at) => client.head(at, { query: ITSELF_QUERY }));
    // an object that does not exist, or not for this client, is answered as such
    if (end.hops <= MAX_LINKS || end.failure === 'too-many') return undefined;
    return end.failure === undefined ? end.at : mismatchResponse();
  }
}

/** Swift's text for a link with an ETag that its target does not have. */
export function mismatchResponse(): Response {
  return htmlResponse(409, 'X-Symlink-Target-Etag headers do not match');
}

/** Whether an object's content comes from other objects. */
function isComposed({ headers }: Response): boolean {
  return (
    isStaticLargeObject(headers) || headers.has(X_OBJECT_MANIFEST) || headers.has(X_SYMLINK_TARGET)
  );
}
