import { destroy, whileUnread } from '../../src/http/body';
import {
  isReadMethod,
  type Filter,
  type PartsAccess,
  type Handler,
  type Request,
  type Response,
} from '../../src/swift_api/message';
import {
  isApi,
  isContainer,
  isObject,
  parseQuery,
  parseTarget,
  type ContainerTarget,
  type Target,
} from '../../src/swift_api/target';
import { provenRight } from '../../src/swift_api/authority/shown_right';
import { isTempUrl } from '../../src/swift_api/temp_url/temp_url';
import type { FilterContext } from '../../src/plugin/plugin';
import { bucketOfParts } from '../../src/swift_api/reserved';
import { changesAcls, PartsAcls } from './acls';
import { ContentsGuard } from './contents';
import { isForParts, UploadRights } from './established';
import { accessesByHeaders, accessesByReading } from './named';
import { refusalOf, type Reached } from './owners';

type App = FilterContext['app'];

/**
 * Keeps the parts of uploads, in the container `BUCKET+segments`, from everybody but
 * owners of the account: others neither list, read, copy, link, change nor remove them,
 * nor name them in manifests, whatever the ACLs of the container say. Others read parts
 * through the objects made of them, and write them through a dialect, by the right to
 * write the object.
 *
 * It is in every pipeline, behind the filters that authenticate or split a request, and
 * before `versioned_writes`, whose own requests it does not check.
 */
export function partsGuard(app: App): Filter {
  return (next) => {
    const guard = new Guard(app, next);
    return (request) => guard.handle(request);
  };
}

class Guard {
  private readonly uploads: UploadRights;
  private readonly contents: ContentsGuard;
  /** Undefined for a store that ignores the ACLs of these containers. */
  private readonly acls: PartsAcls | undefined;

  constructor(
    private readonly app: App,
    private readonly next: Handler,
  ) {
    this.uploads = new UploadRights(app, next);
    this.contents = new ContentsGuard(app, next);
    this.acls = app.protectsParts ? undefined : new PartsAcls(next, app.power);
  }

  handle(request: Request): Promise<Response> {
    const target = parseTarget(request.path);
    if (request.authority !== 'client' || target === undefined || !isApi(target))
      return this.next(request);
    const parts = request.dialect?.parts;
    if (parts && isForParts(request, target, parts)) return this.forDialect(request, target, parts);
    return this.forClient(request, target);
  }

  /**
   * Handles a request that a dialect makes for parts; if the client lacks that right, it
   * may still be an owner.
   */
  private async forDialect(
    request: Request,
    target: ContainerTarget,
    parts: PartsAccess,
  ): Promise<Response> {
    const bucket = { ...containerOf(target), container: parts.bucket };
    if (parts.right === 'none')
      return this.alignIfTooOpen(await this.next(request), request, bucket);
    const right = await this.uploads.rightFor(request, target, parts);
    if ('status' in right) {
      const neededRight = isReadMethod(request.method) ? 'read' : 'write';
      const isOwner = !(await refusalOf(request, [{ ...target, right: neededRight }], this.next));
      return isOwner ? this.next(request) : refuse(request, right);
    }
    const isNew = isContainer(target) && request.method === 'PUT';
    const mayAlign = parts.right === 'write';
    if (!isNew && mayAlign) await this.acls?.alignOnce(request, bucket, right);
    const response = await this.next(this.uploads.withAuthority(request, target, right, parts));
    if (isNew && mayAlign && response.status < 300)
      await whileUnread(response, async () => this.acls?.align(request, bucket, right));
    return response;
  }

  /** Aligns a parts container whose headers show an owner that 0.1.0 created it. */
  private async alignIfTooOpen(
    response: Response,
    request: Request,
    bucket: ContainerTarget,
  ): Promise<Response> {
    const { headers } = response;
    const right = provenRight(request, response);
    if (right?.kind === 'change' && this.acls?.isTooOpen(headers))
      await whileUnread(response, async () =>
        this.acls?.alignOnce(request, bucket, right, headers),
      );
    return response;
  }

  private async forClient(request: Request, target: Target): Promise<Response> {
    const accesses = [...accessesByPath(request, target), ...accessesByWrite(request, target)];
    const refusal = accesses.length > 0 ? await refusalOf(request, accesses, this.next) : undefined;
    // reads name parts in their path only
    const outcome =
      refusal ??
      (isReadMethod(request.method) ? request : await this.contents.checkContents(request, target));
    if ('status' in outcome) return refuse(request, outcome);
    const response = await this.next(outcome);
    return isContainer(target)
      ? this.afterContainerRequest(response, request, target)
      : this.checkRead(response, request, target);
  }

  /** Aligns the ACLs of a parts container with those of the bucket, whichever changed. */
  private async afterContainerRequest(
    response: Response,
    request: Request,
    target: ContainerTarget,
  ): Promise<Response> {
    const bucketName = bucketOfParts(target.container);
    const bucket = { ...target, container: bucketName ?? target.container };
    const right = provenRight(request, response);
    if (right && changesAcls(request))
      await whileUnread(response, async () => this.acls?.align(request, bucket, right));
    return bucketName !== undefined && isReadMethod(request.method)
      ? this.alignIfTooOpen(response, request, bucket)
      : response;
  }

  /**
   * Checks what a response shows: links and manifests may have been made behind the
   * proxy's back, or before this guard existed.
   */
  private async checkRead(response: Response, request: Request, target: Target): Promise<Response> {
    if (this.app.protectsParts || !isObject(target) || !isReadMethod(request.method))
      return response;
    const accesses = accessesByReading(response, request, target);
    if (accesses.length === 0) return response;
    const refusal = await whileUnread(response, () => refusalOf(request, accesses, this.next));
    if (refusal) destroy(response.body);
    return refusal ?? response;
  }
}

function containerOf({ version, account, container }: ContainerTarget): ContainerTarget {
  return { version, account, container };
}

function refuse(request: Request, refusal: Response): Response {
  destroy(request.body);
  return refusal;
}

/**
 * Returns the access of a request that names a parts container in its path. Whether a
 * signature is valid for it is for the store to decide.
 */
function accessesByPath(request: Request, target: Target): Reached[] {
  const { method, query } = request;
  if (bucketOfParts(target.container ?? '') === undefined || method === 'OPTIONS') return [];
  // only owners change containers
  const concernsContents =
    isObject(target) || isReadMethod(method) || parseQuery(query).has('extract-archive');
  if (!concernsContents || (isObject(target) && isTempUrl(request))) return [];
  const { version, account } = target;
  return [
    { version, account, right: isReadMethod(method) || method === 'COPY' ? 'read' : 'write' },
  ];
}

function accessesByWrite(request: Request, target: Target): Reached[] {
  return isReadMethod(request.method) ? [] : accessesByHeaders(request, target);
}
