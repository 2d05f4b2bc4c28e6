import { Headers } from '../http/headers';
import { NO_BODY, type Request } from './message';

/**
 * Creates a request on behalf of `parent`, with no body and no headers of the client's
 * except those in `parts`. Without `authority` it has the parent's. If the body is a
 * stream, the headers must contain its length. The store logs the request under an id
 * that ends in the parent's (Swift's `X-Trans-Id-Extra`). Only `SwiftClient` calls it,
 * which a lint rule ensures.
 */
export function subrequest(
  parent: Request,
  parts: Pick<Request, 'method' | 'path'> &
    Partial<Pick<Request, 'query' | 'headers' | 'body' | 'authority'>>,
): Required<Request> {
  const { body = NO_BODY } = parts;
  const writes = parts.method === 'PUT' || parts.method === 'POST';
  return {
    method: parts.method,
    path: parts.path,
    query: parts.query ?? '',
    headers: Headers.of({
      'Content-Length': writes && Buffer.isBuffer(body) ? String(body.length) : undefined,
      'X-Trans-Id-Extra': parent.transactionId,
    }).withAll(parts.headers ?? Headers.none),
    body,
    signal: parent.signal,
    transactionId: parent.transactionId,
    authority: parts.authority ?? parent.authority,
    authorise: parent.authorise,
    memory: parent.memory,
    receivedBytes: () => 0,
    host: undefined,
    isSite: undefined,
    remoteAddress: undefined,
    dialect: undefined,
    reservedType: undefined,
    isReseller: undefined,
    confirm: undefined,
    sendContinue: undefined,
  };
}
