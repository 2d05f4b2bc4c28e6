import { drain, isUnread } from '../../http/body';
import type { Headers } from '../../http/headers';
import type { Handler, Request, Response } from '../../swift_api/message';
import { isCopy } from '../../swift_api/object_writes';
import { NO_NOTES, NOTHING_RESTORED } from '../store/recovery_notes';

/** Swift's limits for an object's metadata. */
const MAX_ITEMS = 90;
const MAX_BYTES = 4096;
const METADATA = 'x-object-meta-';

/**
 * Forwards a client's write with notes on the object, if that has room for them.
 *
 * @param notes the headers that write the notes
 */
export async function forwardWithNotes(
  request: Request,
  notes: Headers,
  next: Handler,
): Promise<Response> {
  if (isCopy(request)) return forwardCopy(request, notes, next);
  const headers = request.headers.withAll(notes);
  return next(isEmpty(notes) || !isWithinBounds(headers) ? request : { ...request, headers });
}

/**
 * Forwards a copy and replaces the notes that it takes along from its source. Those bound
 * to the source would not count here, but unbound ones might name entries in this
 * object's archive. This needs extra room only if the source has no such notes.
 */
async function forwardCopy(request: Request, notes: Headers, next: Handler): Promise<Response> {
  for (const each of [NO_NOTES.withAll(notes), NOTHING_RESTORED]) {
    const response = await next({ ...request, headers: request.headers.withAll(each) });
    // a copy must not have a body; if one was sent and read, it cannot be sent again
    if (response.status !== 400 || !isUnread(request.body)) return response;
    // the source may already have as much metadata as an object can have
    await drain(response.body);
  }
  return next(request);
}

function isEmpty(headers: Headers): boolean {
  return headers.entries().next().done === true;
}

function isWithinBounds(headers: Headers): boolean {
  let [items, bytes] = [0, 0];
  for (const [name, value] of headers.entries()) {
    if (!name.startsWith(METADATA)) continue;
    items++;
    bytes += name.length - METADATA.length + value.length;
  }
  return items <= MAX_ITEMS && bytes <= MAX_BYTES;
}
