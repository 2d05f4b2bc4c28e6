import { quote, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Response } from './message';
import { REASONS } from './reasons';

/**
 * A response without its own content: Swift's small HTML page for the status, or nothing
 * if it has none.
 */
export function statusResponse(status: number, headers: Headers = Headers.none): Response {
  const [title, text] = REASONS[status] ?? ['', ''];
  return htmlResponse(status, text && `<html><h1>${title}</h1><p>${text}</p></html>`, headers);
}

/** A response with its own text, in the content type of most of Swift's texts. */
export function htmlResponse(
  status: number,
  text: string,
  headers: Headers = Headers.none,
): Response {
  const body = Buffer.from(text, 'utf8');
  const entityHeaders = {
    'Content-Type': 'text/html; charset=UTF-8',
    'Content-Length': String(body.length),
  };
  return { status, headers: Headers.of(entityHeaders).withAll(headers), body };
}

/**
 * Swift's 401 for a client that is unknown or has no valid credentials; names the realm
 * to log in to.
 */
export function unauthorised(realm: ByteString, text?: string): Response {
  const headers = Headers.of({ 'Www-Authenticate': `Swift realm="${quote(realm)}"` });
  return text === undefined ? statusResponse(401, headers) : htmlResponse(401, text, headers);
}
