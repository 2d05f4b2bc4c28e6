import { BucketError } from '../buckets/errors';
import { Headers } from '../http/headers';
import type { CallHead, Route } from './call';

/**
 * Returns the route for a request.
 *
 * @throws BucketError if there is none
 */
export function routeOf<Head extends CallHead>(
  call: Head,
  routes: readonly Route<Head>[],
): Route<Head> {
  const level = levelOf(call);
  const { request, parameters } = call;
  const candidates = routes.filter(
    (route) => route.on === level && (route.parameters ?? []).every((name) => parameters.has(name)),
  );
  const match = candidates.find(
    ({ method, header }) =>
      method === request.method && (header === undefined || request.headers.has(header)),
  );
  if (match) return match;
  const methods = [...new Set(candidates.map(({ method }) => method))];
  const message = 'The specified method is not allowed against this resource.';
  throw new BucketError('method-not-allowed', message, {
    fields: { Method: request.method, ResourceType: level.toUpperCase() },
    headers: Headers.of({ Allow: methods.join(', ') }),
  });
}

function levelOf({ bucket, key }: Pick<CallHead, 'bucket' | 'key'>): Route['on'] {
  return bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object';
}
