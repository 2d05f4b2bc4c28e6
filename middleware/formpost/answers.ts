import { page } from '../../src/swift_api/responses';
import { quote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { statusLine } from '../../src/swift_api/reasons';
import { titled } from '../../src/http/titles';
import type { Response } from '../../src/swift_api/message';
import { InvalidForm } from '../../src/formats/multipart';

/** How the upload of a form's files ended. */
export interface Outcome {
  readonly status: number;
  /** What was wrong with the form; '' where the status says it all. */
  readonly message: string;
  /** Of the answer to the last file. */
  readonly headers: Headers;
}

/** What the browser is told: as text, or by way of the page that the form redirects to. */
export function outcomeResponse(
  { status, message, headers }: Outcome,
  redirect: ByteString,
): Response {
  const shared = headers.filter((key) => key.startsWith('access-control'));
  if (redirect === '') {
    const reason = message === '' ? '' : `\r\nFormPost: ${titled(message)}`;
    return page(status, statusLine(status) + reason, shared.withAll(PLAIN));
  }
  if (/[^\x20-\x7e\x80-\xff]/.test(redirect)) throw new InvalidForm('redirect is no URL');
  const mark = redirect.includes('?') ? '&' : '?';
  const location = `${redirect}${mark}status=${status}&message=${quote(message)}`;
  return continueAt(location, shared);
}

/** A form that is not one, or that asks for what cannot be. */
export function invalid(reason: string): Response {
  return page(400, `FormPost: ${reason}`, PLAIN);
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

function continueAt(location: ByteString, headers: Headers): Response {
  // a form that nobody signed gets here too: it must not write into the page
  const link = location.replace(/["<>]/g, (char) => quote(char));
  const body = Buffer.from(
    `<html><body><p><a href="${link}">Click to continue...</a></p></body></html>`,
    'latin1',
  );
  const own = { Location: location, 'Content-Length': String(body.length) };
  return { status: 303, headers: headers.withAll(Headers.of(own)), body };
}
