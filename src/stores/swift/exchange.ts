import { destroy, drain, type Body } from '../../http/body';
import { endToEnd, type Headers } from '../../http/headers';
import type { UpstreamServer } from '../../plugin/plugin';
import { ClientGone, NO_BODY, type Request, type Response } from '../../swift_api/message';
import { codeOf, messageOf } from '../../util/errors';
import { StoreError } from '../../util/store_error';

export interface UpstreamOptions extends Omit<UpstreamServer, 'passthrough'> {
  /** Milliseconds until a connection must stand. */
  readonly connectTimeout: number;
  /** How many connections at most. */
  readonly connections: number;
}

/** Bytes that the head of an answer may have: Swift allows 90 items of metadata, of 384 bytes each. */
export const MAX_HEADER_BYTES = 128 * 1024;

/** The response to a request, its body read away where there is none by HTTP's rules. */
export async function answer(
  request: Request,
  status: number,
  headers: Headers,
  body: Body,
): Promise<Response> {
  const empty =
    request.method === 'HEAD' ||
    status === 204 ||
    status === 304 ||
    headers.get('content-length') === '0';
  if (!empty) return { status, headers: endToEnd(headers), body };
  await drain(body);
  return { status, headers: endToEnd(headers), body: NO_BODY };
}

/** No connection came about. */
export class NoConnection extends Error {
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';
}

/** What a failed exchange is to the pipeline; the request's body is ended. */
export function asHandlerError(error: unknown, request: Request): Error {
  destroy(request.body);
  const broken = Buffer.isBuffer(request.body) ? null : request.body.errored;
  if (broken instanceof ClientGone) return broken;
  if (request.signal.aborted) {
    const reason: unknown = request.signal.reason;
    return reason instanceof Error ? reason : new ClientGone('the request was given up');
  }
  const code = codeOf(error);
  const unreachable = [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EAI_AGAIN',
    'UND_ERR_CONNECT_TIMEOUT',
  ];
  const why = messageOf(error);
  return unreachable.includes(code)
    ? new StoreError('unreachable', `the store cannot be reached: ${why}`, undefined, {
        cause: error,
      })
    : new StoreError('unavailable', `the store broke off: ${why}`, undefined, { cause: error });
}
