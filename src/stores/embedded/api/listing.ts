import { bestMatch, FORMATS, parseAccept } from '../../../http/accept';
import { isText, isTrueValue, toText, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import { NO_BODY, type Request, type Response } from '../../../http/message';
import { ascii } from '../../../http/python_json';
import type { ListingQuery } from '../storage';
import { page, refuse, Refused, refuseWith } from './answers';

/** An entry as JSON shows it; the order of its fields is the XML's. */
export type ShownEntry = Readonly<Record<string, string | number | undefined>>;

const QUERY_FORMATS: Readonly<Record<string, string>> = {
  json: 'application/json',
  xml: 'application/xml',
};

/** The form of a listing that the client asks for (Swift's `get_listing_content_type`). */
export function listingType(request: Request, query: ReadonlyMap<string, ByteString>): string {
  const format = query.get('format');
  if (format !== undefined && !isText(format)) throw refuse(400);
  if (format) return QUERY_FORMATS[format.toLowerCase()] ?? 'text/plain';
  const accepted = parseAccept(request.headers.get('accept'));
  if (accepted === undefined) throw new Refused(page(400, 'Invalid Accept header'));
  const type = bestMatch(accepted, FORMATS);
  if (type === undefined) throw refuse(406);
  return type;
}

/** Swift's answer to a HEAD of a listing has the type that the listing would have. */
export function listingHead(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  status = 204,
): Response {
  const own = Headers.of({
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': '0',
    Vary: query.has('format') ? undefined : 'Accept',
  });
  return { status, headers: own.withAll(headers), body: NO_BODY };
}

/** The part of the listing that the client asks for. */
export function listingQuery(query: ReadonlyMap<string, ByteString>, most: number): ListingQuery {
  for (const name of ['marker', 'end_marker', 'prefix', 'delimiter', 'path', 'reverse']) {
    if (!isText(query.get(name) ?? '')) {
      throw refuseWith(400, `"${name}" parameter not valid UTF-8`);
    }
  }
  const given = query.get('limit') ?? '';
  const limit = /^\d+$/.test(given) ? Number(given) : most;
  if (limit > most) throw new Refused(page(412, `Maximum limit is ${most}`));
  const part = (name: string) => query.get(name) ?? '';
  return {
    prefix: part('prefix'),
    delimiter: part('delimiter'),
    marker: part('marker'),
    endMarker: part('end_marker'),
    limit,
    reverse: isTrueValue(query.get('reverse')),
  };
}

/** The answer with a listing in the form that was asked for; `headers` are the account's or the container's. */
export function listingAnswer(
  type: string,
  query: ReadonlyMap<string, ByteString>,
  headers: Headers,
  of: { readonly kind: 'account' | 'container'; readonly name: ByteString },
  entries: readonly ShownEntry[],
): Response {
  const body = Buffer.from(render(type, of, entries), 'utf8');
  const own = Headers.of({
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': String(body.length),
    Vary: query.has('format') ? undefined : 'Accept',
  });
  return { status: body.length === 0 ? 204 : 200, headers: own.withAll(headers), body };
}

function render(
  type: string,
  { kind, name }: { readonly kind: 'account' | 'container'; readonly name: ByteString },
  entries: readonly ShownEntry[],
): string {
  if (type === 'application/json') return ascii(JSON.stringify(entries));
  if (type === 'text/plain') return entries.map((each) => `${each['name'] ?? each['subdir']}\n`).join('');
  const shown = entries.map((entry) => (kind === 'account' ? containerXml(entry) : objectXml(entry)));
  const [open, separator] = kind === 'account' ? ['\n', '\n'] : ['', ''];
  const inner = open + shown.map((each) => each + separator).join('');
  const end = inner === '' ? ' />' : `>${inner}</${kind}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${kind} name="${quoted(toText(name))}"${end}`;
}

function containerXml(entry: ShownEntry): string {
  if (entry['subdir'] !== undefined) return `<subdir name="${quoted(String(entry['subdir']))}" />`;
  return `<container>${fields(entry, ['name', 'count', 'bytes', 'last_modified'])}</container>`;
}

function objectXml(entry: ShownEntry): string {
  const { subdir } = entry;
  if (subdir !== undefined)
    return `<subdir name="${quoted(String(subdir))}"><name>${escaped(String(subdir))}</name></subdir>`;
  return `<object>${fields(entry, ['name', 'hash', 'bytes', 'content_type', 'last_modified'])}</object>`;
}

function fields(entry: ShownEntry, names: readonly string[]): string {
  return names.map((name) => `<${name}>${escaped(String(entry[name] ?? ''))}</${name}>`).join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** For an attribute's value, as Python's ElementTree writes it. */
function quoted(text: string): string {
  return escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\r', '&#13;');
}
