import { destroy, drain, readAll, whileUnread } from '../../src/http/body';
import { credentials } from '../../src/http/headers';
import {
  isReading,
  subrequest,
  textResponse,
  type Filter,
  type ForParts,
  type Handler,
  type Request,
  type Response,
} from '../../src/http/message';
import {
  formatTarget,
  isApi,
  isContainer,
  isObject,
  parseQuery,
  parseTarget,
  type ContainerTarget,
  type ObjectTarget,
  type Target,
} from '../../src/http/path';
import { isTempUrl } from '../../src/http/temp_url';
import { copiedBy, isCopy, writtenBy } from '../../src/http/written';
import type { FilterContext } from '../../src/plugin';
import { bucketOfParts } from '../../src/reserved';
import { changesAcls, PartsAcls } from './acls';
import { isForParts, UploadRights } from './established';
import { isMadeOfParts, MOST_MANIFEST_BYTES, namesParts } from './manifests';
import { isReadFromParts, reachedByHeaders, type Reached } from './named';
import { refusalOfOthers } from './owners';
import { isBulkDelete, isWideExtraction, withoutParts } from './store_bulk';

type App = FilterContext['app'];

/**
 * Keeps the parts of uploads, which lie in the container `BUCKET+segments`, from all but owners of the account: others
 * neither list, read, copy, link, change nor remove them, nor name them in manifests, whatever the container's ACLs
 * say. They read parts through objects of which these are parts, and write them through a dialect, on the right to
 * write the object.
 *
 * It is in every pipeline, behind whatever knows who asks or makes many requests of one, and before
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
  /** Undefined for a store to which the ACLs of these containers mean nothing. */
  private readonly acls: PartsAcls | undefined;

  constructor(
    private readonly app: App,
    private readonly next: Handler,
  ) {
    this.uploads = new UploadRights(app, next);
    this.acls = app.judgesParts ? undefined : new PartsAcls(next, app.authority);
  }

  handle(request: Request): Promise<Response> {
    const target = parseTarget(request.path);
    if (request.authority === 'service' || target === undefined || !isApi(target)) return this.next(request);
    const parts = request.dialect?.parts;
    if (parts && isForParts(request, target, parts)) return this.forDialect(request, target, parts);
    return this.forClient(request, target);
  }

  /** A request that a dialect makes for parts; if the client has not that right, it may still be an owner. */
  private async forDialect(request: Request, target: ContainerTarget, parts: ForParts): Promise<Response> {
    const bucket = { ...containerOf(target), container: parts.bucket };
    if (parts.right === 'none') return this.looked(await this.next(request), request, bucket);
    const refusal = await this.uploads.refusal(request, target, parts);
    if (refusal) {
      const right = isReading(request.method) ? 'read' : 'write';
      const isOwner = !(await this.refusalOf(request, [{ ...target, right }]));
      return isOwner ? this.next(request) : refused(request, refusal);
    }
    const isNew = isContainer(target) && request.method === 'PUT';
    if (!isNew) await this.acls?.alignOnce(request, bucket);
    const response = await this.next(this.uploads.established(request));
    if (isNew && response.status < 300)
      await whileUnread(response, async () => this.acls?.align(request, bucket));
    return response;
  }

  /** An owner is told by a container's headers whether it is as 0.1.0 made it. */
  private async looked(response: Response, request: Request, bucket: ContainerTarget): Promise<Response> {
    if (response.status < 300 && this.acls?.isTooOpen(response.headers))
      await whileUnread(response, async () => this.acls?.alignOnce(request, bucket));
    return response;
  }

  private async forClient(request: Request, target: Target): Promise<Response> {
    const judged =
      (await this.refusalOf(request, [
        ...reachedByPath(request, target),
        ...reachedByWrite(request, target),
      ])) ?? (await this.judgedByContent(request, target));
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
    if (response.status < 300 && changesAcls(request))
      await whileUnread(response, async () => this.acls?.align(request, bucket));
    return bucketName !== undefined && isReading(request.method)
      ? this.looked(response, request, bucket)
      : response;
  }

  /** The refusal of a client that is no owner of an account in which it would reach parts. */
  private async refusalOf(request: Request, reached: readonly Reached[]): Promise<Response | undefined> {
    for (const { right, ...account } of reached) {
      const refusal = await refusalOfOthers(request, account, right, this.next);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /**
   * Judges a request that may name parts elsewhere than in its path and its headers.
   *
   * @returns the request to go on with, or the refusal
   */
  private async judgedByContent(request: Request, target: Target): Promise<Request | Response> {
    if (isBulkDelete(request)) return this.judgedBulk(request, target);
    if (isWideExtraction(request, target))
      return (await refusalOfOthers(request, target, 'write', this.next)) ?? request;
    if (!isObject(target)) return request;
    const manifest = parseQuery(request.query).get('multipart-manifest');
    if (request.method === 'DELETE' && manifest === 'delete') return this.judgedRemoval(request, target);
    if (isCopy(request)) return this.judgedCopy(request, target, manifest);
    return request.method === 'PUT' && manifest === 'put' ? this.judgedManifest(request, target) : request;
  }

  private async judgedBulk(request: Request, target: Target): Promise<Request | Response> {
    const refusal = await refusalOfOthers(request, target, 'write', this.next);
    if (!refusal) return request;
    return (await whileUnread(refusal, () => withoutParts(request))) ?? refusal;
  }

  private async judgedRemoval(request: Request, target: ObjectTarget): Promise<Request | Response> {
    const refusal = await refusalOfOthers(request, target, 'write', this.next);
    if (!refusal) return request;
    const isOfParts = await whileUnread(refusal, () => isMadeOfParts(request, target, this.next));
    return settled(refusal, isOfParts, request);
  }

  /** A manifest is read only of a client that may put it. */
  private async judgedManifest(request: Request, target: ObjectTarget): Promise<Request | Response> {
    const refusal = await refusalOfOthers(request, target, 'read', this.next);
    if (!refusal) return request;
    return whileUnread(refusal, async () => {
      const forbidden = await this.app.mayWrite(request, target);
      if (forbidden) return forbidden;
      const { sendContinue, ...rest } = request;
      sendContinue?.();
      const body = await readAll(request.body, MOST_MANIFEST_BYTES);
      if (body === undefined) return textResponse(413, 'The manifest is longer than any may be\n');
      const isOfParts = namesParts(body);
      if (isOfParts === undefined) return textResponse(400, 'Manifest must be valid JSON.\n');
      return settled(refusal, isOfParts, { ...rest, body });
    });
  }

  /** A copy as a whole reads its source; other copies may make a manifest of it, of segments in the account of the copy. */
  private async judgedCopy(
    request: Request,
    target: ObjectTarget,
    manifest: string | undefined,
  ): Promise<Request | Response> {
    const [source, written] = [copiedBy(request, target), writtenBy(request, target)];
    if (!source || !written) return request;
    if (manifest !== 'get' && manifest !== 'put')
      return request.dialect?.hasSeenSource ? request : this.judgedSource(request, source);
    const refusal = await refusalOfOthers(request, written, 'read', this.next);
    if (!refusal) return request;
    const isOfParts =
      manifest === 'put' || (await whileUnread(refusal, () => isMadeOfParts(request, source, this.next)));
    return settled(refusal, isOfParts, request);
  }

  private async judgedSource(request: Request, source: ObjectTarget): Promise<Request | Response> {
    if (this.app.judgesParts) return request;
    const { query } = request;
    const headers = credentials(request.headers);
    const asked = { method: 'HEAD', path: formatTarget(source), query, headers };
    const head = await this.next(subrequest(request, asked));
    await drain(head.body);
    return (await this.refusalOf(request, reachedByReading(head, request, source))) ?? request;
  }

  /** Links and manifests may have been made past the proxy, or before there was this guard. */
  private async shown(response: Response, request: Request, target: Target): Promise<Response> {
    if (this.app.judgesParts || !isObject(target) || !isReading(request.method)) return response;
    const reached = reachedByReading(response, request, target);
    if (reached.length === 0) return response;
    const refusal = await whileUnread(response, () => this.refusalOf(request, reached));
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

/** The refusal if it holds; otherwise the request, and the refusal is given up. */
function settled(refusal: Response, holds: boolean, request: Request): Request | Response {
  if (holds) return refusal;
  destroy(refusal.body);
  return request;
}

/** What a request reaches that names a container of parts in its path. Whether a signature is good for it, the store judges. */
function reachedByPath(request: Request, target: Target): Reached[] {
  const { method, query } = request;
  if (bucketOfParts(target.container ?? '') === undefined || method === 'OPTIONS') return [];
  // only owners change containers
  const isOfContents = isObject(target) || isReading(method) || parseQuery(query).has('extract-archive');
  if (!isOfContents || (isObject(target) && isTempUrl(request))) return [];
  const { version, account } = target;
  return [{ version, account, right: isReading(method) || method === 'COPY' ? 'read' : 'write' }];
}

function reachedByWrite(request: Request, target: Target): Reached[] {
  return isReading(request.method) ? [] : reachedByHeaders(request, target);
}

/** What an answer shows of parts: as a dynamic large object, or behind a link. */
function reachedByReading({ status, headers }: Response, request: Request, target: ObjectTarget): Reached[] {
  if (status >= 300) return [];
  const { version, account } = target;
  const isWhole = parseQuery(request.query).get('multipart-manifest') !== 'get';
  const end = parseTarget((headers.get('content-location') ?? '').replace(/\?.*$/s, ''));
  return [
    ...(isWhole && isReadFromParts(headers) ? [{ version, account, right: 'read' } as const] : []),
    ...(end && bucketOfParts(end.container ?? '') !== undefined
      ? [{ version: end.version, account: end.account, right: 'read' } as const]
      : []),
  ];
}
