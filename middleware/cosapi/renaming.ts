import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Request, Response } from '../../src/swift_api/message';
import { parseCosHost } from './host';

const [COS_PREFIX, SHARED_PREFIX] = ['x-cos-', 'x-amz-'];
const META = 'x-cos-meta-';
const SOURCE = 'x-cos-copy-source';
const DEFAULT_TYPE = 'application/octet-stream';

/**
 * Translates a request for the operations that COS shares with S3: `x-cos-` headers
 * become `x-amz-`, and `x-amz-` headers of the client are dropped. So are empty headers,
 * which the SDK sends for unset values.
 *
 * @param host the client's Host
 * @param domains whose subdomains are buckets
 */
export function toSharedRequest(
  request: Request,
  host: ByteString | undefined,
  domains: readonly string[],
): Request {
  const raw = request.headers.toRaw();
  const rawHeaders: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at] ?? '', raw[at + 1] ?? ''];
    const key = Headers.key(name);
    if (key.startsWith(SHARED_PREFIX) || (value === '' && !key.startsWith(META))) continue;
    if (!key.startsWith(COS_PREFIX)) rawHeaders.push(name, value);
    else
      rawHeaders.push(
        SHARED_PREFIX + name.slice(COS_PREFIX.length),
        translateValue(key, value, host, domains),
      );
  }
  const headers = Headers.fromRaw(rawHeaders);
  const defaults = Headers.of({
    Host: host,
    'Content-Type': headers.get('content-type') ?? DEFAULT_TYPE,
  });
  return { ...request, headers: headers.withAll(defaults) };
}

/** Translates a response of those operations for clients of COS. */
export function toCosResponse(response: Response): Response {
  const rawHeaders = response.headers
    .toRaw()
    .map((text, at) => (at % 2 === 0 ? toCosNames(text) : text));
  return { ...response, headers: Headers.fromRaw(rawHeaders) };
}

/** Replaces the header names in a text by COS's names. */
export function toCosNames(text: string): string {
  return text.replace(/x-amz-/gi, COS_PREFIX);
}

function translateValue(
  key: string,
  value: ByteString,
  host: ByteString | undefined,
  domains: readonly string[],
): ByteString {
  if (key === SOURCE)
    return parseSource(value.replace(/\?versionid=/i, '?versionId='), host, domains);
  if (!/^x-cos-(metadata|tagging)-directive$/.test(key)) return value;
  return /^replaced?$/i.test(value) ? 'REPLACE' : /^copy$/i.test(value) ? 'COPY' : value;
}

/**
 * Reduces `BUCKET-APPID.cos.REGION.myqcloud.com/KEY`, or the address of this server and
 * `/BUCKET/KEY`, to `BUCKET/KEY`.
 */
function parseSource(
  source: ByteString,
  host: ByteString | undefined,
  domains: readonly string[],
): ByteString {
  const [, sourceHost = '', rest = ''] = /^\/?([^/?]*)\/?([^]*)$/.exec(source) ?? [];
  const { bucket, isOwn } = parseCosHost(sourceHost, domains);
  if (bucket !== undefined) return `${bucket}/${rest}`;
  return isOwn || sourceHost === host ? rest : source;
}
