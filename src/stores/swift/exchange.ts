import { destroy, drain, type Body } from '../../http/body';
import { endToEndHeaders, type Headers } from '../../http/headers';
import type { UpstreamServer } from '../../plugin/plugin';
import { ClientGone, NO_BODY, type Request, type Response } from '../../swift_api/message';
import { codeOf, messageOf } from '../../util/errors';
import { StoreError } from '../../util/store_error';

export interface UpstreamOptions extends Omit<UpstreamServer, 'passthrough'> {
  /** Max milliseconds to establish a connection. */
  readonly connectTimeout: number;
  /** Max connections. */
  readonly connections: number;
}

/** Max bytes of a response head: Swift allows 90 items of metadata of 384 bytes each. */
export const MAX_HEADER_BYTES = 128 * 1024;

/** Builds the response; drains the body if HTTP allows none. */
export async function toResponse(
  request: Request,
  status: number,
  headers: Headers,
  body: Body,
): Promise<Response> {
  // without other spellings of Content-Length
  const forwarded = endToEndHeaders(headers);
  const empty =
    request.method === 'HEAD' ||
    status === 204 ||
    status === 304 ||
    forwarded.get('content-length') === '0';
  if (!empty) return { status, headers: forwarded, body };
  await drain(body);
  return { status, headers: forwarded, body: NO_BODY };
}

/** No connection could be established. */
export class ConnectTimeoutError extends Error {
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';
}

/** Maps the error of a failed exchange for the pipeline; destroys the request's body. */
export function toHandlerError(error: unknown, request: Request): Error {
  destroy(request.body);
  const bodyError = Buffer.isBuffer(request.body) ? null : request.body.errored;
  if (bodyError instanceof ClientGone) return bodyError;
  if (request.signal.aborted) {
    const reason: unknown = request.signal.reason;
    return reason instanceof Error ? reason : new ClientGone('the request was aborted');
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
  const message = messageOf(error);
  return unreachable.includes(code)
    ? new StoreError('unreachable', `the store cannot be reached: ${message}`, undefined, {
        cause: error,
      })
    : new StoreError('unavailable', `the exchange with the store failed: ${message}`, undefined, {
        cause: error,
      });
}
