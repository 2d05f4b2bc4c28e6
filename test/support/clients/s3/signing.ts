import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Recorded } from '../captures';
import { ACCESS_KEY, SECRET_KEY } from './requests';

/** Node's hashes in the form that the AWS SDK takes. */
class Sha256 {
  private readonly hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac(
            'sha256',
            typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array),
          );
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === 'string' ? data : Buffer.from(data as Uint8Array));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    throw new Error('not needed');
  }
}

/** The AWS SDK's own signer. */
export function signer(
  region = 'us-east-1',
  accessKey = ACCESS_KEY,
  secret = SECRET_KEY,
): SignatureV4 {
  return new SignatureV4({
    service: 's3',
    region,
    credentials: { accessKeyId: accessKey, secretAccessKey: secret },
    sha256: Sha256,
    uriEscapePath: false,
  });
}

/** A request to sign. */
export interface Unsigned {
  readonly method: string;
  /** Encoded. */
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

/** Signs a request in its headers with the AWS SDK. */
export async function signed(request: Unsigned, at: number, by = signer()): Promise<Recorded> {
  const { method, path, query = {}, headers = {}, body = Buffer.alloc(0) } = request;
  const result = await by.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      headers: {
        host: '127.0.0.1:9000',
        'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
        ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
        ...headers,
      },
      body,
    },
    { signingDate: new Date(at) },
  );
  return { method, target: targetOf(path, query), fields: Object.entries(result.headers), body };
}

/** Signs a request in its query with the AWS SDK. */
export async function presigned(
  request: Unsigned,
  at: number,
  expires = 300,
  by = signer(),
): Promise<Recorded> {
  const { method, path, query = {}, headers = {}, body = Buffer.alloc(0) } = request;
  const result = await by.presign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      headers: { host: '127.0.0.1:9000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
    },
    { signingDate: new Date(at), expiresIn: expires },
  );
  const fields = Object.entries(result.headers);
  return { method, target: targetOf(path, result.query as Record<string, string>), fields, body };
}

/** Percent-encodes a text as in RFC 3986. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function targetOf(path: string, query: Record<string, string>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** Encodes a body in signed chunks, as documented for Signature Version 4. */
export function signedChunks(
  request: Recorded,
  chunks: readonly Buffer[],
  trailer?: readonly [name: string, value: string],
  secret = SECRET_KEY,
): Buffer {
  const field = (wanted: string) =>
    request.fields.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
  const [, scope = '', seed = ''] =
    /Credential=[^/]*\/(.*?),.*Signature=(\w+)/.exec(field('authorization')) ?? [];
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const hash = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
  let previous = seed;
  const next = (what: string, ...digests: string[]) => {
    const text = [
      `AWS4-HMAC-SHA256-${what}`,
      field('x-amz-date'),
      scope,
      previous,
      ...digests,
    ].join('\n');
    return (previous = hmac(key, text).toString('hex'));
  };
  const parts: (Buffer | string)[] = [];
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const signature = next('PAYLOAD', hash(''), hash(chunk));
    parts.push(`${chunk.length.toString(16)};chunk-signature=${signature}\r\n`, chunk);
    if (chunk.length > 0) parts.push('\r\n');
  }
  if (trailer) {
    const signature = next('TRAILER', hash(`${trailer.join(':')}\n`));
    parts.push(`${trailer.join(':')}\r\nx-amz-trailer-signature:${signature}\r\n`);
  }
  return Buffer.concat([...parts, '\r\n'].map((part) => Buffer.from(part)));
}
