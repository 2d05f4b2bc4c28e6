import { createHmac } from 'node:crypto';
import type { S3Endpoint } from '../../servers/s3_endpoint';

/**
 * A signed form, as a browser sends it to a bucket, without its file. The policy allows
 * any value of each field.
 *
 * @param max maximum size of the file in bytes
 */
export function formFor(
  { region, accessKey, secretKey }: Omit<S3Endpoint, 'url'>,
  bucket: string,
  fields: Readonly<Record<string, string>>,
  max: number,
): FormData {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = [date.slice(0, 8), region, 's3', 'aws4_request'];
  const all: Record<string, string> = {
    ...fields,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': [accessKey, ...scope].join('/'),
    'x-amz-date': date,
  };
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const conditions = [
    { bucket },
    ['content-length-range', 0, max],
    ...Object.keys(all).map((name) => ['starts-with', `$${name}`, '']),
  ];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secretKey}`));
  const form = new FormData();
  for (const [name, value] of Object.entries(all)) form.append(name, value);
  form.append('policy', policy);
  form.append('x-amz-signature', hmac(key, policy).toString('hex'));
  return form;
}
