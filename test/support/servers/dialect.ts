import { Headers } from '../../../src/http/headers';
import {
  textResponse,
  type Filter,
  type DialectContext,
  type ReplacedObject,
} from '../../../src/swift_api/message';
import type { Config } from '../../../src/pipeline/load';
import { Client } from '../clients/client';

/** Requests with this header are sent on as if by a filter for another API. */
const DIALECT = 'x-test-dialect';
/**
 * The content type of such requests and their responses, with the parameters that clients
 * neither send nor see.
 */
export const TYPE = 'X-Test-Type';
/**
 * The ETag and type of the object that a write must replace; otherwise it is refused, and
 * the response names what it would replace.
 */
export const ONLY_OVER = 'X-Test-Only-Over';
/** A value of that header, for a response that names size and time instead. */
export const SIZE_AND_TIME = 'size and time';

/** Adds a filter that sends requests on for a dialect if they say so. */
export function speaking(config: Config): Config {
  return {
    ...config,
    createFilters: (context) => {
      const filters = config.createFilters(context);
      return [...filters.slice(0, -1), dialect, ...filters.slice(-1)];
    },
  };
}

/** The same client, sending through a dialect. */
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
  const contentType = response.headers.get('content-type');
  return contentType === undefined
    ? response
    : { ...response, headers: response.headers.with(TYPE, contentType) };
};

function forDialect(onlyOver: string | undefined): DialectContext {
  if (onlyOver === undefined) return {};
  return {
    refusal: (replaced) => {
      const description = replaced ? describe(replaced, onlyOver) : 'nothing';
      return description === onlyOver ? undefined : textResponse(412, description);
    },
  };
}

function describe({ etag, contentType, size, modified }: ReplacedObject, onlyOver: string): string {
  return onlyOver === SIZE_AND_TIME
    ? `${size} ${new Date(modified).toUTCString()}`
    : `${etag} ${contentType}`;
}
