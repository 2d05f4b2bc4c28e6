import { isVersionsContainer } from '../versioning/object_versioning/version_names';
import { destroy } from '../http/body';
import { unquote } from '../http/bytes';
import { isReadMethod, textResponse, type Handler, type Request } from '../swift_api/message';
import { parseQueryPairs } from '../swift_api/target';
import { readingsOf } from '../swift_api/readings';
import { X_AUTH_TOKEN, X_SERVICE_TOKEN, X_STORAGE_TOKEN } from '../swift_api/header_names';

/**
 * The parameters of a query that the store may see for a site: a temporary URL is signed
 * for the object alone.
 */
const ALLOWED = /^temp_url_|^filename$|^inline$/;

/**
 * Serves a site from the store, which maps Host and path to a path of the API. Only reads
 * are forwarded. Containers of versions, and the listing of an account, appear not to
 * exist; parameters and headers by which listings and objects would reveal the location
 * of versions are removed.
 */
export function siteHandler(store: Handler): Handler {
  return async (request) => {
    if (!isReadMethod(request.method) || mayNameVersions(request.path)) return notFound();
    const response = await store({ ...asVisitor(request), isSite: true });
    const isAccount = [...response.headers.entries()].some(([name]) =>
      name.startsWith('x-account-'),
    );
    if (!isAccount) return { ...response, headers: response.headers.without('content-location') };
    destroy(response.body);
    return notFound();
  };
}

function notFound() {
  return textResponse(404, 'Nothing is here\n');
}

/**
 * Returns the request with only what a browser needs, so that no listing or link reveals
 * more.
 */
function asVisitor(request: Request): Request {
  const pairs = request.query
    .split('&')
    .filter((pair) => ALLOWED.test(parseQueryPairs(pair)[0]?.[0] ?? ''));
  return { ...request, query: pairs.join('&'), headers: request.headers.without('accept') };
}

/** Returns whether some reading of a path may contain a container of versions. */
function mayNameVersions(path: string): boolean {
  const readings = readingsOf(path);
  if (readings === undefined) return true;
  return [...readings].some((reading) => unquote(reading).split(/[/\\]/).some(isVersionsContainer));
}

/**
 * Forwards requests to the store's own S3 API, whose signer only the store can identify:
 * without the tokens of Swift's API, which it does not use, and not for containers of
 * versions. Writes are refused by the filter versioned_writes.
 */
export function s3Handler(store: Handler): Handler {
  return async (request) => {
    if (mayNameVersions(request.path)) return notFound();
    return store({
      ...request,
      headers: request.headers.without(X_AUTH_TOKEN, X_STORAGE_TOKEN, X_SERVICE_TOKEN),
    });
  };
}
