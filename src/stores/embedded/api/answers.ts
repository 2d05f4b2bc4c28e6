import { quote } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Response } from '../../../http/message';
import { REASONS } from '../../../http/reasons';

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

/** What comes of it, or the answer of who refused it, like others: scripts from elsewhere can read that too. */
export async function settled<T>(handle: () => Promise<T>): Promise<T | Response> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof Refused) return error.response;
    throw error;
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
