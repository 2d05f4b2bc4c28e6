import { createHmac } from 'node:crypto';

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
  const part = (disposition: string, content: string) =>
    `--boundary\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  const parts = [
    ...Object.entries({ ...fields, signature }).map(([name, value]) =>
      part(`name="${name}"`, value),
    ),
    part(`name="file1"; filename="${file}"`, body),
  ];
  return {
    headers: { 'Content-Type': 'multipart/form-data; boundary=boundary' },
    body: `${parts.join('')}--boundary--\r\n`,
  };
}

/** The headers of a request signed with S3's Signature Version 2. */
export function signedForS3(
  [user, key]: readonly [user: string, key: string],
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Record<string, string> {
  const date = new Date().toUTCString();
  const amz = Object.entries(headers)
    .filter(([name]) => /^x-amz-/i.test(name))
    .map(([name, value]) => `${name.toLowerCase()}:${value}\n`)
    .sort();
  const type = headers['Content-Type'] ?? '';
  const signature = createHmac('sha1', key)
    .update(`${method}\n\n${type}\n${date}\n${amz.join('')}${path}`)
    .digest('base64');
  return { ...headers, Date: date, Authorization: `AWS ${user}:${signature}` };
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
