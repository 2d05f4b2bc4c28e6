import { destroy, whileUnread } from '../../src/http/body';
import {
  isReading,
  type Filter,
  type ForParts,
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
import { rightShown } from '../../src/swift_api/authority/shown_right';
import { isTempUrl } from '../../src/swift_api/temp_url/temp_url';
import type { FilterContext } from '../../src/plugin/plugin';
import { bucketOfParts } from '../../src/swift_api/reserved';
import { changesAcls, PartsAcls } from './acls';
import { Contents } from './contents';
import { isForParts, UploadRights } from './established';
import { reachedByHeaders, reachedByReading } from './named';
import { refusalOf, type Reached } from './owners';

type App = FilterContext['app'];

/**
 * Keeps the parts of uploads, which lie in the container `BUCKET+segments`, from all but owners of the account: others
 * neither list, read, copy, link, change nor remove them, nor name them in manifests, whatever the container's ACLs
 * say. They read parts through objects of which these are parts, and write them through a dialect, on the right to
 * write the object.
 *
 * It is in every pipeline, behind the filters that authenticate or split a request, and before
 * `versioned_writes`, whose own requests it does not judge.
 */
export function guardingParts(app: App): Filter {
  return (next) => {
    const guard = new Guard(app, next);
    return (request) => guard.handle(request);
  };
}

class Guard {
  private readonly uploads: UploadRights;
  private readonly contents: Contents;
  /** Undefined for a store to which the ACLs of these containers mean nothing. */
  private readonly acls: PartsAcls | undefined;

  constructor(
    private readonly app: App,
    private readonly next: Handler,
  ) {
    this.uploads = new UploadRights(app, next);
    this.contents = new Contents(app, next);
    this.acls = app.judgesParts ? undefined : new PartsAcls(next, app.power);
  }

  handle(request: Request): Promise<Response> {
    const target = parseTarget(request.path);
    if (request.authority !== 'client' || target === undefined || !isApi(target))
      return this.next(request);
    const parts = request.dialect?.parts;
    if (parts && isForParts(request, target, parts)) return this.forDialect(request, target, parts);
    return this.forClient(request, target);
  }

  /** A request that a dialect makes for parts; if the client has not that right, it may still be an owner. */
  private async forDialect(
    request: Request,
    target: ContainerTarget,
    parts: ForParts,
  ): Promise<Response> {
    const bucket = { ...containerOf(target), container: parts.bucket };
    if (parts.right === 'none') return this.looked(await this.next(request), request, bucket);
    const right = await this.uploads.rightFor(request, target, parts);
    if ('status' in right) {
      const wanted = isReading(request.method) ? 'read' : 'write';
      const isOwner = !(await refusalOf(request, [{ ...target, right: wanted }], this.next));
      return isOwner ? this.next(request) : refused(request, right);
    }
    const isNew = isContainer(target) && request.method === 'PUT';
    const mayAlign = parts.right === 'write';
    if (!isNew && mayAlign) await this.acls?.alignOnce(request, bucket, right);
    const response = await this.next(this.uploads.established(request, target, right, parts));
    if (isNew && mayAlign && response.status < 300)
      await whileUnread(response, async () => this.acls?.align(request, bucket, right));
    return response;
  }

  /** A container's headers show an owner whether it is as 0.1.0 made it. */
  private async looked(
    response: Response,
    request: Request,
    bucket: ContainerTarget,
  ): Promise<Response> {
    const { headers } = response;
    const right = rightShown(request, response);
    if (right?.kind === 'change' && this.acls?.isTooOpen(headers))
      await whileUnread(response, async () =>
        this.acls?.alignOnce(request, bucket, right, headers),
      );
    return response;
  }

  private async forClient(request: Request, target: Target): Promise<Response> {
    const judged =
      (await refusalOf(
        request,
        [...reachedByPath(request, target), ...reachedByWrite(request, target)],
        this.next,
      )) ?? (await this.contents.judged(request, target));
    if ('status' in judged) return refused(request, judged);
    const response = await this.next(judged);
    return isContainer(target)
      ? this.ofContainer(response, request, target)
      : this.shown(response, request, target);
  }

  /** The ACLs of a container of parts follow those of the bucket, whichever of them was changed. */
  private async ofContainer(
    response: Response,
    request: Request,
    target: ContainerTarget,
  ): Promise<Response> {
    const bucketName = bucketOfParts(target.container);
    const bucket = { ...target, container: bucketName ?? target.container };
    const right = rightShown(request, response);
    if (right && changesAcls(request))
      await whileUnread(response, async () => this.acls?.align(request, bucket, right));
    return bucketName !== undefined && isReading(request.method)
      ? this.looked(response, request, bucket)
      : response;
  }

  /** Links and manifests may have been made past the proxy, or before there was this guard. */
  private async shown(response: Response, request: Request, target: Target): Promise<Response> {
    if (this.app.judgesParts || !isObject(target) || !isReading(request.method)) return response;
    const reached = reachedByReading(response, request, target);
    if (reached.length === 0) return response;
    const refusal = await whileUnread(response, () => refusalOf(request, reached, this.next));
    if (refusal) destroy(response.body);
    return refusal ?? response;
  }
}

function containerOf({ version, account, container }: ContainerTarget): ContainerTarget {
  return { version, account, container };
}

function refused(request: Request, refusal: Response): Response {
  destroy(request.body);
  return refusal;
}

/** What a request reaches that names a container of parts in its path. Whether a signature is good for it, the store judges. */
function reachedByPath(request: Request, target: Target): Reached[] {
  const { method, query } = request;
  if (bucketOfParts(target.container ?? '') === undefined || method === 'OPTIONS') return [];
  // only owners change containers
  const isOfContents =
    isObject(target) || isReading(method) || parseQuery(query).has('extract-archive');
  if (!isOfContents || (isObject(target) && isTempUrl(request))) return [];
  const { version, account } = target;
  return [{ version, account, right: isReading(method) || method === 'COPY' ? 'read' : 'write' }];
}

function reachedByWrite(request: Request, target: Target): Reached[] {
  return isReading(request.method) ? [] : reachedByHeaders(request, target);
}
