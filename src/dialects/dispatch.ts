import { BucketError } from '../buckets/errors';
import { Headers } from '../http/headers';
import type { CallHead, Route } from './call';

/**
 * The operation that a request asks for.
 *
 * @throws BucketError where there is none
 */
export function routeOf<Head extends CallHead>(
  call: Head,
  routes: readonly Route<Head>[],
): Route<Head> {
  const on = levelOf(call);
  const { request, parameters } = call;
  const here = routes.filter(
    (route) => route.on === on && (route.parameters ?? []).every((name) => parameters.has(name)),
  );
  const found = here.find(
    ({ method, header }) =>
      method === request.method && (header === undefined || request.headers.has(header)),
  );
  if (found) return found;
  const methods = [...new Set(here.map(({ method }) => method))];
  const message = 'The specified method is not allowed against this resource.';
  throw new BucketError('method-not-allowed', message, {
    fields: { Method: request.method, ResourceType: on.toUpperCase() },
    headers: Headers.of({ Allow: methods.join(', ') }),
  });
}

function levelOf({ bucket, key }: Pick<CallHead, 'bucket' | 'key'>): Route['on'] {
  return bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object';
}
