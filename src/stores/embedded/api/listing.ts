import { isTrueValue, toText, type ByteString } from '../../../http/bytes';
import { Headers } from '../../../http/headers';
import type { Request, Response } from '../../../http/message';
import type { ListingQuery } from '../storage';
import { page, refuse, Refused } from './answers';
import { isText } from './limits';

/** An entry as JSON shows it; the order of its fields is the XML's. */
export type ShownEntry = Readonly<Record<string, string | number | undefined>>;

const FORMATS = ['text/plain', 'application/json', 'application/xml', 'text/xml'];
const QUERY_FORMATS: Readonly<Record<string, string>> = {
  json: 'application/json',
  xml: 'application/xml',
};

/** The form of a listing that the client asks for (Swift's `get_listing_content_type`). */
export function listingType(request: Request, query: ReadonlyMap<string, ByteString>): string {
  const format = query.get('format');
  if (format !== undefined && !isText(format)) throw refuse(400);
  if (format) return QUERY_FORMATS[format.toLowerCase()] ?? 'text/plain';
  const accept = request.headers.get('accept');
  const type = accept ? bestMatch(accept) : 'text/plain';
  if (type === undefined) throw refuse(406);
  return type;
}

/** The first of the client's patterns, by their quality, that one of the formats matches. */
function bestMatch(accept: string): string | undefined {
  const patterns = accept.split(',').map((each, position) => {
    const [range = '', ...parameters] = each.split(';').map((part) => part.trim());
    const quality = parameters.map((part) => /^q\s*=\s*([\d.]+)$/.exec(part)?.[1]).find(Boolean);
    const stars = (range.match(/\*/g) ?? []).length;
    return { range: range.toLowerCase(), quality: Number(quality ?? 1), stars, position };
  });
  patterns.sort((a, b) => b.quality - a.quality || a.stars - b.stars || a.position - b.position);
  for (const { range, quality } of patterns) {
    if (quality === 0) continue;
    const found = FORMATS.find((format) => matches(range, format));
    if (found) return found;
  }
  return undefined;
}

function matches(range: string, format: string): boolean {
  if (range === '*/*' || range === '*') return true;
  return range.endsWith('/*') ? format.startsWith(range.slice(0, -1)) : range === format;
}

/** The part of the listing that the client asks for. */
export function listingQuery(query: ReadonlyMap<string, ByteString>, most: number): ListingQuery {
  for (const name of ['marker', 'end_marker', 'prefix', 'delimiter', 'path', 'reverse']) {
    if (!isText(query.get(name) ?? '')) {
      throw new Refused(page(400, `"${name}" parameter not valid UTF-8`));
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
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${kind} name="${escaped(toText(name))}">${inner}</${kind}>`;
}

function containerXml(entry: ShownEntry): string {
  if (entry['subdir'] !== undefined) return `<subdir name="${escaped(String(entry['subdir']))}" />`;
  return `<container>${fields(entry, ['name', 'count', 'bytes', 'last_modified'])}</container>`;
}

function objectXml(entry: ShownEntry): string {
  const { subdir } = entry;
  if (subdir !== undefined)
    return `<subdir name="${escaped(String(subdir))}"><name>${escaped(String(subdir))}</name></subdir>`;
  return `<object>${fields(entry, ['name', 'hash', 'bytes', 'content_type', 'last_modified'])}</object>`;
}

function fields(entry: ShownEntry, names: readonly string[]): string {
  return names.map((name) => `<${name}>${escaped(String(entry[name] ?? ''))}</${name}>`).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

/** JSON as Python writes it: all but ASCII escaped. */
function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'));
}
