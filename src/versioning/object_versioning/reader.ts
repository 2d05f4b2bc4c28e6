import { createHash } from 'node:crypto';
import { drain, whileUnread } from '../../http/body';
import { htmlResponse } from '../../swift_api/responses';
import type { Power } from '../../swift_api/authority/authority';
import type { App } from '../../plugin/plugin';
import { isTempUrl } from '../../swift_api/temp_url/temp_url';
import { credentialHeaders, Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { provenRight } from '../../swift_api/authority/shown_right';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { StoreError } from '../../util/store_error';
import { ITSELF_QUERY } from '../../swift_api/itself';
import { DELETE_MARKER_TYPE, isVersionMarkerType } from '../../swift_api/markers';
import type { VersioningPolicy, PolicyCache } from '../policy';
import { DynamicLargeObjects } from './dlo';
import { Symlinks } from './symlinks';
import { SignedReader } from './signed_reads/signed_reader';
import { entryOf, NULL_ID, parseVersionId } from './version_target';
import { withVersionAccess, rightToReadVersions } from './access';
import { NullReader } from './null_versions/null_reader';
import {
  asDeleteMarker,
  currentId,
  withVersionId,
  presentObject,
  versionInResponse,
  withNoMarkerHeader,
} from './presentation';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';
import { X_OBJECT_VERSION_ID } from '../../swift_api/header_names';

/** The store would treat the segments as empty. */
const NOT_WHOLE =
  'A dynamic large object with versioned segments cannot be copied as a whole: copy its manifest (multipart-manifest=get), or read and write it\n';
const ETAG_OF_NOTHING = createHash('md5').digest('hex');

/**
 * Reads objects and their versions, in one request if the store follows the link with the
 * client's own right.
 */
export class VersionReader {
  private readonly symlinks: Symlinks;
  /** Undefined if the store checks no signatures. */
  private readonly signed: SignedReader | undefined;
  private readonly nulls: NullReader;
  private readonly power: Power;
  readonly largeObjects: DynamicLargeObjects;

  /**
   * @param next the rest of the pipeline
   * @param handler handles requests as the client's, through the filters before `next`
   */
  constructor(
    private readonly next: Handler,
    handler: Handler,
    private readonly policies: Pick<PolicyCache, 'get'>,
    { power, shownBySignature }: Pick<App, 'power' | 'shownBySignature'>,
  ) {
    this.power = power;
    this.symlinks = new Symlinks(next, power);
    this.nulls = new NullReader(next, power);
    const largeObjects = new DynamicLargeObjects(next, handler, policies);
    this.largeObjects = largeObjects;
    if (shownBySignature)
      this.signed = new SignedReader({
        next,
        handler,
        policies,
        power,
        largeObjects,
        shownBySignature,
      });
  }

  /** Handles GET or HEAD of an object, or of the version that the query names. */
  async read(call: ObjectCall): Promise<Response> {
    const { request, target, versionId } = call;
    if (versionId !== undefined) return this.readVersion(call, versionId);
    const response = await this.readFrom(request, target);
    const { dialect } = request;
    const version = versionInResponse(response, target);
    if (version)
      return presentObject(
        withVersionId(response, currentId(response, version, dialect)),
        target,
        dialect,
      );
    // a large object's response to a refused range does not describe the object
    if (response.status === 416 && !response.headers.has('etag'))
      return presentObject(response, target, dialect);
    const policy = await whileUnread(response, () => this.readPolicy(request, target));
    if (policy?.kind !== 'with-ids') return presentObject(response, target, dialect);
    if (!dialect || response.status !== 404)
      return presentObject(withVersionId(response), target, dialect);
    const right = provenRight(request, response);
    const marker =
      right && (await whileUnread(response, () => this.nulls.newestMarker(request, target, right)));
    if (marker === undefined) return response;
    return marker.id === undefined
      ? withNoMarkerHeader(response)
      : withVersionId(asDeleteMarker(response), marker.id);
  }

  /** Reads the object at `place`, which is the one that the request names. */
  private async readFrom(request: Request, place: ObjectTarget): Promise<Response> {
    const storeResponse = await this.next(withVersionAccess(request));
    const response = await whileUnread(storeResponse, () =>
      this.symlinks.presentResponse(storeResponse, request, place),
    );
    const call = new ObjectCall(request, place);
    const { signed, largeObjects } = this;
    if (signed === undefined || !isTempUrl(request))
      return whileUnread(response, () => largeObjects.presentResponse(response, call));
    return whileUnread(response, () =>
      response === storeResponse
        ? signed.presentResponse(response, call)
        : signed.present(response, request, place),
    );
  }

  private async readVersion(call: ObjectCall, versionId: string): Promise<Response> {
    const { request, target } = call;
    const policy = await this.policies.get(request, target);
    if (policy.kind === 'native') return this.next(request);
    const plain = call.withoutVersion().request;
    if (versionId === NULL_ID && request.dialect && policy.kind === 'with-ids')
      return this.readNullVersion(plain, target);
    if (versionId === NULL_ID) return this.readNull(plain, target);
    const refusal = refusalForVersionId(policy, versionId);
    if (refusal) return refusal;
    const right = await rightToReadVersions(request, target, this.next);
    if ('status' in right) return right;
    return this.readEntry(plain, target, parseVersionId(versionId) ?? '', versionId);
  }

  /** @param clientId the id as the client knows it */
  private async readEntry(
    request: Request,
    target: ObjectTarget,
    id: string,
    clientId: string,
  ): Promise<Response> {
    const { dialect } = request;
    const entry = entryOf({ target, id });
    const response = await this.readFrom({ ...request, path: formatTarget(entry) }, entry);
    if (
      isMarker(response) ||
      (await whileUnread(response, () => this.hidesMarker(response, request, entry)))
    ) {
      await drain(response.body);
      const time = dialect && response.headers.get('last-modified');
      const markerHeaders = Headers.of({
        'Content-Type': DELETE_MARKER_TYPE,
        'Last-Modified': time,
      });
      return withVersionId(notFound(request, markerHeaders), clientId);
    }
    return presentObject(
      response.status < 300 ? withVersionId(response, clientId) : response,
      target,
      dialect,
    );
  }

  /**
   * Reads the null version, whether it is the object itself or kept among the versions.
   */
  private async readNullVersion(request: Request, target: ObjectTarget): Promise<Response> {
    const right = await rightToReadVersions(request, target, this.next);
    if ('status' in right) return right;
    for (let isAgain = false; ; isAgain = true) {
      const nullId = await this.nulls.find(request, target, right);
      if (nullId === undefined) return notFound(request);
      const response =
        nullId === 'itself'
          ? await this.readNull(request, target)
          : await this.readEntry(request, target, nullId, NULL_ID);
      // a null version that a write replaces disappears once the write is done
      const isGone = response.status === 404 && !response.headers.has(X_OBJECT_VERSION_ID);
      if (!isGone || isAgain) return response;
      await drain(response.body);
    }
  }

  /**
   * Returns the id under which an object's null version is kept among its versions, or
   * the refusal of a client that may not access those.
   */
  async findNullId(request: Request, target: ObjectTarget): Promise<string | Response | undefined> {
    const right = await rightToReadVersions(request, target, this.next);
    return 'status' in right ? right : this.nulls.findKeptId(request, target, target.object, right);
  }

  /** Whether a refused condition or range was applied to a delete marker. */
  private async hidesMarker(
    response: Response,
    request: Request,
    entry: ObjectTarget,
  ): Promise<boolean> {
    if (![304, 412, 416].includes(response.status)) return false;
    const etag = response.headers.get('etag');
    if (etag !== undefined && etag !== ETAG_OF_NOTHING) return false;
    return isMarker(await this.head(request, entry, ITSELF_QUERY));
  }

  /** Reads an object that has no id, also in a container that was never versioned. */
  private async readNull(request: Request, target: ObjectTarget): Promise<Response> {
    const response = await this.readFrom(request, target);
    const { dialect } = request;
    if (response.status >= 300) return presentObject(response, target, dialect);
    const version = versionInResponse(response, target);
    if (version?.target.object !== target.object)
      return presentObject(withVersionId(response), target, dialect);
    await drain(response.body);
    return notFound(request);
  }

  /**
   * Returns the container's policy if the store shows it to this client; reading requires
   * no right to know it, and does not fail without it.
   */
  private async readPolicy(
    request: Request,
    target: ObjectTarget,
  ): Promise<VersioningPolicy | undefined> {
    const isNobody = credentialHeaders(request.headers).entries().next().done === true;
    if (this.power === 'client' && isNobody) return undefined;
    try {
      return await this.policies.get(request, target);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  /**
   * Finds the object to copy if an object is copied as a whole; usually it is the same.
   *
   * @returns the object, or the refusal if the store cannot make the copy
   */
  async findCopySource(request: Request, place: ObjectTarget): Promise<ObjectTarget | Response> {
    const head = await this.head(request, place);
    const end = head.status === 409 ? await this.symlinks.resolve(request, place) : undefined;
    if (end !== undefined) return 'status' in end ? end : this.findCopySource(request, end);
    return (await this.largeObjects.isVersionedDlo(head.headers, request, place))
      ? textResponse(501, NOT_WHOLE)
      : place;
  }

  /**
   * Returns the version that an object links to, as far as the client may see; undefined
   * if it links to none.
   */
  async findCurrentVersion(request: Request, target: ObjectTarget): Promise<string | undefined> {
    const response = await this.head(request, target, 'symlink=get&multipart-manifest=get');
    return versionInResponse(response, target)?.id;
  }

  private head(request: Request, place: ObjectTarget, query = ''): Promise<Response> {
    return new SwiftClient(this.next, withVersionAccess(request)).head(place, { query });
  }
}

/**
 * Returns the refusal if a container can have no version with an id; undefined if it can.
 */
export function refusalForVersionId(
  policy: VersioningPolicy,
  versionId: string,
): Response | undefined {
  if (policy.kind !== 'with-ids')
    return htmlResponse(400, 'version-aware operations require that the container is versioned');
  return parseVersionId(versionId) === undefined
    ? htmlResponse(400, 'Invalid version parameter')
    : undefined;
}

function isMarker({ status, headers }: Response): boolean {
  return status < 300 && isVersionMarkerType(headers.get('content-type') ?? '');
}

function notFound({ method }: Request, headers = Headers.none): Response {
  const text = '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>';
  return htmlResponse(404, method === 'HEAD' ? '' : text, headers);
}
