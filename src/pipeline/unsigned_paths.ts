import { isBucketName } from '../buckets/bucket';
import { isSiteHost, NO_PASSTHROUGH, type Passthrough } from '../config/passthrough';
import { unquote } from '../http/bytes';
import type { RequestHead, UnsignedHead } from '../plugin/plugin';
import { isPreflight } from '../swift_api/cors/headers';
import { readingsOf } from '../swift_api/readings';
import { originForm, readTarget, type FilterPaths } from '../swift_api/request_target';
import { parseQueryPairs } from '../swift_api/target';

/** Who names paths and requests in a pipeline. */
interface Claims {
  /** Whether a filter answers a request in an API of its own. */
  readonly claims: (head: RequestHead) => boolean;
  /** The paths of all filters. */
  readonly paths: FilterPaths;
  /** The beginnings of further paths of filters in the pipeline. */
  readonly prefixes: readonly string[];
}

/** Clients of Swift log in below this path, here or at the store. */
const LOGINS = '/auth/';

/** Headers with which clients authenticate, or log in. */
const CREDENTIALS = [
  'authorization',
  'x-auth-token',
  'x-storage-token',
  'x-service-token',
  'x-auth-user',
  'x-auth-key',
  'x-storage-user',
  'x-storage-pass',
  'x-amz-security-token',
  'x-cos-security-token',
];

/** Parameters of signatures of any API, in lower case. */
const SIGNATURE =
  /^(temp_url_.*|x-amz-(algorithm|credential|date|expires|signature|signedheaders|security-token)|awsaccesskeyid|access_key_id|signature|expires|q-.*|x-cos-security-token)$/;

/**
 * Returns whether nobody claims a request: it is unsigned, reads by a path whose first
 * segment could be a bucket, or is a preflight for such a path; and no filter, no app and
 * no option names the path, in any reading of it.
 *
 * @param passthrough what else reaches the store, whatever the method
 */
export function isUnclaimed(
  { method, path, query, headers, host, isSite }: UnsignedHead,
  { claims, paths, prefixes }: Claims,
  { rules, hosts }: Passthrough = NO_PASSTHROUGH,
): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  if (isSite === true || !(isRead || isPreflight({ method, headers }))) return false;
  const target = originForm({ path, query });
  const { reading, hasDoubtfulStart } = readTarget(target, paths);
  if (reading !== 'outside' || hasDoubtfulStart || !namesBucket(path)) return false;
  if (isSigned(query) || CREDENTIALS.some((name) => headers.has(name))) return false;
  const whole = host === undefined ? headers : headers.with('Host', host);
  if (isSiteHost(whole.get('host'), hosts)) return false;
  const named = [
    ...[LOGINS, ...prefixes].map((prefix) => ({ path: prefix, isPrefix: true })),
    ...rules,
  ];
  return (
    !named.some((each) => isNamedBy(path, each)) && !claims({ method, target, headers: whole })
  );
}

/** Versions of Swift's API, of which there is one, are no buckets. */
function namesBucket(path: string): boolean {
  const bucket = unquote(path).split('/')[1] ?? '';
  return isBucketName(bucket) && !/^v\d/i.test(bucket);
}

function isSigned(query: string): boolean {
  if (query === '') return false;
  return parseQueryPairs(query).some(([name]) => SIGNATURE.test(name.toLowerCase()));
}

/** Whether some reading of a path is named, or begins with a name for a prefix. */
function isNamedBy(
  path: string,
  named: { readonly path: string; readonly isPrefix: boolean },
): boolean {
  const readings = readingsOf(path);
  if (readings === undefined) return true;
  return [...readings].some((reading) => {
    const text = unquote(reading);
    return named.isPrefix
      ? text.startsWith(named.path) || `${text}/` === named.path
      : text === named.path;
  });
}
