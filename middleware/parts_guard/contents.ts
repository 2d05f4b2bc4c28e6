import { holdManifest } from '../../src/plugin/held_manifest';
import { holdNames } from '../../src/plugin/held_names';
import { destroy } from '../../src/http/body';
import { withHeldBody } from '../../src/swift_api/held_body';
import { SwiftClient } from '../../src/swift_api/client';
import type { Handler, Request, Response } from '../../src/swift_api/message';
import { unreadableManifest } from '../../src/swift_api/manifest_bounds';
import { isObject, parseQuery, type ObjectTarget, type Target } from '../../src/swift_api/target';
import {
  COPY_CONDITIONS,
  copySourceObject,
  isCopy,
  refusalOfCopyBody,
  writtenObject,
} from '../../src/swift_api/object_writes';
import type { FilterContext } from '../../src/plugin/plugin';
import { withSignedQuery } from '../../src/versioning/bypasses';
import { isMadeOfParts, namesParts } from './manifests';
import { accessesByReading } from './named';
import { refusalOf } from './owners';
import { isBulkDelete, isWideExtraction, hasPathToParts } from './store_bulk';

/** Checks requests that may name parts elsewhere than in their path and headers. */
export class ContentsGuard {
  constructor(
    private readonly app: Pick<FilterContext['app'], 'protectsParts' | 'mayWrite' | 'limits'>,
    private readonly next: Handler,
  ) {}

  /** Returns the request to forward, or the refusal. */
  async checkContents(request: Request, target: Target): Promise<Request | Response> {
    if (isBulkDelete(request)) return this.checkBulkDelete(request, target);
    if (isWideExtraction(request, target))
      return (await this.refusal(request, target, 'write')) ?? request;
    if (!isObject(target)) return request;
    const manifest = parseQuery(withSignedQuery(request).query).get('multipart-manifest');
    if (request.method === 'DELETE' && manifest === 'delete')
      return this.checkDelete(request, target);
    if (isCopy(request)) return this.checkCopy(request, target, manifest);
    return request.method === 'PUT' && manifest === 'put'
      ? this.checkManifest(request, target)
      : request;
  }

  private async checkBulkDelete(request: Request, target: Target): Promise<Request | Response> {
    const refusal = await this.refusal(request, target, 'write');
    if (!refusal) return request;
    const list = await holdNames(request, target, this.app, () => Promise.resolve(refusal));
    if ('status' in list) return list;
    return (await hasPathToParts(list)) ? refusal : withHeldBody(request, list);
  }

  private async checkDelete(request: Request, target: ObjectTarget): Promise<Request | Response> {
    const refusal = await this.refusal(request, target, 'write');
    return refusal && (await isMadeOfParts(request, target, this.next)) ? refusal : request;
  }

  /** Checks a manifest; reads it only if the client may put it. */
  private async checkManifest(request: Request, target: ObjectTarget): Promise<Request | Response> {
    const refusal = await this.refusal(request, target, 'read');
    if (!refusal) return request;
    const body = await holdManifest(request, target, this.app);
    if ('status' in body) return body;
    const isOfParts = await namesParts(body);
    if (isOfParts === undefined) return unreadableManifest();
    return isOfParts ? refusal : withHeldBody(request, body);
  }

  /**
   * Checks a copy. A plain copy reads its source. Other copies may turn it into a
   * manifest, which names segments in the account of the copy.
   */
  private async checkCopy(
    request: Request,
    target: ObjectTarget,
    manifest: string | undefined,
  ): Promise<Request | Response> {
    const [source, written] = [copySourceObject(request, target), writtenObject(request, target)];
    if (!source || !written) return request;
    const refusalOfBody = refusalOfCopyBody(request);
    if (refusalOfBody) return refusalOfBody;
    if (manifest !== 'get' && manifest !== 'put')
      return request.dialect?.hasSeenSource ? request : this.checkSource(request, source);
    const refusal = await this.refusal(request, written, 'read');
    if (!refusal) return request;
    if (manifest === 'put') return (await this.refusalOfSource(request, source)) ?? refusal;
    return (await isMadeOfParts(request, source, this.next)) ? refusal : request;
  }

  /**
   * Returns the response for a source that the client cannot read, or that does not meet
   * the conditions; Swift checks the source first. Its content is not read.
   */
  private async refusalOfSource(
    request: Request,
    source: ObjectTarget,
  ): Promise<Response | undefined> {
    const checked = await this.checkSource(request, source);
    if ('status' in checked) return checked;
    const { query } = request;
    const headers = request.headers.only(...COPY_CONDITIONS, 'origin');
    const response = await new SwiftClient(this.next, request).get(source, { query, headers });
    if (response.status >= 300) return response;
    destroy(response.body);
    return undefined;
  }

  private async checkSource(request: Request, source: ObjectTarget): Promise<Request | Response> {
    if (this.app.protectsParts) return request;
    const { query } = request;
    const head = await new SwiftClient(this.next, request).head(source, { query });
    return (
      (await refusalOf(request, accessesByReading(head, request, source), this.next)) ?? request
    );
  }

  private refusal(
    request: Request,
    { version, account }: Target,
    right: 'read' | 'write',
  ): Promise<Response | undefined> {
    return refusalOf(request, [{ version, account, right }], this.next);
  }
}
