import { BucketError } from '../buckets/errors';
import { Headers } from '../http/headers';
import type { CallHead, Route } from './call';

/** What a request is routed by. */
type RoutedBy = Pick<Route, 'method' | 'on' | 'parameters' | 'header'>;

type RoutedHead = Pick<CallHead, 'request' | 'bucket' | 'key' | 'parameters'>;

/** The routes of an API, by resource and method, so that no request tries all of them. */
export class RouteTable<R extends RoutedBy> {
  private readonly groups = new Map<string, R[]>();

  /** @param all in their order: the first that matches a request applies */
  constructor(private readonly all: readonly R[]) {
    for (const route of all) {
      const name = groupOf(route.on, route.method);
      const group = this.groups.get(name);
      if (group) group.push(route);
      else this.groups.set(name, [route]);
    }
  }

  /**
   * Returns the route for a request.
   *
   * @throws BucketError if there is none
   */
  find(call: RoutedHead): R {
    const level = levelOf(call);
    const { method, headers } = call.request;
    const match = this.groups
      .get(groupOf(level, method))
      ?.find(
        (route) =>
          hasParameters(route, call) && (route.header === undefined || headers.has(route.header)),
      );
    if (match) return match;
    const allowed = this.all.filter((route) => route.on === level && hasParameters(route, call));
    const methods = new Set(allowed.map((route) => route.method));
    const message = 'The specified method is not allowed against this resource.';
    throw new BucketError('method-not-allowed', message, {
      fields: { Method: method, ResourceType: level.toUpperCase() },
      headers: Headers.of({ Allow: [...methods].join(', ') }),
    });
  }
}

function groupOf(level: Route['on'], method: string): string {
  return `${level} ${method}`;
}

function hasParameters({ parameters }: RoutedBy, call: RoutedHead): boolean {
  return parameters === undefined || parameters.every((name) => call.parameters.has(name));
}

function levelOf({ bucket, key }: RoutedHead): Route['on'] {
  return bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object';
}
