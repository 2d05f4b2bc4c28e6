import { quote } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../http/message';

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

/** Ends the handling of a request with an answer. Never leaves the handler. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly response: Response) {
    super(`answered with ${response.status}`);
  }
}

/** Swift's page for a status. */
export function refuse(status: number, headers?: Headers): Refused {
  return new Refused(answer(status, headers));
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

/** A status with the reason as plain text, as Swift gives it. */
export function refuseWith(status: number, reason: string, headers: Headers = PLAIN): Refused {
  return new Refused(page(status, reason, headers));
}

/** The path of an object as Swift writes it into headers. */
export function quotedPath(...parts: readonly string[]): string {
  return '/' + parts.map((part) => quote(part)).join('/');
}
