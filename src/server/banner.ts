import { resolve } from 'node:path';
import type { Banner } from '../plugin/plugin';

type User = NonNullable<Banner['user']>;

/**
 * Returns the text for the terminal when a store of its own is served: where it is,
 * commands to try it that work as printed (indented), and where to read on.
 *
 * @param documents the names of the documents, from the current folder
 */
export function formatBanner(
  url: string,
  { data, user, dialects = [] }: Banner,
  documents: readonly string[],
): string {
  const lines = [
    `Hindsight listens on ${url}`,
    `and stores its data in ${resolve(data ?? '.')}`,
    ...(user ? ['', ...tryIt(url, user), ...dialectLines(url, user, dialects)] : []),
    '',
    `Documents: ${documents.join(', ')}`,
  ];
  return `\n${lines.join('\n')}\n\n`;
}

/** No comments in commands: an interactive zsh does not know them. */
function tryIt(url: string, user: User): string[] {
  const token = `-H "X-Auth-Token: $token"`;
  return [
    'Try it in another terminal. Log in, and switch versions on:',
    `  token=$(curl -si ${url}/auth/v1.0 -H 'X-Auth-User: ${user.name}' -H 'X-Auth-Key: ${user.key}' | sed -n 's/\\r//; s/^X-Auth-Token: //p')`,
    `  url=${url}/v1/${user.account}`,
    `  curl -s -X PUT $url/archive ${token} && curl -s -X PUT $url/files ${token} -H 'X-Versions-Location: archive'`,
    'Write an object twice, and read the old version:',
    `  for i in 1 2; do curl -s -X PUT $url/files/hello ${token} --data-binary "version $i"; done`,
    `  old=$(curl -s "$url/archive?prefix=005hello/" ${token} | tail -1)`,
    `  curl -s "$url/archive/$old" ${token}`,
    'DELETE restores it:',
    `  curl -s -X DELETE $url/files/hello ${token} && curl -s $url/files/hello ${token}`,
  ];
}

function dialectLines(url: string, { name, key }: User, dialects: readonly string[]): string[] {
  const { protocol, host } = new URL(url);
  const signer = [name, key].map(encodeURIComponent).join(':');
  const lines: Readonly<Record<string, readonly string[]>> = {
    s3: [
      `Read it by the API of S3 (access key ${name}, secret key ${key}, path style):`,
      `  curl -s --aws-sigv4 aws:amz:us-east-1:s3 -H x-amz-content-sha256:UNSIGNED-PAYLOAD ${protocol}//${signer}@${host}/files/hello`,
    ],
    cos: [`The API of Tencent COS: SecretId ${name}, SecretKey ${key}, this address as Ip`],
    qingstor: ['The API of QingStor: the same keys'],
  };
  return dialects.flatMap((dialect) => lines[dialect] ?? []);
}
