import type { ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Request, Response } from '../../src/swift_api/message';
import { cosHost } from './host';

const [OURS, SHARED] = ['x-cos-', 'x-amz-'];
const META = 'x-cos-meta-';
const SOURCE = 'x-cos-copy-source';
const DEFAULT_TYPE = 'application/octet-stream';

/**
 * A request as the operations read it that COS shares with S3: what COS calls `x-cos-` they call `x-amz-`, and nobody else's header is called so. The
 * SDK has empty headers where it means none.
 *
 * @param host the client's Host
 * @param domains whose subdomains are buckets
 */
export function inShared(
  request: Request,
  host: ByteString | undefined,
  domains: readonly string[],
): Request {
  const raw = request.headers.toRaw();
  const renamed: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at] ?? '', raw[at + 1] ?? ''];
    const key = Headers.key(name);
    if (key.startsWith(SHARED) || (value === '' && !key.startsWith(META))) continue;
    if (!key.startsWith(OURS)) renamed.push(name, value);
    else renamed.push(SHARED + name.slice(OURS.length), valueOf(key, value, host, domains));
  }
  const headers = Headers.fromRaw(renamed);
  const told = Headers.of({
    Host: host,
    'Content-Type': headers.get('content-type') ?? DEFAULT_TYPE,
  });
  return { ...request, headers: headers.withAll(told) };
}

/** An answer of theirs as clients of COS know it. */
export function inCos(response: Response): Response {
  const renamed = response.headers
    .toRaw()
    .map((text, at) => (at % 2 === 0 ? renamedText(text) : text));
  return { ...response, headers: Headers.fromRaw(renamed) };
}

/** A text that names headers, with COS's names. */
export function renamedText(text: string): string {
  return text.replace(/x-amz-/gi, OURS);
}

function valueOf(
  key: string,
  value: ByteString,
  host: ByteString | undefined,
  domains: readonly string[],
): ByteString {
  if (key === SOURCE) return sourceIn(value.replace(/\?versionid=/i, '?versionId='), host, domains);
  if (!/^x-cos-(metadata|tagging)-directive$/.test(key)) return value;
  return /^replaced?$/i.test(value) ? 'REPLACE' : /^copy$/i.test(value) ? 'COPY' : value;
}

/** `BUCKET-APPID.cos.REGION.myqcloud.com/KEY`, or the address of this server and `/BUCKET/KEY`, as `BUCKET/KEY`. */
function sourceIn(
  given: ByteString,
  host: ByteString | undefined,
  domains: readonly string[],
): ByteString {
  const [, named = '', rest = ''] = /^\/?([^/?]*)\/?([^]*)$/.exec(given) ?? [];
  const { bucket, isOwn } = cosHost(named, domains);
  if (bucket !== undefined) return `${bucket}/${rest}`;
  return isOwn || named === host ? rest : given;
}
