import type { Request } from '../swift_api/message';
import type { ObjectInfo } from './store/store';

/** What the store will refuse in any case, given what is there: nothing needs to be archived for it. */
export function failsPreconditions(request: Request, current: ObjectInfo | undefined): boolean {
  if (onlyIfAbsent(request) && current) return true;
  const expiring = request.headers.get('x-if-delete-at');
  return request.method === 'DELETE' && expiring !== undefined && expiring !== current?.deleteAt;
}

/** Whether a write is only to be done where nothing is there. */
export function onlyIfAbsent({ method, headers }: Request): boolean {
  return method !== 'DELETE' && headers.get('if-none-match')?.trim() === '*';
}
