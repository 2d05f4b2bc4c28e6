import { bucketOfParts } from '../../../swift_api/reserved';
import type { Authority, Power, Right } from '../../../swift_api/authority/authority';
import type { SignedScope } from '../../../swift_api/authority/signed_right';
import { Headers, withoutCredentialHeaders } from '../../../http/headers';
import { SwiftClient } from '../../../swift_api/client';
import { ITSELF_QUERY } from '../../../swift_api/itself';
import { NO_BODY, type Handler, type Request, type Response } from '../../../swift_api/message';
import { statusResponse, unauthorised } from '../../../swift_api/responses';
import { formatTarget, type ObjectTarget } from '../../../swift_api/target';
import { StoreError } from '../../../util/store_error';
import { signedAuthority } from '../../authority';
import { walkLinks } from '../link_walk';
import { mismatchResponse } from '../symlinks';
import { isVersionsContainer } from '../version_names';
import { isVersionOf } from '../version_target';

/** An object within the scope of a temporary URL. */
export interface SignedObject {
  /** Where it is: for an object with an id, its version. */
  readonly place: ObjectTarget;
  /** The response to a HEAD of the object itself. */
  readonly head: Response;
  /** The authority to read what is at its place. */
  readonly authority: Authority;
}

/**
 * Finds objects in the service user's name for a client with a temporary URL. Each object
 * must be within the scope of the URL, and is requested for itself only: what it leads to
 * is looked up here.
 */
export class SignedObjects {
  /** @param request the client's GET or HEAD */
  constructor(
    readonly request: Request,
    readonly scope: SignedScope,
    private readonly next: Handler,
    private readonly power: Power,
  ) {}

  /**
   * Follows links to versions, and symlinks, as far as the scope reaches.
   *
   * @returns the object at their end, or the response of a store that refuses to follow
   *   them
   */
  async find(target: ObjectTarget): Promise<SignedObject | Response> {
    let authority: Authority | undefined;
    const { at, head, failure } = await walkLinks(target, async (each, from) => {
      const right = this.rightTo(each, from);
      if (right === undefined) return { ...unauthorised(each.account), body: NO_BODY };
      authority = signedAuthority(this.power, right);
      return new SwiftClient(this.next, this.request, authority).head(each, {
        query: ITSELF_QUERY,
      });
    });
    if (failure === 'mismatch') return mismatchResponse();
    if (failure === 'too-many') return statusResponse(409);
    if (head.status === 404) return statusResponse(404);
    if (head.status === 401 || authority === undefined) return unauthorised(at.account);
    if (head.status < 300) return { place: at, head, authority };
    throw new StoreError('unavailable', `the store answered ${head.status} for an object`);
  }

  /** Requests the object itself; the caller reads or destroys the body. */
  get({ place, authority }: SignedObject, headers = Headers.none): Promise<Response> {
    const client = new SwiftClient(this.next, this.request, authority);
    return client.get(place, { query: ITSELF_QUERY, headers });
  }

  /** Forwards the client's request to the object itself, with conditions and ranges. */
  forward({ place, authority }: SignedObject): Promise<Response> {
    const { request } = this;
    return this.next({
      ...request,
      path: formatTarget(place),
      query: ITSELF_QUERY,
      headers: withoutCredentialHeaders(request.headers),
      authority,
    });
  }

  /** Requests what the store says of the object with its segments, but not these. */
  headWhole({ place, authority }: SignedObject): Promise<Response> {
    const client = new SwiftClient(this.next, this.request, authority);
    return client.head(place, { query: 'symlink=get' });
  }

  /**
   * Returns the right to read a place. A versions container is reached only through the
   * proxy's own links, parts of uploads only through manifests.
   *
   * @param from the link that leads there
   */
  private rightTo(at: ObjectTarget, from: ObjectTarget | undefined): Right | undefined {
    if (from && isVersionOf(at, from)) return this.scope.rightToRead(from);
    if (isVersionsContainer(at.container)) return undefined;
    if (from && bucketOfParts(at.container) !== undefined) return undefined;
    return this.scope.rightToRead(at);
  }
}
