import { isVersionsContainer } from '../versioning/object_versioning/version_names';
import { destroy } from '../http/body';
import { unquote } from '../http/bytes';
import { isReading, textResponse, type Handler, type Request } from '../swift_api/message';
import { queryPairs } from '../swift_api/target';
import { readingsOf } from '../swift_api/readings';

/** What of a query the store may see of a site: a temporary URL is signed for the object alone. */
const SIGNED = /^temp_url_|^filename$|^inline$/;

/**
 * Serves a site from the store, which makes a path of the API out of the Host and the path. Only
 * reading goes on. What holds versions, and the listing of an account, are not there; neither are
 * the forms of a listing and of an object that show where versions lie.
 */
export function siteHandler(store: Handler): Handler {
  return async (request) => {
    if (!isReading(request.method) || mayNameVersions(request.path)) return notThere();
    const response = await store({ ...visitor(request), isSite: true });
    const isAccount = [...response.headers.entries()].some(([name]) =>
      name.startsWith('x-account-'),
    );
    if (!isAccount) return { ...response, headers: response.headers.without('content-location') };
    destroy(response.body);
    return notThere();
  };
}

function notThere() {
  return textResponse(404, 'Nothing is here\n');
}

/** The request with what a browser needs, and nothing by which a listing or a link shows more. */
function visitor(request: Request): Request {
  const pairs = request.query
    .split('&')
    .filter((pair) => SIGNED.test(queryPairs(pair)[0]?.[0] ?? ''));
  return { ...request, query: pairs.join('&'), headers: request.headers.without('accept') };
}

/** Whether a reader could find a container that holds versions anywhere in a path. */
function mayNameVersions(path: string): boolean {
  const readings = readingsOf(path);
  if (readings === undefined) return true;
  return [...readings].some((reading) => unquote(reading).split(/[/\\]/).some(isVersionsContainer));
}

/**
 * Asks the store by its own S3 API, whose signer only the store can find: without the tokens of
 * Swift's API, which that has no use for, and not for containers that hold versions. What writes is
 * for the filter versioned_writes to refuse.
 */
export function s3Handler(store: Handler): Handler {
  return async (request) => {
    if (mayNameVersions(request.path)) return notThere();
    return store({
      ...request,
      headers: request.headers.without('x-auth-token', 'x-storage-token', 'x-service-token'),
    });
  };
}
