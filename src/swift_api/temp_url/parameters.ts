import { parseInteger, type ByteString } from '../../http/bytes';
import { queryPairs } from '../target';

/** What the query of a temporary URL says. */
export interface Parameters {
  /** '' where it is missing. */
  readonly signature: ByteString;
  /** Seconds since 1970; 0 where it is missing, past, or no time. */
  readonly expires: number;
  /** All objects whose names begin so are meant. */
  readonly prefix: ByteString | undefined;
  /** From where the URL may be used. */
  readonly ipRange: ByteString | undefined;
  /** Under which name a browser is to keep the object. */
  readonly filename: ByteString | undefined;
  /** A browser is to show the object. */
  readonly isInline: boolean;
}

/** Reads them; undefined where the URL is none of these. Of several parameters of one name the first counts, as in Swift. */
export function readParameters(query: string, now = Date.now() / 1000): Parameters | undefined {
  const found = new Map(queryPairs(query).reverse());
  const signature = found.get('temp_url_sig');
  const expires = found.get('temp_url_expires');
  if (signature === undefined && expires === undefined) return undefined;
  const time = timeOf(expires ?? '') ?? 0;
  return {
    signature: signature ?? '',
    expires: time < now ? 0 : time,
    prefix: found.get('temp_url_prefix'),
    ipRange: found.get('temp_url_ip_range') || undefined,
    filename: found.get('filename') || undefined,
    isInline: found.has('inline'),
  };
}

const ISO = /^(\d{4})-(\d\d?)-(\d\d?)T(\d\d?):(\d\d?):(\d\d?)Z$/;

/** Seconds since 1970, given so or as `2024-12-31T23:59:59Z`. */
function timeOf(text: ByteString): number | undefined {
  const [, ...fields] = ISO.exec(text) ?? [];
  if (fields.length === 0) return parseInteger(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = hour < 24 && minute < 60 && second < 62;
  return isDate && isTime ? date.getTime() / 1000 + hour * 3600 + minute * 60 + second : undefined;
}
