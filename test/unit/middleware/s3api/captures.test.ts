import { captures, type Recorded } from '../../../support/clients/captures';
import { acceptingFilter, asRequest, signedAt, textOf } from '../../../support/clients/s3/requests';

const ALL = ['aws.txt', 'aws-stream.txt', 'minio.txt'].flatMap((file) =>
  captures(file).map((recorded): [string, Recorded] => [
    `${file}: ${recorded.method} ${recorded.target}`,
    recorded,
  ]),
);

async function ask(recorded: Recorded, now = signedAt(recorded)) {
  const { handler, accepted } = acceptingFilter({ now: () => now });
  const response = await handler(asRequest(recorded));
  return { response, accepted: accepted[0] };
}

describe.each(ALL)('%s', (_, recorded) => {
  it('is accepted at its time', async () => {
    const { response, accepted } = await ask(recorded);
    expect(textOf(response)).toBe('');
    expect(response.status).toBe(200);
    expect(accepted?.call.bucket ?? '').toMatch(/^(bkt)?$/);
    expect(accepted?.call.region).toBe('us-east-1');
  });

  it('is refused if one signed byte is changed', async () => {
    const { handler, accepted, passed } = acceptingFilter({ now: () => signedAt(recorded) });
    const outcomes = new Set<number>();
    for (const changed of changes(recorded)) {
      const { status } = await handler(asRequest(changed));
      if (status < 299) throw new Error(`${status} for ${JSON.stringify(changed)}`);
      outcomes.add(status);
    }
    expect(accepted).toEqual([]);
    expect(outcomes).toContain(403);
    // if it no longer claims to be signed for S3, Swift must refuse it
    expect(passed.every(({ headers }) => !headers.get('authorization')?.startsWith('AWS'))).toBe(
      true,
    );
    expect(passed.length).toBeLessThanOrEqual(3);
  });

  it('is refused later, in a way that clients correct their clocks by', async () => {
    const { response } = await ask(recorded, signedAt(recorded) + 901_000);
    expect(response.status).toBe(403);
    const code = recorded.target.includes('X-Amz-Expires')
      ? 'AccessDenied'
      : 'RequestTimeTooSkewed';
    if (recorded.method !== 'HEAD') expect(textOf(response)).toContain(`<Code>${code}<`);
  });
});

it('what a stream of the AWS SDK carries comes out of its chunks', async () => {
  const [first] = captures('aws-stream.txt');
  const { accepted } = await ask(first!);
  expect(accepted?.body.toString()).toBe('hello world');
  expect(accepted?.call.payload.length).toBe(11);
  expect([...accepted!.call.payload.trailing()]).toEqual([['crc32', 'DUoRhQ==']]);
  expect(accepted?.call.request.headers.has('content-encoding')).toBe(false);
});

/** Yields the request with each signed byte changed in turn to another meaning. */
function* changes(recorded: Recorded): Generator<Recorded> {
  const { method, target, fields, body } = recorded;
  yield { ...recorded, method: method === 'GET' ? 'DELETE' : 'GET' };
  for (let i = 1; i < target.length; i++) {
    if (target[i] === '?' || target[i] === '%' || target[i] === '&') continue;
    const isEscape = target[i - 1] === '%' || target[i - 2] === '%';
    yield { ...recorded, target: replaced(target, i, isEscape ? '3' : 'Z', isEscape ? '4' : 'Y') };
  }
  const signed = /SignedHeaders=([^,]*)/.exec(
    fields.find(([name]) => name === 'authorization')?.[1] ?? '',
  )?.[1];
  for (const [at, [name, value]] of fields.entries()) {
    if (name !== 'authorization' && !signed?.split(';').includes(name.toLowerCase())) continue;
    for (let i = 0; i < value.length; i++)
      yield { ...recorded, fields: fields.with(at, [name, replaced(value, i, 'z', 'y')]) };
  }
  const isSigned = fields.every(([, value]) => value !== 'UNSIGNED-PAYLOAD');
  for (let i = 0; isSigned && i < body.length; i++) {
    const other = Buffer.from(body);
    other[i] = (other[i] ?? 0) ^ 1;
    yield { ...recorded, body: other };
  }
}

function replaced(text: string, at: number, by: string, otherwise: string): string {
  return text.slice(0, at) + (text[at] === by ? otherwise : by) + text.slice(at + 1);
}
