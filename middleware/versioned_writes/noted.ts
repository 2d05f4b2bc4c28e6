import { drain } from '../../src/http/body';
import type { Headers } from '../../src/http/headers';
import type { Handler, Request, Response } from '../../src/http/message';
import { isCopy } from '../../src/http/written';
import { noteHeaders, type Notes } from '../../src/stores/notes';

/** Swift's own bounds for an object's metadata, less what a note takes. */
const MOST_ITEMS = 90 - 1;
const MOST_BYTES = 4096 - 64;
const METADATA = 'x-object-meta-';

/** Lets a client's write through with notes on the object that it writes, where that has room for them. */
export async function forwardNoted(request: Request, notes: Notes, next: Handler): Promise<Response> {
  const headers = noteHeaders(notes);
  if (isEmpty(headers) || !hasRoom(request.headers)) return next(request);
  const response = await next({ ...request, headers: request.headers.withAll(headers) });
  if (response.status !== 400 || !isCopy(request)) return response;
  // the source may have as much metadata as an object can have
  await drain(response.body);
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
