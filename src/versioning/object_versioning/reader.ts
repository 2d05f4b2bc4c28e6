import { createHash } from 'node:crypto';
import { drain, whileUnread } from '../../http/body';
import { page } from '../../swift_api/responses';
import type { Power } from '../../swift_api/authority/authority';
import { credentials, Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { rightShown } from '../../swift_api/authority/shown_right';
import { formatTarget, type ObjectTarget } from '../../swift_api/target';
import { StoreError } from '../../util/store_error';
import { ITSELF } from '../../swift_api/itself';
import { DELETE_MARKER_TYPE, isVersionMarkerType } from '../../swift_api/markers';
import type { VersioningPolicy, PolicyCache } from '../policy';
import { DynamicLargeObjects } from './dlo';
import { Symlinks } from './symlinks';
import { entryOf, NULL_ID, parseId } from './version_target';
import { reaching, rightToReadVersions } from './access';
import { NullReader } from './null_versions/null_reader';
import {
  asDeleteMarker,
  currentId,
  withVersionId,
  presentObject,
  versionInResponse,
  withoutMarker,
} from './presentation';
import { SwiftClient } from '../../swift_api/client';
import { ObjectCall } from '../calls';

/** The store would take the segments for empty. */
const NOT_WHOLE =
  'A dynamic large object whose segments have versions is not copied as a whole: copy its manifest (multipart-manifest=get), or read and write it\n';
const ETAG_OF_NOTHING = createHash('md5').digest('hex');

/** Reads objects and their versions: in one request to the store where that follows the link, with the client's own right. */
export class VersionReader {
  private readonly fallback: Symlinks;
  private readonly nulls: NullReader;
  readonly dynamic: DynamicLargeObjects;

  /**
   * @param next the rest of the pipeline
   * @param handler answers as for the client, with what comes before `next`
   */
  constructor(
    private readonly next: Handler,
    handler: Handler,
    private readonly settings: Pick<PolicyCache, 'get'>,
    private readonly power: Power,
  ) {
    this.fallback = new Symlinks(next, power);
    this.nulls = new NullReader(next, power);
    this.dynamic = new DynamicLargeObjects(next, handler, settings);
  }

  /** GET or HEAD of an object, or of the version that the query asks for. */
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
    // a large object's refusal of a range says nothing of the object
    if (response.status === 416 && !response.headers.has('etag'))
      return presentObject(response, target, dialect);
    const inForce = await whileUnread(response, () => this.inForce(request, target));
    if (inForce?.kind !== 'with-ids') return presentObject(response, target, dialect);
    if (!dialect || response.status !== 404)
      return presentObject(withVersionId(response), target, dialect);
    const right = rightShown(request, response);
    const marker =
      right && (await whileUnread(response, () => this.nulls.newestMarker(request, target, right)));
    if (marker === undefined) return response;
    return marker.id === undefined
      ? withoutMarker(response)
      : withVersionId(asDeleteMarker(response), marker.id);
  }

  /** What is in a place of the store, which is the one that the request names. */
  private async readFrom(request: Request, place: ObjectTarget): Promise<Response> {
    const given = await this.next(reaching(request));
    const response = await whileUnread(given, () => this.fallback.insteadOf(given, request, place));
    return whileUnread(response, () =>
      this.dynamic.insteadOf(response, new ObjectCall(request, place)),
    );
  }

  private async readVersion(call: ObjectCall, asked: string): Promise<Response> {
    const { request, target } = call;
    const inForce = await this.settings.get(request, target);
    if (inForce.kind === 'native') return this.next(request);
    const plain = call.withoutVersion().request;
    if (asked === NULL_ID && request.dialect && inForce.kind === 'with-ids')
      return this.readNullVersion(plain, target);
    if (asked === NULL_ID) return this.readNull(plain, target);
    const refused = refusalOfId(inForce, asked);
    if (refused) return refused;
    const right = await rightToReadVersions(request, target, this.next);
    if ('status' in right) return right;
    return this.readEntry(plain, target, parseId(asked) ?? '', asked);
  }

  /** @param known as the client knows it */
  private async readEntry(
    request: Request,
    target: ObjectTarget,
    id: string,
    known: string,
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
      const own = Headers.of({ 'Content-Type': DELETE_MARKER_TYPE, 'Last-Modified': time });
      return withVersionId(notFound(request, own), known);
    }
    return presentObject(
      response.status < 300 ? withVersionId(response, known) : response,
      target,
      dialect,
    );
  }

  /** The null version, wherever it stands. */
  private async readNullVersion(request: Request, target: ObjectTarget): Promise<Response> {
    const right = await rightToReadVersions(request, target, this.next);
    if ('status' in right) return right;
    for (let isAgain = false; ; isAgain = true) {
      const found = await this.nulls.find(request, target, right);
      if (found === undefined) return notFound(request);
      const response =
        found === 'itself'
          ? await this.readNull(request, target)
          : await this.readEntry(request, target, found, NULL_ID);
      // one that a write takes the place of is gone once that is there
      const isGone = response.status === 404 && !response.headers.has('x-object-version-id');
      if (!isGone || isAgain) return response;
      await drain(response.body);
    }
  }

  /** The id under which an object's null version is kept among its versions, or the refusal of a client that may not reach those. */
  async keptNull(request: Request, target: ObjectTarget): Promise<string | Response | undefined> {
    const right = await rightToReadVersions(request, target, this.next);
    return 'status' in right ? right : this.nulls.kept(request, target, target.object, right);
  }

  /** Whether conditions, or a range, are what a marker was refused for. */
  private async hidesMarker(
    response: Response,
    request: Request,
    entry: ObjectTarget,
  ): Promise<boolean> {
    if (![304, 412, 416].includes(response.status)) return false;
    const etag = response.headers.get('etag');
    if (etag !== undefined && etag !== ETAG_OF_NOTHING) return false;
    return isMarker(await this.head(request, entry, ITSELF));
  }

  /** What has no id: also of a container that never had versions. */
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

  /** What is in force, where the store tells this client; to read takes no right to know, and does not fail where the store does not tell. */
  private async inForce(
    request: Request,
    target: ObjectTarget,
  ): Promise<VersioningPolicy | undefined> {
    const isNobody = credentials(request.headers).entries().next().done === true;
    if (this.power === 'client' && isNobody) return undefined;
    try {
      return await this.settings.get(request, target);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  /**
   * Where a copy of an object as a whole is to be made from: as a rule from the object.
   *
   * @returns what the client is told where the store cannot make it
   */
  async copiedFrom(request: Request, place: ObjectTarget): Promise<ObjectTarget | Response> {
    const head = await this.head(request, place);
    const end = head.status === 409 ? await this.fallback.endOf(request, place) : undefined;
    if (end !== undefined) return 'status' in end ? end : this.copiedFrom(request, end);
    return (await this.dynamic.isOne(head.headers, request, place))
      ? textResponse(501, NOT_WHOLE)
      : place;
  }

  /** The version that an object links to, as the client may see; undefined for an object that is none. */
  async currentVersion(request: Request, target: ObjectTarget): Promise<string | undefined> {
    const response = await this.head(request, target, 'symlink=get&multipart-manifest=get');
    return versionInResponse(response, target)?.id;
  }

  private head(request: Request, place: ObjectTarget, query = ''): Promise<Response> {
    return new SwiftClient(this.next, reaching(request)).head(place, { query });
  }
}

/** Why there can be no version of an id in a container; undefined where there can. */
export function refusalOfId(inForce: VersioningPolicy, asked: string): Response | undefined {
  if (inForce.kind !== 'with-ids')
    return page(400, 'version-aware operations require that the container is versioned');
  return parseId(asked) === undefined ? page(400, 'Invalid version parameter') : undefined;
}

function isMarker({ status, headers }: Response): boolean {
  return status < 300 && isVersionMarkerType(headers.get('content-type') ?? '');
}

function notFound({ method }: Request, headers = Headers.none): Response {
  const text = '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>';
  return page(404, method === 'HEAD' ? '' : text, headers);
}
