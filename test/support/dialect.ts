import { Headers } from '../../src/http/headers';
import { textResponse, type Filter, type ForDialect } from '../../src/swift_api/message';
import type { Config } from '../../src/pipeline/load';
import { Client } from './client';

/** Requests with this header are made as a filter for another API makes them. */
const DIALECT = 'x-test-dialect';
/** Their content type, and that of what they are answered, with what clients neither send nor see. */
export const TYPE = 'X-Test-Type';
/** What a write must replace, by its ETag and its type; else it is refused, and told what it would replace. */
export const ONLY_OVER = 'X-Test-Only-Over';

/** A configuration whose pipeline takes requests for those of a dialect that say so. */
export function speaking(config: Config): Config {
  return {
    ...config,
    createFilters: (context) => {
      const filters = config.createFilters(context);
      return [...filters.slice(0, -1), dialect, ...filters.slice(-1)];
    },
  };
}

/** The same client, as it asks through a dialect. */
export function inDialect({ url, credentials, account }: Client): Client {
  return new Client(url, credentials.withAll(Headers.of({ [DIALECT]: 'yes' })), account);
}

const dialect: Filter = (next) => async (request) => {
  if (!request.headers.has(DIALECT)) return next(request);
  const type = request.headers.get(TYPE);
  const own = request.headers.without(DIALECT, TYPE, ONLY_OVER);
  const headers = type === undefined ? own : own.with('Content-Type', type);
  const response = await next({
    ...request,
    headers,
    dialect: forDialect(request.headers.get(ONLY_OVER)),
  });
  const told = response.headers.get('content-type');
  return told === undefined
    ? response
    : { ...response, headers: response.headers.with(TYPE, told) };
};

function forDialect(onlyOver: string | undefined): ForDialect {
  if (onlyOver === undefined) return {};
  return {
    refusal: (replaced) => {
      const told = replaced ? `${replaced.etag} ${replaced.contentType}` : 'nothing';
      return told === onlyOver ? undefined : textResponse(412, told);
    },
  };
}
