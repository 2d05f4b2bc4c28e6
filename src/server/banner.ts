import { resolve } from 'node:path';
import type { Banner } from '../plugin/plugin';

/**
 * Returns the text for the terminal when a store of its own is served: where it is, and
 * commands to try it that work as printed.
 */
export function formatBanner(url: string, { data, user, dialects = [] }: Banner): string {
  const lines = [`Hindsight listens on ${url}`, `and stores its data in ${resolve(data ?? '.')}`];
  if (user) {
    const storage = `${url}/v1/${user.account}`;
    const token = `-H "X-Auth-Token: $token"`;
    lines.push(
      '',
      'Try it:',
      `  token=$(curl -si ${url}/auth/v1.0 -H 'X-Auth-User: ${user.name}' -H 'X-Auth-Key: ${user.key}' | sed -n 's/\\r//; s/^X-Auth-Token: //p')`,
      `  curl -X PUT ${storage}/archive ${token} && curl -X PUT ${storage}/files ${token} -H 'X-Versions-Location: archive'`,
      `  for i in 1 2; do curl -X PUT ${storage}/files/hello ${token} --data-binary "version $i"; done; curl ${storage}/archive ${token}`,
    );
    if (dialects.includes('s3'))
      lines.push(
        `The S3 API is at the same address: access key ${user.name}, secret key ${user.key}, path style`,
      );
    if (dialects.includes('cos'))
      lines.push(
        `The API of Tencent COS: SecretId ${user.name}, SecretKey ${user.key}, this address as Ip`,
      );
    if (dialects.includes('qingstor')) lines.push(`The API of QingStor: the same keys`);
  }
  return `\n${lines.join('\n')}\n\n`;
}
