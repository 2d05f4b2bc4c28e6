import { parseInteger, type ByteString } from '../../http/bytes';
import { parseQueryPairs } from '../target';

/** The query of a temporary URL. */
export interface Parameters {
  /** '' if missing. */
  readonly signature: ByteString;
  /** Seconds since 1970; 0 if missing, past, or not a time. */
  readonly expires: number;
  /** The URL is for all objects with this prefix. */
  readonly prefix: ByteString | undefined;
  /** Addresses from which the URL may be used. */
  readonly ipRange: ByteString | undefined;
  /** The name under which a browser saves the object. */
  readonly filename: ByteString | undefined;
  /** Whether a browser shows the object. */
  readonly isInline: boolean;
}

/**
 * Parses a query; undefined if it is not that of a temporary URL. Of several parameters
 * of one name the first counts, as in Swift.
 */
export function readParameters(query: string, now = Date.now() / 1000): Parameters | undefined {
  const values = new Map(parseQueryPairs(query).reverse());
  const signature = values.get('temp_url_sig');
  const expires = values.get('temp_url_expires');
  if (signature === undefined && expires === undefined) return undefined;
  const time = parseTime(expires ?? '') ?? 0;
  return {
    signature: signature ?? '',
    expires: time < now ? 0 : time,
    prefix: values.get('temp_url_prefix'),
    ipRange: values.get('temp_url_ip_range') || undefined,
    filename: values.get('filename') || undefined,
    isInline: values.has('inline'),
  };
}

const ISO = /^(\d{4})-(\d\d?)-(\d\d?)T(\d\d?):(\d\d?):(\d\d?)Z$/;

/** Parses seconds since 1970, or a time like `2024-12-31T23:59:59Z`. */
function parseTime(text: ByteString): number | undefined {
  const [, ...fields] = ISO.exec(text) ?? [];
  if (fields.length === 0) return parseInteger(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = hour < 24 && minute < 60 && second < 62;
  return isDate && isTime ? date.getTime() / 1000 + hour * 3600 + minute * 60 + second : undefined;
}
