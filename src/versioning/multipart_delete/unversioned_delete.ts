import { z } from 'zod';
import { htmlResponse } from '../../swift_api/responses';
import { drain } from '../../http/body';
import { bulkType, DeleteSummary, refuseDeletes } from '../../swift_api/bulk/report';
import { isTrueValue, quote } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Response } from '../../swift_api/message';
import type { ObjectCall } from '../calls';
import { parseResponse, readResponse } from '../../swift_api/json_response';
import { StoreError } from '../../util/store_error';
import { mapConcurrently } from '../../util/concurrency';
import { respondWithProgress, type Work } from '../../swift_api/bulk/progress';
import { reportName, type LargeObject, type Part, type SegmentWalk } from './segment_walk';

/** Swift's values: concurrent deletes, and milliseconds between heartbeats. */
const CONCURRENCY = 2;
const HEARTBEAT_INTERVAL = 10_000;
const MAX_INFO_BYTES = 1024 * 1024;

/** Deletes a large object in unversioned containers by parts, as Swift's `slo` does. */
export async function deleteUnversioned(
  { request, query }: ObjectCall,
  large: LargeObject,
  walk: SegmentWalk,
): Promise<Response> {
  const isAsync = isTrueValue(query.get('async'));
  if (isAsync && (await supportsAsync(walk))) return deleteAsync(large, walk);
  const type = bulkType(request);
  if (type === undefined) return refuseDeletes(request, 406);
  return respondWithProgress(deleteParts(large, walk, type), type, HEARTBEAT_INTERVAL);
}

async function* deleteParts({ inOrder }: LargeObject, walk: SegmentWalk, type: string): Work {
  const summary = new DeleteSummary();
  const results = mapConcurrently(inOrder, CONCURRENCY, async (part) => ({
    part,
    status: await deletePart(part, walk),
  }));
  for await (const { part, status } of results) {
    yield;
    const { problem, target } = part;
    // whatever the reason, Swift counts it among the client's errors
    if (problem)
      summary.add(reportName(target), problem.status === 404 ? 404 : 400, problem.reason);
    else summary.add(reportName(target), status);
  }
  return summary.render(type);
}

/** Deletes a part and returns the status. Keeps a part that could not be read. */
async function deletePart({ target, version, problem }: Part, walk: SegmentWalk): Promise<number> {
  if (problem) return problem.status;
  try {
    const response = await walk.client.delete(target, { query: version });
    await drain(response.body);
    return response.status;
  } catch (error) {
    if (error instanceof StoreError) return 503;
    throw error;
  }
}

/** Whether the store's `/info` announces `async=yes`. */
async function supportsAsync(walk: SegmentWalk): Promise<boolean> {
  const response = await walk.client.get('/info');
  const body = await readResponse(response.body, MAX_INFO_BYTES, INFO);
  return (
    response.status === 200 && parseResponse(Info, body, INFO).slo?.allow_async_delete === true
  );
}

const INFO = '/info of the store';
const Info = z.object({ slo: z.object({ allow_async_delete: z.boolean().optional() }).optional() });

/**
 * Deletes with `async=yes`: returns the response to the DELETE of the manifest (Swift's
 * `handle_async_delete`). Swift lets the segments expire soon; here they are deleted
 * first.
 */
async function deleteAsync({ root, segments }: LargeObject, walk: SegmentWalk): Promise<Response> {
  const { problem } = root;
  if (problem) return htmlResponse(problem.status === 403 ? 500 : problem.status, problem.reason);
  const containers = [...new Set(segments.map(({ target }) => target.container))];
  if (containers.length > 1) {
    const names = containers.map((name) => `"${quote(name)}"`).join(', ');
    return htmlResponse(400, `All segments must be in one container. Found segments in ${names}`);
  }
  if (segments.some(({ isManifest }) => isManifest))
    return htmlResponse(400, 'No segments may be large objects.');
  const refusal = await findRefusal([root, ...segments.slice(0, 1)], walk);
  if (refusal) return refusal;
  for (const { target } of segments) {
    const response = await walk.client.delete(target);
    if (response.status >= 300 && response.status !== 404) return response;
    await drain(response.body);
  }
  return walk.client.delete(root.target, { query: root.version });
}

/** Returns the refusal if the client may not delete all `parts`. */
async function findRefusal(
  parts: readonly Part[],
  walk: SegmentWalk,
): Promise<Response | undefined> {
  for (const { target } of parts) {
    // Swift checks the right before the condition, which never holds
    const headers = Headers.of({ 'X-If-Delete-At': '1' });
    const response = await walk.client.delete(target, { headers });
    if (response.status === 401 || response.status === 403) return response;
    await drain(response.body);
  }
  return undefined;
}
