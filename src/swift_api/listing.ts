import { statusResponse, htmlResponse } from './responses';
import { bestMatch, FORMATS, parseAccept } from '../http/accept';
import { isText, toText, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { NO_BODY, type Request, type Response } from './message';
import { toPythonJson } from '../formats/python_json';

/** An entry as JSON shows it, its fields in Swift's order. */
export type ListingRecord = Readonly<Record<string, string | number | boolean | undefined>>;

/** The content type of a listing. */
export type ListingType = (typeof FORMATS)[number];

const QUERY_FORMATS: ReadonlyMap<string, ListingType> = new Map([
  ['json', 'application/json'],
  ['xml', 'application/xml'],
]);
const PLAIN = Headers.of({ 'Content-Type': 'text/plain' });

/**
 * The content type that the client requests for a listing (Swift's
 * `get_listing_content_type`), or the error response.
 */
export function listingType(
  request: Pick<Request, 'headers'>,
  query: ReadonlyMap<string, ByteString>,
): ListingType | Response {
  const format = query.get('format');
  if (format !== undefined && !isText(format))
    return htmlResponse(400, '"format" parameter not valid UTF-8', PLAIN);
  if (format) return QUERY_FORMATS.get(format.toLowerCase()) ?? 'text/plain';
  const accepted = parseAccept(request.headers.get('accept'));
  if (accepted === undefined) return htmlResponse(400, 'Invalid Accept header');
  return bestMatch(accepted, FORMATS) ?? statusResponse(406);
}

/**
 * Swift's response to a HEAD of a listing: it has the type that the listing would have.
 */
export function listingHeadResponse(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  status = 204,
): Response {
  const listingHeaders = Headers.of({
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': '0',
    Vary: query.has('format') ? undefined : 'Accept',
  });
  return { status, headers: listingHeaders.withAll(headers), body: NO_BODY };
}

/**
 * The response with a listing in the requested form; `headers` are those of the account
 * or container.
 */
export function listingResponse(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  resource: { readonly kind: 'account' | 'container'; readonly name: ByteString },
  entries: readonly ListingRecord[],
): Response {
  const body = Buffer.from(render(type, resource, entries), 'utf8');
  const listingHeaders = Headers.of({
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': String(body.length),
    Vary: query.has('format') ? undefined : 'Accept',
  });
  return { status: body.length === 0 ? 204 : 200, headers: listingHeaders.withAll(headers), body };
}

function render(
  type: string,
  { kind, name }: { readonly kind: 'account' | 'container'; readonly name: ByteString },
  entries: readonly ListingRecord[],
): string {
  if (type === 'application/json') return toPythonJson(entries);
  if (type === 'text/plain')
    return entries.map((each) => `${each['name'] ?? each['subdir']}\n`).join('');
  const elements = entries.map((entry) =>
    kind === 'account' ? containerXml(entry) : objectXml(entry),
  );
  const [open, separator] = kind === 'account' ? ['\n', '\n'] : ['', ''];
  const inner = open + elements.map((each) => each + separator).join('');
  const end = inner === '' ? ' />' : `>${inner}</${kind}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${kind} name="${escapeAttribute(toText(name))}"${end}`;
}

function containerXml(entry: ListingRecord): string {
  if (entry['subdir'] !== undefined)
    return `<subdir name="${escapeAttribute(String(entry['subdir']))}" />`;
  return `<container>${fieldsXml(entry, ['name', 'count', 'bytes', 'last_modified'])}</container>`;
}

function objectXml(entry: ListingRecord): string {
  const { subdir } = entry;
  if (subdir !== undefined)
    return `<subdir name="${escapeAttribute(String(subdir))}"><name>${escapeText(String(subdir))}</name></subdir>`;
  return `<object>${fieldsXml(entry, ['name', 'hash', 'bytes', 'content_type', 'last_modified'])}</object>`;
}

function fieldsXml(entry: ListingRecord, names: readonly string[]): string {
  return names
    .map((name) => `<${name}>${escapeText(String(entry[name] ?? ''))}</${name}>`)
    .join('');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Escapes the value of an attribute like Python's ElementTree. */
function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;');
}
