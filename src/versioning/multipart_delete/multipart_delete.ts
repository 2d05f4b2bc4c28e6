import { drain } from '../../http/body';
import { bulkType, DeleteSummary, deletedAnswer } from '../../swift_api/bulk/report';
import type { ByteString } from '../../http/bytes';
import type { Handler, Request, Response } from '../../swift_api/message';
import type { ObjectCall } from '../calls';
import { deleteUnversioned } from './unversioned_delete';
import { nameOf, Walk, type LargeObject, type Part } from './segment_walk';
import { keepsVersions, type PolicyCache } from '../policy';

/** What such a request takes. */
export interface MultipartParts {
  readonly settings: Pick<PolicyCache, 'get'>;
  /** Keeps versions: reads the manifests, and is asked for one DELETE each. */
  readonly handler: Handler;
  /** Whether there are containers that no client reaches. What was judged then is what is deleted, and the store reads no manifest anew. */
  readonly hides: boolean;
}

/**
 * `DELETE ?multipart-manifest=delete`: each part is deleted as a client's DELETE of its own, and answered as Swift answers
 * (its `slo`). In versioned containers manifests go before segments, since a manifest can be archived only while its
 * segments are there.
 *
 * @returns undefined if nothing versioned is touched, and the store may do it all
 */
export async function multipartDelete(
  call: ObjectCall,
  { settings, handler, hides }: MultipartParts,
): Promise<Response | undefined> {
  const { request } = call;
  const walk = new Walk(call, handler, hides);
  const large = await walk.read();
  if ('status' in large) return large;
  if (await touchesVersions(request, large.parts, settings))
    return deleteVersioned(request, large, walk);
  return hides ? deleteUnversioned(call, large, walk) : undefined;
}

async function deleteVersioned(
  request: Request,
  large: LargeObject,
  walk: Walk,
): Promise<Response> {
  const { root, parts } = large;
  const type = bulkType(request);
  const summary = new DeleteSummary();
  if (type === undefined) return deletedAnswer(type, summary.render(type, 406));
  // a client that may not read a manifest may not delete by it, as on Swift
  const refused = parts.find(({ problem }) => problem?.status === 401 || problem?.status === 403);
  if (refused?.problem) {
    summary.add(nameOf(refused.target), refused.problem.status);
    return deletedAnswer(type, summary.render(type));
  }
  const manifestsFirst = [...parts].sort((a, b) => Number(b.isManifest) - Number(a.isManifest));
  for (const part of manifestsFirst) {
    const { target, version } = part;
    const response = await walk.client.delete(target, { query: version });
    await drain(response.body);
    summary.add(nameOf(target), response.status);
    const failed = response.status >= 300 && response.status !== 404;
    if (failed && part === root) break;
  }
  return deletedAnswer(type, summary.render(type));
}

async function touchesVersions(
  request: Request,
  parts: readonly Part[],
  settings: Pick<PolicyCache, 'get'>,
): Promise<boolean> {
  const asked = new Set<ByteString>();
  for (const { target } of parts) {
    const { version, account, container } = target;
    if (asked.has(container)) continue;
    asked.add(container);
    if (keepsVersions(await settings.get(request, { version, account, container }))) return true;
  }
  return false;
}
