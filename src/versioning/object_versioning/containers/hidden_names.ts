import { isVersionsContainer } from '../version_names';
import { htmlResponse } from '../../../swift_api/responses';
import type { ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../swift_api/message';
import { segmentPaths, parseSegmentPath } from '../../../swift_api/segments';

/** Whether a path below the account leads into a versions container. */
export function isHiddenPath(path: ByteString): boolean {
  return isVersionsContainer(path.replace(/^\/+/, ''));
}

/** Whether a manifest names a segment in a versions container. */
export function hasHiddenSegment(manifest: unknown): boolean {
  for (const path of segmentPaths(manifest))
    if (isVersionsContainer(parseSegmentPath(path).container)) return true;
  return false;
}

/** Refuses a request that names a versions container. */
export function refuseHidden(status: number, what: string): Response {
  const reason = 'is a versions container; use ?versions and ?version-id to access versions';
  return htmlResponse(status, `${what} ${reason}\n`, PLAIN);
}

/** Refuses a manifest that names a segment in a versions container. */
export function refuseSegment(): Response {
  return refuseHidden(400, 'The container of a segment');
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });
