import { toBytes } from '../http/bytes';
import { listingResponse, type ListingRecord } from '../swift_api/listing';
import type { Handler, Request, Response } from '../swift_api/message';
import { formatQuery, isApi, isContainer, parseTarget } from '../swift_api/target';
import { ContainerCall } from './calls';
import { isVersionsContainer } from './object_versioning/version_names';
import { readResponse } from '../swift_api/json_response';
import { NEW_MARKER_TYPE } from '../swift_api/markers';
import { readListing, type RawEntry } from './object_versioning/containers/listing_entries';

const MAX_LISTING_BYTES = 64 * 1024 * 1024;
/** The end of an archive entry's name, in a listing without types. */
const ENTRY = /\/\d{10}\.\d{5}$/m;

/**
 * Removes unfinished delete markers from container listings, since their deletes have not
 * happened. Any container may be an archive. Pages are filled up from the next one, so
 * that none is empty before the last.
 */
export function hideUnfinished(next: Handler): Handler {
  return async (request) => {
    const call = listingCall(request);
    const response = await next(request);
    if (call === undefined || response.status !== 200) return response;
    const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
    const body = await readResponse(response.body, MAX_LISTING_BYTES, 'a page of a listing');
    const buffered = { ...response, body };
    return mayHaveUnfinished(body, type) ? removeUnfinished(buffered, type, call, next) : buffered;
  };
}

/** Returns the call if a request lists a container. */
function listingCall(request: Request): ContainerCall | undefined {
  const target = request.method === 'GET' ? parseTarget(request.path) : undefined;
  if (target === undefined || !isApi(target) || !isContainer(target)) return undefined;
  return isVersionsContainer(target.container) ? undefined : new ContainerCall(request, target);
}

function mayHaveUnfinished(body: Buffer, type: string): boolean {
  if (type === 'text/plain') return ENTRY.test(body.toString('latin1'));
  return body.includes(NEW_MARKER_TYPE);
}

async function removeUnfinished(
  response: Response,
  type: string,
  call: ContainerCall,
  next: Handler,
): Promise<Response> {
  const { request, query } = call;
  const fetchPage = (changes: Readonly<Record<string, string>>) => {
    const jsonQuery = formatQuery(call.parameters({ ...changes, format: 'json' }));
    return next({ ...request, query: jsonQuery, headers: request.headers.without('accept') });
  };
  const inJson = type === 'application/json' ? response : await fetchPage({});
  if (inJson.status >= 300) return inJson;
  let page = await readListing(inJson);
  const entries = page.filter(isFinished);
  // for a listing without types this is known only now
  if (entries.length === page.length) return response;
  for (const max = page.length; entries.length < max; entries.push(...page.filter(isFinished))) {
    const last = page.at(-1);
    const nextPage = await fetchPage({
      marker: toBytes(last?.name ?? last?.subdir ?? ''),
      limit: String(max - entries.length),
    });
    if (nextPage.status >= 300) return nextPage;
    page = await readListing(nextPage);
    if (page.length === 0) break;
  }
  const headers = response.headers.without('content-type', 'content-length', 'vary');
  return listingResponse(
    type,
    query,
    headers,
    { kind: 'container', name: call.target.container },
    entries as ListingRecord[],
  );
}

function isFinished({ content_type }: RawEntry): boolean {
  return content_type !== NEW_MARKER_TYPE;
}
