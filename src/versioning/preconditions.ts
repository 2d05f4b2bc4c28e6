import type { Request } from '../swift_api/message';
import type { ObjectInfo } from './store/store';
import { X_IF_DELETE_AT } from '../swift_api/header_names';

/** Whether the store will refuse a request anyway, so that nothing is archived for it. */
export function failsPreconditions(request: Request, current: ObjectInfo | undefined): boolean {
  if (requiresAbsence(request) && current) return true;
  const deleteAt = request.headers.get(X_IF_DELETE_AT);
  return request.method === 'DELETE' && deleteAt !== undefined && deleteAt !== current?.deleteAt;
}

/** Whether a write is to be done only if there is no object (`If-None-Match: *`). */
function requiresAbsence({ method, headers }: Request): boolean {
  return method !== 'DELETE' && headers.get('if-none-match')?.trim() === '*';
}
