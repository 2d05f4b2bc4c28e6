import { authorityOn } from '../authority';
import { page } from '../../swift_api/responses';
import { destroy } from '../../http/body';
import { isTrueValue } from '../../http/bytes';
import type { Power } from '../../swift_api/authority/authority';
import { type Handler, type Request, type Response } from '../../swift_api/message';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { rightToLink } from '../../swift_api/authority/shown_right';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { ITSELF } from '../../swift_api/itself';
import { asDownload } from '../../swift_api/temp_url/download';
import { isVersionOf, versionAt } from './version_target';
import { reaching } from './access';
import { linkIn, locationOf } from './presentation';
import { SwiftClient } from '../../swift_api/client';

/** How many symlinks in a row Swift follows, to which its own links to versions do not count (`symloop_max`). */
const MAX_LINKS = 2;

/** Reads by hand what the store does not show behind a link to a version. */
export class Symlinks {
  constructor(
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * What is to be shown instead of an answer, which is then given up; as a rule the answer itself.
   *
   * @param request GET or HEAD
   * @param target what it was asked for
   */
  async insteadOf(response: Response, request: Request, target: ObjectTarget): Promise<Response> {
    if (response.status === 409) return this.behindLinks(response, request, target);
    if (response.status !== 401 && response.status !== 403) return response;
    const place = locationOf(response);
    return place && isVersionOf(place, target)
      ? this.behindRight(response, request, target, place)
      : response;
  }

  /**
   * The store let the client as far as the proxy's own link, and not into the container of the versions: what a signature is for is one
   * container. What would be read behind the version with the proxy's own right, as the segments of a large object, stays unread.
   */
  private async behindRight(
    response: Response,
    request: Request,
    target: ObjectTarget,
    place: ObjectTarget,
  ): Promise<Response> {
    const right = rightToLink(request, response);
    if (this.power === 'client' || right === undefined) return response;
    const path = formatTarget(place);
    const authority = authorityOn(this.power, right);
    const head = await new SwiftClient(this.next, request, authority).head(place, {
      query: ITSELF,
    });
    if (head.status >= 300 || isComposed(head)) return response;
    destroy(response.body);
    const isSigned = isTempUrl(request);
    // the version itself, whatever it may have become meanwhile
    const query = isSigned || request.query === '' ? ITSELF : `${request.query}&${ITSELF}`;
    const read = await this.next({ ...request, path, query, authority });
    const found = { ...read, headers: read.headers.with('Content-Location', path) };
    return isSigned ? asDownload(found, request, target) : found;
  }

  /** The store counts links to versions as any others: where these make too many, the client is led through them here. */
  private async behindLinks(
    response: Response,
    request: Request,
    target: ObjectTarget,
  ): Promise<Response> {
    if (isTempUrl(request)) return response;
    const end = await this.endOf(request, target);
    if (end === undefined) return response;
    destroy(response.body);
    if ('status' in end) return end;
    const path = formatTarget(end);
    const read = await this.next(reaching({ ...request, path }));
    return { ...read, headers: read.headers.with('Content-Location', path) };
  }

  /**
   * Where a row of links ends that the store does not follow and should, or what the client is told instead; undefined where it rightly does
   * not follow them.
   */
  async endOf(
    request: Request,
    target: ObjectTarget,
  ): Promise<ObjectTarget | Response | undefined> {
    const client = new SwiftClient(this.next, reaching(request));
    let [at, hops, links] = [target, 0, 0];
    let wanted: string | undefined;
    for (;;) {
      const head = await client.head(at, { query: ITSELF });
      // what is not there, or not for this client, is answered so
      if (head.status >= 300) return hops > MAX_LINKS ? at : undefined;
      const link = linkIn(head.headers, at);
      const pinned = head.headers.get('x-symlink-target-etag');
      const etag = (pinned ?? head.headers.get('etag') ?? '').replaceAll('"', '');
      if (wanted !== undefined && wanted !== etag)
        return hops > MAX_LINKS
          ? page(409, 'X-Symlink-Target-Etag headers do not match')
          : undefined;
      if (link === undefined) return hops > MAX_LINKS ? at : undefined;
      if (!versionAt(link) && ++links > MAX_LINKS) return undefined;
      wanted = pinned?.replaceAll('"', '');
      [at, hops] = [link, hops + 1];
    }
  }
}

/** Whether an object shows what others consist of. */
function isComposed({ headers }: Response): boolean {
  return (
    isTrueValue(headers.get('x-static-large-object')) ||
    headers.has('x-object-manifest') ||
    headers.has('x-symlink-target')
  );
}
