import { isTrueValue, quote } from '../../../http/bytes';
import type { ObjectTarget } from '../../../http/path';
import type { Response } from '../../../http/message';
import { Refused } from './answers';
import { bulkAnswer, bulkType, statusLine, type Problem } from './bulk_answer';
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

/** How Swift tells that a manifest cannot be read. */
const UNREADABLE: Readonly<Record<number, string>> = {
  400: 'Not an SLO manifest',
  401: '401 Unauthorized',
};

/** DELETE with `?multipart-manifest=delete`: segments, then manifests, told as Swift's bulk deletes are. */
export async function deleteLarge(call: ObjectCall): Promise<Response> {
  const problems: Problem[] = [];
  let deleted = 0;
  let missing = 0;
  const note = (target: ObjectTarget, status: number, reason = statusLine(status)) => {
    if (status === 204) deleted++;
    else if (status === 404) missing++;
    else problems.push([quote(`/${target.container}/${target.object}`), reason]);
  };
  const tasks: Task[] = [{ target: call.target, isManifest: true }];
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const { target, isManifest } = task;
    if (!isManifest) {
      note(target, await deleteOne(call, target));
      continue;
    }
    const segments = await segmentsOf(call, target);
    if (typeof segments === 'number') {
      note(target, segments, UNREADABLE[segments] ?? 'Unable to load SLO manifest or segment.');
      continue;
    }
    tasks.push(...segments, { target, isManifest: false });
    if (tasks.length > MOST_TASKS) {
      note(target, 400, 'Too many buffered slo segments to delete.');
      break;
    }
  }
  const facts = {
    'Number Deleted': deleted,
    'Number Not Found': missing,
    'Response Body': '',
    'Response Status': statusLine(problems.length > 0 ? 400 : 200),
  };
  return bulkAnswer(200, bulkType(call.request), facts, problems, 'delete');
}

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
