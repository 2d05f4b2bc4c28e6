// Signs requests of S3's API, once for many: a signature is valid for 15 minutes.
import { createHash, createHmac } from 'node:crypto';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** Headers that sign an S3 request of test:tester (SigV4). */
export function signed(method, path, query, body) {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const headers = { Host: 'bench', 'x-amz-content-sha256': sha256(body), 'x-amz-date': date };
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const lines = Object.values(headers).map((value, i) => `${names[i]}:${value}\n`);
  const canonical = [
    method,
    path,
    query,
    lines.join(''),
    names.join(';'),
    headers['x-amz-content-sha256'],
  ];
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical.join('\n'))].join('\n');
  const signature = hmac(scope.split('/').reduce(hmac, 'AWS4testing'), toSign).toString('hex');
  const by = `Credential=test:tester/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, Authorization: `AWS4-HMAC-SHA256 ${by}` };
}
