import { isTrueValue } from '../../../http/bytes';
import { bulkType, DeleteSummary, deletedAnswer } from '../../../http/bulk_answer';
import type { ObjectTarget } from '../../../http/path';
import type { Response } from '../../../http/message';
import { Refused } from './answers';
import { openContainer, type ObjectCall } from './call';
import { openObject } from './links';
import { segmentTarget, SLO_LIMITS } from './slo_manifest';
import { readManifest } from './slo_read';

/** One object to delete; a manifest comes after its segments. */
interface Task {
  readonly target: ObjectTarget;
  readonly isManifest: boolean;
}

const MOST_TASKS = SLO_LIMITS.max_manifest_segments * 10;

/** DELETE with `?multipart-manifest=delete`: segments, then manifests, told as Swift's bulk deletes are. */
export async function deleteLarge(call: ObjectCall): Promise<Response> {
  const type = bulkType(call.request);
  const summary = new DeleteSummary();
  if (type === undefined) return deletedAnswer(type, summary.render(type, 406));
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
      // whatever the reason, Swift counts it among the client's errors
      summary.add(name, segments === 404 ? 404 : 400, UNREADABLE[segments] ?? UNREADABLE[500]);
      continue;
    }
    tasks.push(...segments, { target, isManifest: false });
    if (tasks.length > MOST_TASKS)
      return deletedAnswer(type, summary.render(type, 400, 'Too many buffered slo segments to delete.'));
  }
  return deletedAnswer(type, summary.render(type));
}

/** Swift's words where a manifest could not be read. */
const UNREADABLE: Readonly<Record<number, string>> = {
  400: 'Not an SLO manifest',
  401: '401 Unauthorized',
  500: 'Unable to load SLO manifest or segment.',
};

/** The segments of a manifest, or the status with which it could not be read. */
async function segmentsOf(call: ObjectCall, target: ObjectTarget): Promise<Task[] | number> {
  try {
    const { record } = openObject(call, 'GET', target);
    if (!isTrueValue(record.attributes['x-static-large-object'])) return 400;
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
