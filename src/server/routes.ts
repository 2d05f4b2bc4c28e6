import { unquote } from '../http/bytes';

/**
 * Whether a request goes through the pipeline rather than through Express: the Swift API, and what filters answer. The path is
 * folded as any server behind might fold it, so that no spelling of an object's path gets past the filters; the
 * request itself goes on as it came.
 */
export function isForPipeline(url: string): boolean {
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
