import { drain, isUnread } from '../../src/http/body';
import type { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/http/message';
import { isCopy } from '../../src/http/written';
import { NO_NOTES, noteHeaders, NOTHING_RESTORED, type Notes } from '../../src/stores/notes';

/** Swift's own bounds for an object's metadata, less what a note takes. */
const MOST_ITEMS = 90 - 1;
const MOST_BYTES = 4096 - 64;
const METADATA = 'x-object-meta-';

/** Lets a client's write through with notes on the object that it writes, where that has room for them. */
export async function forwardNoted(request: Request, notes: Notes, next: Handler): Promise<Response> {
  const headers = noteHeaders(notes);
  if (isCopy(request)) return forwardCopy(request, headers, next);
  if (isEmpty(headers) || !hasRoom(request.headers)) return next(request);
  return next({ ...request, headers: request.headers.withAll(headers) });
}

/**
 * A copy brings the notes of its source along, and who writes may have made that so that they name entries in this object's archive: what is noted as
 * restored would be removed from there. So they are replaced. That takes room only where the source has none of them.
 */
async function forwardCopy(request: Request, headers: Headers, next: Handler): Promise<Response> {
  for (const each of [NO_NOTES.withAll(headers), NOTHING_RESTORED]) {
    const response = await next({ ...request, headers: request.headers.withAll(each) });
    // a body that came with it, which no copy may have, is not there to be sent again
    if (response.status !== 400 || !isUnread(request.body)) return response;
    // the source may have as much metadata as an object can have
    await drain(response.body);
  }
  return next(request);
}

function isEmpty(headers: Headers): boolean {
  return headers.entries().next().done === true;
}

function hasRoom(headers: Headers): boolean {
  let [items, bytes] = [0, 0];
  for (const [name, value] of headers.entries()) {
    if (!name.startsWith(METADATA)) continue;
    items++;
    bytes += name.length - METADATA.length + value.length;
  }
  return items <= MOST_ITEMS && bytes <= MOST_BYTES;
}
