import { drain } from '../../http/body';
import {
  bulkType,
  DeleteSummary,
  deletesResponse,
  refuseDeletes,
} from '../../swift_api/bulk/report';
import { isTrueValue, type ByteString } from '../../http/bytes';
import { NOT_TEXT, refusalForNames } from '../../swift_api/name_refusal';
import type { Handler, Request, Response } from '../../swift_api/message';
import type { ObjectCall } from '../calls';
import { deleteUnversioned } from './unversioned_delete';
import { reportName, SegmentWalk, type LargeObject, type Part } from './segment_walk';
import { keepsVersions, type PolicyCache } from '../policy';

/** What a multipart delete needs. */
export interface MultipartDeleteContext {
  readonly policies: Pick<PolicyCache, 'get'>;
  /** The versioning handler: reads the manifests, and deletes the parts one by one. */
  readonly handler: Handler;
  /**
   * Whether there are containers that are hidden from clients. If so, exactly the checked
   * parts are deleted: the store does not read the manifests again.
   */
  readonly hides: boolean;
}

/**
 * Handles `DELETE ?multipart-manifest=delete`: deletes each part by its own DELETE in the
 * client's name, and answers as Swift's `slo` does. In versioned containers manifests go
 * before segments, since a manifest can be archived only while its segments exist.
 *
 * @returns undefined if nothing versioned is touched, and the store may do it all
 */
export async function multipartDelete(
  call: ObjectCall,
  { policies, handler, hides }: MultipartDeleteContext,
): Promise<Response | undefined> {
  const { request, target, query } = call;
  const refusal = refusalForNames(target);
  if (refusal)
    return isTrueValue(query.get('async')) ? refusal : refuseDeletes(request, 412, NOT_TEXT);
  const walk = new SegmentWalk(call, handler, hides);
  const large = await walk.read();
  if ('status' in large) return large;
  if (await touchesVersions(request, large.parts, policies))
    return deleteVersioned(request, large, walk);
  return hides ? deleteUnversioned(call, large, walk) : undefined;
}

async function deleteVersioned(
  request: Request,
  large: LargeObject,
  walk: SegmentWalk,
): Promise<Response> {
  const { root, parts } = large;
  const type = bulkType(request);
  const summary = new DeleteSummary();
  if (type === undefined) return refuseDeletes(request, 406);
  // a client that may not read a manifest may not delete by it, as on Swift
  const unreadable = parts.find(
    ({ problem }) => problem?.status === 401 || problem?.status === 403,
  );
  if (unreadable?.problem) {
    summary.add(reportName(unreadable.target), unreadable.problem.status);
    return deletesResponse(type, summary.render(type));
  }
  const manifestsFirst = [...parts].sort((a, b) => Number(b.isManifest) - Number(a.isManifest));
  for (const part of manifestsFirst) {
    const { target, version } = part;
    const response = await walk.client.delete(target, { query: version });
    await drain(response.body);
    summary.add(reportName(target), response.status);
    const hasFailed = response.status >= 300 && response.status !== 404;
    if (hasFailed && part === root) break;
  }
  return deletesResponse(type, summary.render(type));
}

async function touchesVersions(
  request: Request,
  parts: readonly Part[],
  policies: Pick<PolicyCache, 'get'>,
): Promise<boolean> {
  const checked = new Set<ByteString>();
  for (const { target } of parts) {
    const { version, account, container } = target;
    if (checked.has(container)) continue;
    checked.add(container);
    if (keepsVersions(await policies.get(request, { version, account, container }))) return true;
  }
  return false;
}
