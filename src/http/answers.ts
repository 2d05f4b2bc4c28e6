import { STATUS_CODES } from 'node:http';
import { quote, type ByteString } from './bytes';
import { Headers } from './headers';
import type { Response } from './message';

/** Swift's words for its statuses (`swob.RESPONSE_REASONS`). */
export const REASONS: Readonly<Record<number, readonly [title: string, text: string]>> = {
  202: ['Accepted', 'The request is accepted for processing.'],
  307: ['Temporary Redirect', 'The resource has moved temporarily.'],
  400: [
    'Bad Request',
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  ],
  401: [
    'Unauthorized',
    'This server could not verify that you are authorized to access the document you requested.',
  ],
  403: ['Forbidden', 'Access was denied to this resource.'],
  404: ['Not Found', 'The resource could not be found.'],
  405: ['Method Not Allowed', 'The method is not allowed for this resource.'],
  406: ['Not Acceptable', 'The resource is not available in a format acceptable to your browser.'],
  409: ['Conflict', 'There was a conflict when trying to complete your request.'],
  411: ['Length Required', 'Content-Length header required.'],
  412: ['Precondition Failed', 'A precondition for this request was not met.'],
  413: ['Request Entity Too Large', 'The body of your request was too large for this server.'],
  416: ['Requested Range Not Satisfiable', 'The Range requested is not available.'],
  422: ['Unprocessable Entity', 'Unable to process the contained instructions'],
  499: ['Client Disconnect', 'The client was disconnected during request.'],
};

/** An answer without content of its own: Swift's small HTML page for the status, or nothing where it has none. */
export function answer(status: number, headers: Headers = Headers.none): Response {
  const [title, text] = REASONS[status] ?? ['', ''];
  return page(status, text && `<html><h1>${title}</h1><p>${text}</p></html>`, headers);
}

/** An answer with a text of its own, of the type that most of Swift's texts have. */
export function page(status: number, text: string, headers: Headers = Headers.none): Response {
  const body = Buffer.from(text, 'utf8');
  const own = { 'Content-Type': 'text/html; charset=UTF-8', 'Content-Length': String(body.length) };
  return { status, headers: Headers.of(own).withAll(headers), body };
}

/** Who is not known, or showed nothing that counts: Swift's 401, which names the realm to show it for. */
export function unauthorised(realm: ByteString, text?: string): Response {
  const headers = Headers.of({ 'Www-Authenticate': `Swift realm="${quote(realm)}"` });
  return text === undefined ? answer(401, headers) : page(401, text, headers);
}

/** A status as Swift writes it into texts. */
export function statusLine(status: number): string {
  return `${status} ${REASONS[status]?.[0] ?? STATUS_CODES[status] ?? ''}`.trim();
}
