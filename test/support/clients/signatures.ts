import { createHmac } from 'node:crypto';
import { presignedV2, signedV2 } from './s3/signing_v2';

/** How to sign temporary URLs and forms, correctly or not. */
export interface Signer {
  readonly key: string;
  /** Seconds since 1970; an hour from now by default. */
  readonly expires?: number;
  /** The signed method, if it differs from the request's. */
  readonly method?: string;
  /** The signed path, if it differs from the request's. */
  readonly path?: (path: string) => string;
  /** Changes the signature. */
  readonly change?: (signature: string) => string;
}

/** The query of a temporary URL. */
export function temporaryQuery(signer: Signer, method: string, path: string): string {
  const expires = String(expiryOf(signer));
  const signature = sign(signer, [signer.method ?? method, expires, signedPath(signer, path)]);
  return `temp_url_sig=${encodeURIComponent(signature)}&temp_url_expires=${expires}`;
}

/** A form, as browsers post it, that uploads one file below a path. */
export function signedForm(
  signer: Signer,
  path: string,
  file: string,
  body: string,
): { readonly headers: Record<string, string>; readonly body: string } {
  const limits = { redirect: '', max_file_size: '1048576', max_file_count: '1' };
  const fields = { ...limits, expires: String(expiryOf(signer)) };
  const signature = sign(signer, [signedPath(signer, path), ...Object.values(fields)]);
  const parts = [
    ...Object.entries({ ...fields, signature }).map(([name, value]) =>
      formPart(`name="${name}"`, value),
    ),
    formPart(`name="file1"; filename="${file}"`, body),
  ];
  return multipart(parts);
}

/** A user of the S3 API: access key and secret key. */
export type S3User = readonly [accessKey: string, secretKey: string];

/** The headers of a request signed with S3's Signature Version 2. */
export function signedForS3(
  [accessKey, secretKey]: S3User,
  method: string,
  target: string,
  headers: Record<string, string> = {},
): Record<string, string> {
  const fields = Object.entries({ ...headers, Date: new Date().toUTCString() });
  const request = { method, target, fields, body: Buffer.alloc(0) };
  return Object.fromEntries(signedV2(request, { accessKey, secretKey }).fields);
}

/** The target of a URL presigned with S3's Signature Version 2, valid for ten minutes. */
export function presignedForS3(
  [accessKey, secretKey]: S3User,
  method: string,
  target: string,
): string {
  const request = { method, target, fields: [], body: Buffer.alloc(0) };
  const expires = Math.floor(Date.now() / 1000) + 600;
  return presignedV2(request, expires, { accessKey, secretKey }).target;
}

/** A form with a policy signed with S3's Signature Version 2, as browsers post it. */
export function formForS3(
  [accessKey, secretKey]: S3User,
  bucket: string,
  key: string,
  body: string,
): { readonly headers: Record<string, string>; readonly body: string } {
  const expiration = new Date(Date.now() + 600_000).toISOString();
  const conditions = [{ bucket }, { key }];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const signature = createHmac('sha1', secretKey).update(policy).digest('base64');
  const fields = { key, AWSAccessKeyId: accessKey, policy, signature };
  const parts = Object.entries(fields).map(([name, value]) => formPart(`name="${name}"`, value));
  return multipart([...parts, formPart('name="file"; filename="f"', body)]);
}

function multipart(parts: readonly string[]) {
  return {
    headers: { 'Content-Type': 'multipart/form-data; boundary=boundary' },
    body: `${parts.join('')}--boundary--\r\n`,
  };
}

function formPart(disposition: string, content: string): string {
  return `--boundary\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}

function expiryOf({ expires }: Signer): number {
  return expires ?? Math.floor(Date.now() / 1000) + 3600;
}

function signedPath({ path: change = (path) => path }: Signer, path: string): string {
  return change(path);
}

function sign(
  { key, change = (signature) => signature }: Signer,
  lines: readonly string[],
): string {
  return change(createHmac('sha256', key).update(lines.join('\n')).digest('hex'));
}
