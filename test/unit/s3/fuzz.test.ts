import { captures, type Recorded } from '../../support/captures';
import { acceptingFilter, asRequest, signedAt } from '../../support/s3_requests';
import { signed, signedChunks } from '../../support/s3_signing';
import { random } from '../../support/s3_random';

const COUNT = 100_000;
const SEED = Number(process.env.S3_FUZZ_SEED ?? 1);

/** Requests as clients make them, of which mutants are made. */
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
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    const chance = random(SEED);
    const all = await originals();
    const statuses = new Map<number, number>();
    const filters = all.map((each) => acceptingFilter({ now: () => signedAt(each) }));
    for (let i = 0; i < COUNT;) {
      const at = chance.below(all.length);
      const original = all[at]!;
      const mutant = mutated(original, chance);
      if (meaning(mutant) === meaning(original)) continue;
      const { handler, accepted } = filters[at]!;
      const { status } = await handler(asRequest(mutant));
      if (accepted.length > 0) throw new Error(`accepted (seed ${SEED}): ${JSON.stringify(mutant)}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      i++;
    }
    // 299: it no longer says that it is S3's, and was passed on as it is
    expect([...statuses.keys()].filter((status) => status < 299)).toEqual([]);
    expect(statuses.get(403)).toBeGreaterThan(COUNT / 10);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
}, 600_000);

type Chance = ReturnType<typeof random>;

function mutated(original: Recorded, chance: Chance): Recorded {
  let mutant = original;
  for (let times = 1 + chance.below(3); times > 0; times--) mutant = mutatedOnce(mutant, chance);
  return mutant;
}

function mutatedOnce(recorded: Recorded, chance: Chance): Recorded {
  const { method, target, fields, body } = recorded;
  const at = chance.below(fields.length);
  const [name, value] = fields[at] ?? ['', ''];
  switch (chance.below(10)) {
    case 0:
      return { ...recorded, method: chance.of(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', method]) };
    case 1:
    case 2:
      return { ...recorded, target: `/${damaged(target, chance).replace(/^\/|[\r\n#]/g, '')}` };
    case 3:
    case 4:
      return { ...recorded, body: Buffer.from(damaged(body.toString('latin1'), chance), 'latin1') };
    case 5:
      return { ...recorded, fields: fields.filter((_, i) => i !== at) };
    case 6:
      return { ...recorded, fields: [...fields, [name, chance.below(2) ? value : damaged(value, chance)]] };
    case 7:
      return { ...recorded, fields: [...fields, [chance.of(INTERESTING), chance.of(VALUES)]] };
    default:
      return { ...recorded, fields: fields.with(at, [name, damaged(value, chance)]) };
  }
}

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
const PIECES = [
  '%',
  '%00',
  '%2F',
  '/',
  '..',
  '&',
  '=',
  '+',
  ' ',
  ',',
  ';',
  '\0',
  'ÿ',
  'A'.repeat(3000),
  'X-Amz-Signature=',
  '?',
  '\r\n',
];

function damaged(text: string, chance: Chance): string {
  const from = chance.below(text.length + 1);
  const to = Math.min(text.length, from + chance.below(4));
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return text.slice(0, from) + chance.of(PIECES) + text.slice(to);
    case 2:
      return text.slice(0, from) + text.slice(from, to).repeat(2) + text.slice(to);
    default:
      return text.slice(0, from) + String.fromCharCode(chance.below(256)) + text.slice(from + 1);
  }
}

/** What of a request is signed, decoded: mutants that mean the same are right to be accepted. */
function meaning({ method, target, fields, body }: Recorded): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split(/=(.*)/s))
    .map(([name = '', value = '']) => `${decoded(name, true)}=${decoded(value, true)}`);
  const signed = /SignedHeaders=([^,&]*)/i.exec(`${fields.join('\n')}&${query}`)?.[1] ?? '';
  const names = new Set([...decoded(signed, false).split(';'), 'authorization', 'x-amz-content-sha256']);
  const counts = (name: string) => names.has(name) || name.startsWith('x-amz-') || CHECKED.has(name);
  const headers = fields
    .map(([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value] as const)
    .filter(([name]) => counts(name))
    .map(([name, value]) => `${name}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $| ?(?=,)|(?<=,) /g, '')}`);
  const isBodySigned =
    !headers.includes('x-amz-content-sha256:UNSIGNED-PAYLOAD') && !query.includes('X-Amz-Signature');
  return JSON.stringify([
    method,
    path.split('/').map((segment) => decoded(segment, false)),
    pairs.sort(),
    headers.sort(),
    isBodySigned ? bodyMeaning(body.toString('latin1'), headers) : '',
  ]);
}

const CHECKED = new Set(['content-md5']);

/** Sizes of chunks may be written in other ways, and white space around a trailer is none. */
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

function decoded(text: string, inQuery: boolean): string {
  const spaced = inQuery ? text.replaceAll('+', ' ') : text;
  return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
