import { unquote } from '../http/bytes';
import { isSignedForS3 } from '../http/s3';

/**
 * Whether a request goes through the pipeline rather than through Express: the Swift API, what filters answer, and what is signed
 * for the S3 API of the store behind, which can write as well. The path is
 * folded as any server behind might fold it, so that no spelling of an object's path gets past the filters; the
 * request itself goes on as it came.
 */
export function isForPipeline(url: string, authorization: string | undefined): boolean {
  if (isSignedForS3(authorization, url.split('?', 2)[1] ?? '')) return true;
  const path = unquote(url.split(/[?#]/, 1)[0] ?? '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  const folded: string[] = [];
  for (const segment of path.split(/[/\\]+/)) {
    if (segment === '..') folded.pop();
    else if (segment !== '' && segment !== '.') folded.push(segment);
  }
  const [first] = folded;
  return (
    first === 'v1' ||
    first === 'v1.0' ||
    (folded.length === 1 && (first === 'info' || first === 'healthcheck'))
  );
}

/** The path and query of a request's target: some clients send the whole URL (RFC 9112, 3.2.2), stores read only its path. */
export function originForm(url: string): string {
  const rest = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(url)?.[1];
  if (rest === undefined) return url;
  return rest.startsWith('/') ? rest : '/' + rest;
}
