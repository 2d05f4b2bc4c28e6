import { computeCosSignature } from '../../../../middleware/cosapi/signature';
import { unquote } from '../../../../src/http/bytes';
import { Headers } from '../../../../src/http/headers';
import type { Recorded } from '../captures';

/** A request to sign, and which parts of it. */
export interface ToSign {
  readonly method?: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The signed path, if different. */
  readonly signedPath?: string;
  /** Names of the headers and parameters to sign. */
  readonly signs?: {
    readonly headers?: readonly string[];
    readonly parameters?: readonly string[];
  };
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** Seconds since 1970. */
  readonly at?: number;
  /** Whether the signature goes in the query instead of the header. */
  readonly isUrl?: boolean;
}

/**
 * Signs a request for 15 minutes, with the fields in the order of COS's documentation.
 */
export function cosSigned(request: ToSign): Recorded {
  const { method = 'GET', target, host, body = '', accessKey = 'AK', secretKey = 'SK' } = request;
  const { at = 1_700_000_000, signs = {}, isUrl = false } = request;
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const allHeaders = {
    Host: host,
    ...(body ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
    ...request.headers,
  };
  const [headers, parameters] = [signs.headers ?? ['host'], signs.parameters ?? []];
  const time = `${at};${at + 900}`;
  const unsigned = {
    from: 'header' as const,
    accessKey,
    signTime: time,
    keyTime: time,
    headers,
    parameters,
    hex: '',
  };
  const hex = computeCosSignature(unsigned, secretKey, {
    method,
    path: unquote(request.signedPath ?? path),
    query,
    headers: Headers.of(allHeaders),
  });
  const authorization = [
    `q-sign-algorithm=sha1&q-ak=${accessKey}&q-sign-time=${time}&q-key-time=${time}`,
    `q-url-param-list=${parameters.join(';')}&q-header-list=${headers.join(';')}&q-signature=${hex}`,
  ].join('&');
  const fields = Object.entries({
    ...allHeaders,
    ...(isUrl ? {} : { Authorization: authorization }),
  });
  const signed = isUrl ? `${path}?${query === '' ? '' : `${query}&`}${authorization}` : target;
  return { method, target: signed, fields, body: Buffer.from(body) };
}
