import { captures, type Recorded } from '../../support/clients/captures';
import { decoded, fuzzed, SEED } from '../../support/judges/mutants';
import { acceptingFilter, signedAt } from '../../support/clients/s3/requests';
import { signed, signedChunks } from '../../support/clients/s3/signing';
import { depth } from '../../support/running/depth';

const COUNT = depth({ gate: 5_000, deep: 100_000 });

/** Returns requests as clients make them, from which mutants are made. */
async function originals(): Promise<Recorded[]> {
  const recorded = ['aws.txt', 'aws-stream.txt', 'minio.txt'].flatMap(captures);
  const at = signedAt(recorded[0]!);
  const put = await signed(
    {
      method: 'PUT',
      path: '/bkt/k',
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': '11',
      },
    },
    at,
  );
  const body = signedChunks(put, [Buffer.from('hello '), Buffer.from('world')]);
  return [...recorded, { ...put, body }];
}

it(`of ${COUNT} mutated requests none is accepted, and nothing breaks`, async () => {
  const all = await originals();
  const filters = all.map((each) => acceptingFilter({ now: () => signedAt(each) }));
  const headers = { names: INTERESTING, values: VALUES };
  const statuses = await fuzzed({
    originals: all,
    filters,
    count: COUNT,
    seed: SEED,
    headers,
    meaning,
  });
  // 299: no longer recognisable as S3's, and passed on unchanged
  expect([...statuses.keys()].filter((status) => status < 299)).toEqual([]);
  expect(statuses.get(403)).toBeGreaterThan(COUNT / 10);
}, 600_000);

const INTERESTING = [
  'x-amz-acl',
  'X_Amz_Meta_A',
  'x-amz-trailer',
  'Authorization',
  'x-amz-decoded-content-length',
  'content-md5',
  'Content-Encoding',
  'x-amz-checksum-crc32',
  'x-amz-content-sha256',
];
const VALUES = [
  '',
  '0',
  '-1',
  'aws-chunked',
  'AWS4-HMAC-SHA256',
  'UNSIGNED-PAYLOAD',
  'private',
  'x-amz-checksum-crc32',
  '9'.repeat(20),
];
/** Returns what is signed, decoded: mutants of the same meaning may be accepted. */
function meaning({ method, target, fields, body }: Recorded): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split(/=(.*)/s))
    .map(([name = '', value = '']) => `${decoded(name, true)}=${decoded(value, true)}`);
  const signed = /SignedHeaders=([^,&]*)/i.exec(`${fields.join('\n')}&${query}`)?.[1] ?? '';
  const names = new Set([
    ...decoded(signed, false).split(';'),
    'authorization',
    'x-amz-content-sha256',
  ]);
  const counts = (name: string) =>
    names.has(name) || name.startsWith('x-amz-') || CHECKED.has(name);
  const headers = fields
    .map(([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value] as const)
    .filter(([name]) => counts(name))
    .map(
      ([name, value]) =>
        `${name}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $| ?(?=,)|(?<=,) /g, '')}`,
    );
  const isBodySigned =
    !headers.includes('x-amz-content-sha256:UNSIGNED-PAYLOAD') &&
    !query.includes('X-Amz-Signature');
  return JSON.stringify([
    method,
    path.split('/').map((segment) => decoded(segment, false)),
    pairs.sort(),
    headers.sort(),
    isBodySigned ? bodyMeaning(body.toString('latin1'), headers) : '',
  ]);
}

const CHECKED = new Set(['content-md5']);

/** Chunk sizes have several spellings, and white space around a trailer is ignored. */
function bodyMeaning(body: string, headers: readonly string[]): string {
  if (!headers.some((each) => each.includes('STREAMING-UNSIGNED'))) return body;
  const chunks: string[] = [];
  let rest = body;
  for (;;) {
    const [line, size] = /^([0-9a-fA-F]{1,12})\r\n/.exec(rest) ?? [];
    if (line === undefined || size === undefined) return body;
    const length = parseInt(size, 16);
    if (length === 0)
      return (
        chunks.join('') +
        rest
          .slice(line.length)
          .replace(/[ \t\r]/g, '')
          .toLowerCase()
      );
    chunks.push(rest.slice(line.length, line.length + length));
    if (rest.slice(line.length + length, line.length + length + 2) !== '\r\n') return body;
    rest = rest.slice(line.length + length + 2);
  }
}
