import { createHmac } from 'node:crypto';
import type { Recorded } from '../captures';
import { ACCESS_KEY, SECRET_KEY } from './requests';
import { encoded } from './signing';

/** What boto signs of a query (`HmacV1Auth.QSAOfInterest`). */
const OF_INTEREST: ReadonlySet<string> = new Set(
  (
    'accelerate acl cors location logging partNumber policy requestPayment torrent versioning ' +
    'versionId versions website uploads uploadId response-content-type ' +
    'response-content-language response-expires response-cache-control ' +
    'response-content-disposition response-content-encoding delete lifecycle tagging restore ' +
    'notification replication analytics metrics inventory select select-type object-lock'
  ).split(' '),
);

/** Who signs with version 2, and for which bucket in the Host. */
export interface SignerV2 {
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly virtualBucket?: string;
}

/**
 * Returns the signature of version 2 over a request, as boto makes it (AWS, "Signing and
 * authenticating REST requests").
 *
 * @param date in the place of the date: that of the request, or when a URL expires
 */
function signatureV2(
  { method, target, fields }: Omit<Recorded, 'body'>,
  date: string,
  { secretKey = SECRET_KEY, virtualBucket }: SignerV2 = {},
): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields)
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value.trim()]);
  const valueOf = (name: string) => values.get(name)?.join(',') ?? '';
  const amz = [...values.keys()].filter((name) => name.startsWith('x-amz-')).sort();
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const pairs = query
    .split('&')
    .map((pair) => pair.split(/=(.*)/s))
    .filter(([name = '']) => OF_INTEREST.has(name))
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([name = '', value]) =>
      value === undefined ? name : `${name}=${decodeURIComponent(value)}`,
    );
  const text = [
    method,
    valueOf('content-md5'),
    valueOf('content-type'),
    date,
    ...amz.map((name) => `${name}:${valueOf(name)}`),
    (virtualBucket === undefined ? '' : `/${virtualBucket}`) +
      path +
      (pairs.length === 0 ? '' : `?${pairs.join('&')}`),
  ].join('\n');
  return createHmac('sha1', secretKey).update(text).digest('base64');
}

/** Signs a request in its header, around the time in its Date or `x-amz-date`. */
export function signedV2(request: Recorded, by: SignerV2 = {}): Recorded {
  const valueOf = (wanted: string) =>
    request.fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const date = valueOf('x-amz-date') === undefined ? (valueOf('date') ?? '') : '';
  const signature = signatureV2(request, date, by);
  const authorization = `AWS ${by.accessKey ?? ACCESS_KEY}:${signature}`;
  return { ...request, fields: [...request.fields, ['Authorization', authorization]] };
}

/**
 * Signs a request in its query.
 *
 * @param expires in seconds since 1970
 */
export function presignedV2(
  request: Recorded,
  expires: number | string,
  by: SignerV2 = {},
): Recorded {
  const { target } = request;
  const signature = signatureV2(request, String(expires), by);
  const parameters = `AWSAccessKeyId=${encoded(by.accessKey ?? ACCESS_KEY)}&Signature=${encoded(signature)}&Expires=${expires}`;
  return { ...request, target: `${target}${target.includes('?') ? '&' : '?'}${parameters}` };
}
