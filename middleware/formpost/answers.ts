import { htmlResponse } from '../../src/swift_api/responses';
import { quote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { statusLine } from '../../src/swift_api/reasons';
import { titleCase } from '../../src/http/titles';
import type { Response } from '../../src/swift_api/message';
import { InvalidForm } from '../../src/formats/multipart';

/** The outcome of uploading the files of a form. */
export interface Outcome {
  readonly status: number;
  /** What was wrong with the form; '' if the status says it all. */
  readonly message: string;
  /** Headers of the response to the last file. */
  readonly headers: Headers;
}

/**
 * Reports the outcome to the browser: as text, or through the page that the form
 * redirects to.
 */
export function outcomeResponse(
  { status, message, headers }: Outcome,
  redirect: ByteString,
): Response {
  const shared = headers.filter((key) => key.startsWith('access-control'));
  if (redirect === '') {
    const reason = message === '' ? '' : `\r\nFormPost: ${titleCase(message)}`;
    return htmlResponse(status, statusLine(status) + reason, shared.withAll(PLAIN));
  }
  if (/[^\x20-\x7e\x80-\xff]/.test(redirect)) throw new InvalidForm('redirect is not a valid URL');
  const mark = redirect.includes('?') ? '&' : '?';
  const location = `${redirect}${mark}status=${status}&message=${quote(message)}`;
  return redirectTo(location, shared);
}

/** Rejects a malformed form, or one that asks for the impossible. */
export function invalidFormResponse(reason: string): Response {
  return htmlResponse(400, `FormPost: ${reason}`, PLAIN);
}

const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

function redirectTo(location: ByteString, headers: Headers): Response {
  // unsigned forms get here too, and must not inject markup into the page
  const link = location.replace(/["<>]/g, (char) => quote(char));
  const body = Buffer.from(
    `<html><body><p><a href="${link}">Click to continue...</a></p></body></html>`,
    'latin1',
  );
  const redirectHeaders = { Location: location, 'Content-Length': String(body.length) };
  return { status: 303, headers: headers.withAll(Headers.of(redirectHeaders)), body };
}
