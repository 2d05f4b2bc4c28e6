import { isTrueValue, quote } from '../../../../http/bytes';
import {
  bulkType,
  DeleteSummary,
  deletesResponse,
  refuseDeletes,
} from '../../../../swift_api/bulk/report';
import type { ObjectTarget } from '../../../../swift_api/target';
import type { Response } from '../../../../swift_api/message';
import { htmlResponse, Refused } from '../answers';
import { openContainer, type ObjectCall } from '../call';
import { openObject } from '../links';
import { SLO_LIMITS } from './slo_manifest';
import { segmentTarget } from '../../../../swift_api/stored_manifest';
import { readManifest } from './slo_read';
import { NOT_TEXT, refusalForNames } from '../../../../swift_api/name_refusal';
import { X_STATIC_LARGE_OBJECT } from '../../../../swift_api/header_names';

/** One object to delete; a manifest comes after its segments. */
interface Task {
  readonly target: ObjectTarget;
  readonly isManifest: boolean;
}

const MAX_TASKS = SLO_LIMITS.max_manifest_segments * 10;

/**
 * Answers DELETE with `?multipart-manifest=delete`: deletes segments, then manifests, and
 * reports like Swift's bulk delete.
 */
export async function deleteLargeObject(call: ObjectCall): Promise<Response> {
  const type = bulkType(call.request);
  const summary = new DeleteSummary();
  if (type === undefined) return refuseDeletes(call.request, 406);
  // Swift reports this, too
  if (refusalForNames(call.target)) return refuseDeletes(call.request, 412, NOT_TEXT);
  const tasks: Task[] = [{ target: call.target, isManifest: true }];
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const { target, isManifest } = task;
    const name = `/${target.container}/${target.object}`;
    if (!isManifest) {
      summary.add(name, await deleteOne(call, target));
      continue;
    }
    const segments = await segmentsOf(call, target);
    if (typeof segments === 'number') {
      // whatever the reason, Swift reports it as a client error
      summary.add(name, segments === 404 ? 404 : 400, reasonOf(segments));
      continue;
    }
    tasks.push(...segments, { target, isManifest: false });
    if (tasks.length > MAX_TASKS)
      return deletesResponse(
        type,
        summary.render(type, 400, 'Too many buffered slo segments to delete.'),
      );
  }
  return deletesResponse(type, summary.render(type));
}

/**
 * Deletes the segments of a large object, for DELETE with `async=yes` (Swift's
 * `handle_async_delete`). Swift lets them expire soon; here they are gone before the
 * response.
 *
 * @throws Refused if they lie in several containers, or if the client may not delete them
 */
export async function deleteSegments(call: ObjectCall): Promise<void> {
  const { target } = call;
  const segments = await segmentsOf(call, target);
  if (segments === 404) throw new Refused(htmlResponse(404, 'SLO manifest not found'));
  if (typeof segments === 'number')
    throw new Refused(
      htmlResponse(UNREADABLE[segments] === undefined ? 500 : segments, reasonOf(segments)),
    );
  const [first] = segments;
  if (first === undefined) return;
  const containers = [...new Set(segments.map((segment) => segment.target.container))];
  if (containers.length > 1) {
    const names = containers.map((name) => `"${quote(name)}"`).join(', ');
    throw new Refused(
      htmlResponse(400, `All segments must be in one container. Found segments in ${names}`),
    );
  }
  if (segments.some(({ isManifest }) => isManifest))
    throw new Refused(htmlResponse(400, 'No segments may be large objects.'));
  openContainer(call, 'DELETE', target);
  openContainer(call, 'DELETE', first.target);
  for (const segment of segments) await deleteOne(call, segment.target);
}

/** Swift's reasons why a manifest could not be read. */
const UNREADABLE: Readonly<Record<number, string>> = {
  400: 'Not an SLO manifest',
  401: '401 Unauthorized',
};

function reasonOf(status: number): string {
  return UNREADABLE[status] ?? 'Unable to load SLO manifest or segment.';
}

/** Returns the segments of a manifest, or the status with which it could not be read. */
async function segmentsOf(call: ObjectCall, target: ObjectTarget): Promise<Task[] | number> {
  try {
    const { record } = openObject(call, 'GET', target);
    if (!isTrueValue(record.attributes[X_STATIC_LARGE_OBJECT])) return 400;
    const segments = await readManifest(call, record);
    return segments.flatMap((segment) =>
      'data' in segment
        ? []
        : [{ target: segmentTarget(target, segment.name), isManifest: segment.sub_slo === true }],
    );
  } catch (error) {
    if (error instanceof Refused) return error.response.status;
    throw error;
  }
}

async function deleteOne(call: ObjectCall, target: ObjectTarget): Promise<number> {
  try {
    openContainer(call, 'DELETE', target);
  } catch (error) {
    if (error instanceof Refused) return error.response.status;
    throw error;
  }
  const { account, container, object } = target;
  const removed = await call.storage.deleteObject(account, container, object);
  return typeof removed === 'string' ? 404 : 204;
}
