import { quote, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Response } from './message';
import { REASONS } from './reasons';

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
