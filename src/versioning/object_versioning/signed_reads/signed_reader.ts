import { destroy, whileUnread } from '../../../http/body';
import type { Headers } from '../../../http/headers';
import type { App } from '../../../plugin/plugin';
import type { Power } from '../../../swift_api/authority/authority';
import { SignedScope } from '../../../swift_api/authority/signed_right';
import { SwiftClient } from '../../../swift_api/client';
import { X_OBJECT_MANIFEST } from '../../../swift_api/header_names';
import {
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../../swift_api/message';
import { formatTarget, type ObjectTarget } from '../../../swift_api/target';
import { asDownload } from '../../../swift_api/temp_url/download';
import { StoreError } from '../../../util/store_error';
import type { ObjectCall } from '../../calls';
import type { PolicyCache } from '../../policy';
import type { DynamicLargeObjects } from '../dlo';
import { locationOf } from '../presentation';
import { versionAt } from '../version_target';
import { SignedContents } from './signed_contents';
import { SignedObjects } from './signed_objects';
import { isStaticLargeObject } from '../../../swift_api/stored_manifest';

const NOT_READABLE = 'The segments of this object cannot be read with this temporary URL';
/** How often an object is read again that was replaced meanwhile. */
const MAX_TRIES = 3;

/** What a `SignedReader` needs. */
interface SignedReaderParts {
  /** The rest of the pipeline. */
  readonly next: Handler;
  /** Handles requests as the client's, through the filters before `next`. */
  readonly handler: Handler;
  readonly policies: Pick<PolicyCache, 'get'>;
  readonly power: Power;
  readonly largeObjects: DynamicLargeObjects;
  /** As in `App`. */
  readonly shownBySignature: NonNullable<App['shownBySignature']>;
}

/**
 * Reads objects with ids by temporary URL, if the store itself cannot: a container's key
 * opens no versions container there, and the store takes links to segments for empty
 * objects. What the URL opens is the same as in Swift: the container, or the account,
 * whose key signed it.
 */
export class SignedReader {
  constructor(private readonly parts: SignedReaderParts) {}

  /**
   * Returns the response to present for the store's response to a signed GET or HEAD.
   * Usually that is the same response; otherwise the store's is discarded.
   */
  async presentResponse(response: Response, call: ObjectCall): Promise<Response> {
    const { request, target } = call;
    const { next, power } = this.parts;
    const isDynamic = await this.isVersionedDlo(response, call);
    if (power === 'client')
      return isDynamic || (await this.failsAtSegments(response, call))
        ? refuse(response)
        : response;
    if (!isDynamic && !(await this.mayBeMistaken(response, call))) return response;
    const scope = await SignedScope.establish(request, target, next);
    if (scope === undefined) return isDynamic ? refuse(response) : response;
    // the store reads all segments in the account by itself
    if (scope.isAccount && isLargeRead(response, request)) return response;
    const own = await this.read(request, target, scope);
    // the store's own refusal says more
    if (own.status === response.status && own.status >= 400) {
      destroy(own.body);
      return response;
    }
    destroy(response.body);
    return this.present(own, request, target);
  }

  /**
   * Presents what was read in the service user's name as the store's `tempurl` presents
   * what it reads.
   */
  async present(response: Response, request: Request, target: ObjectTarget): Promise<Response> {
    const clean = await whileUnread(response, () => this.parts.shownBySignature(request));
    return asDownload({ ...response, headers: clean(response.headers) }, request, target);
  }

  /** Reads an object, and whatever is behind it, within the scope of a URL. */
  private async read(
    request: Request,
    target: ObjectTarget,
    scope: SignedScope,
  ): Promise<Response> {
    const { next, handler, power } = this.parts;
    const objects = new SignedObjects(request, scope, next, power);
    const contents = new SignedContents(objects, target, handler, power);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await objects.find(target);
      if ('status' in found) return found;
      const response = await contents.serve(found);
      if (response === undefined) continue;
      const path = formatTarget(found.place);
      return path === formatTarget(target)
        ? response
        : { ...response, headers: response.headers.with('Content-Location', path) };
    }
    throw new StoreError('unavailable', 'the object is replaced all the time');
  }

  /**
   * Whether the store fails at the segments of an object, as it would each time: without
   * a service user a client must not try again.
   */
  private async failsAtSegments(
    { status }: Response,
    { request, target }: ObjectCall,
  ): Promise<boolean> {
    if (status !== 500 || request.method !== 'GET') return false;
    const client = new SwiftClient(this.parts.next, request, 'client');
    const { headers } = await client.head(target, { query: request.query });
    return isLarge(headers) || headers.has(X_OBJECT_MANIFEST);
  }

  /** Whether a response is about a dynamic large object whose segments have ids. */
  private async isVersionedDlo(response: Response, call: ObjectCall): Promise<boolean> {
    const { largeObjects } = this.parts;
    const headers = await largeObjects.manifestHeaders(response, call);
    if (headers === undefined || !headers.has(X_OBJECT_MANIFEST)) return false;
    // without a service user, policies may be unknown
    const place = locationOf(response);
    const isVersion = place !== undefined && versionAt(place) !== undefined;
    if (this.parts.power === 'client' && isVersion) return true;
    return largeObjects.isVersionedDlo(headers, call.request, call.target);
  }

  /**
   * Whether the store may have responded otherwise if it knew versions: it refused what a
   * link leads to, counts too many links, or could not read all segments.
   */
  private async mayBeMistaken(
    response: Response,
    { request, target }: ObjectCall,
  ): Promise<boolean> {
    const { status, headers } = response;
    if (status === 401 || status === 403) return headers.has('content-location');
    if (status === 409) return true;
    if (status !== 500 && !isLargeRead(response, request)) return false;
    const place = locationOf(response);
    // the store has followed a link that only an account's key opens
    if (place && place.container !== target.container) return false;
    return (await this.parts.policies.get(request, target)).kind === 'with-ids';
  }
}

/** Whether a store has begun to read the segments of a static large object. */
function isLargeRead({ status, headers }: Response, { method }: Request): boolean {
  return method === 'GET' && status < 300 && isLarge(headers);
}

function isLarge(headers: Headers): boolean {
  return isStaticLargeObject(headers);
}

function refuse(response: Response): Response {
  destroy(response.body);
  return textResponse(403, `${NOT_READABLE}\n`);
}
