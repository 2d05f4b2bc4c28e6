import { cosSignatureOf } from '../../../middleware/cosapi/signature';
import { unquote } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import type { Recorded } from '../captures';

/** A request, and which part of it is signed. */
export interface ToSign {
  readonly method?: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The path that is signed, where it is another. */
  readonly signedPath?: string;
  /** Names of the headers and parameters that are signed. */
  readonly signs?: {
    readonly headers?: readonly string[];
    readonly parameters?: readonly string[];
  };
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** Seconds since 1970. */
  readonly at?: number;
  /** In the query instead of the header. */
  readonly isUrl?: boolean;
}

/** The request, signed, for a quarter of an hour, in the order in which the documentation of COS has the fields. */
export function cosSigned(request: ToSign): Recorded {
  const { method = 'GET', target, host, body = '', accessKey = 'AK', secretKey = 'SK' } = request;
  const { at = 1_700_000_000, signs = {}, isUrl = false } = request;
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const sent = {
    Host: host,
    ...(body ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
    ...request.headers,
  };
  const [headers, parameters] = [signs.headers ?? ['host'], signs.parameters ?? []];
  const time = `${at};${at + 900}`;
  const shown = {
    from: 'header' as const,
    accessKey,
    signTime: time,
    keyTime: time,
    headers,
    parameters,
    hex: '',
  };
  const hex = cosSignatureOf(shown, secretKey, {
    method,
    path: unquote(request.signedPath ?? path),
    query,
    headers: Headers.of(sent),
  });
  const authorization = [
    `q-sign-algorithm=sha1&q-ak=${accessKey}&q-sign-time=${time}&q-key-time=${time}`,
    `q-url-param-list=${parameters.join(';')}&q-header-list=${headers.join(';')}&q-signature=${hex}`,
  ].join('&');
  const fields = Object.entries({ ...sent, ...(isUrl ? {} : { Authorization: authorization }) });
  const signed = isUrl ? `${path}?${query === '' ? '' : `${query}&`}${authorization}` : target;
  return { method, target: signed, fields, body: Buffer.from(body) };
}
