import { readCosSignature } from '../../../../middleware/cosapi/signature';
import { captures, type Recorded } from '../../../support/clients/captures';
import { cosMeaning } from '../../../support/clients/cos/meaning';
import { acceptingCos, cosSignedAt } from '../../../support/clients/cos/requests';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const ALL = ['cos-ip.txt', 'cos-domain.txt'].flatMap((file) =>
  captures(file).map((recorded): [string, Recorded] => [
    `${file}: ${recorded.method} ${recorded.target}`.slice(0, 100),
    recorded,
  ]),
);

async function ask(recorded: Recorded, now = cosSignedAt(recorded)) {
  const { handler, accepted } = acceptingCos({ now: () => now });
  const response = await handler(asRequest(recorded));
  return { response, accepted: accepted[0] };
}

const hostOf = ({ fields }: Recorded) =>
  fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';

describe.each(ALL)('%s', (_, recorded) => {
  it('is accepted at its time, and until it has expired', async () => {
    const { response, accepted } = await ask(recorded);
    expect(textOf(response)).toBe('');
    expect(response.status).toBe(200);
    const inHost = /^(.*)\.cos\.(.*)\.myqcloud\.com$/.exec(hostOf(recorded));
    expect(accepted?.call.region).toBe(inHost?.[2] ?? 'ap-chengdu');
    if (inHost) expect(accepted?.call.bucket).toBe('bkt-1250000000');
    expect([...(accepted?.call.parameters.keys() ?? [])].join()).not.toContain('q-');
    expect(accepted?.body).toEqual(recorded.body);
  });

  it('is refused if one signed byte is changed', async () => {
    const { handler, accepted, passed } = acceptingCos({ now: () => cosSignedAt(recorded) });
    const outcomes = new Set<number>();
    let count = 0;
    for (const changed of changes(recorded)) {
      if (cosMeaning(changed) === cosMeaning(recorded)) continue;
      const { status } = await handler(asRequest(changed));
      if (status < 299) throw new Error(`${status} for ${JSON.stringify(changed)}`);
      outcomes.add(status);
      count += 1;
    }
    expect(accepted).toEqual([]);
    expect(outcomes).toContain(403);
    expect(count).toBeGreaterThan(100);
    // if it no longer claims to be signed for COS, other filters must refuse it
    expect(
      passed.every(({ headers }) => !headers.get('authorization')?.startsWith('q-sign-algorithm=')),
    ).toBe(true);
  });

  it('is refused at another time, in a way by which the SDK corrects its clock', async () => {
    const [start = 0, end = 0] = timesOf(recorded);
    const late = await ask(recorded, (end + 1) * 1000);
    expect(late.response.status).toBe(403);
    if (recorded.method !== 'HEAD')
      expect(textOf(late.response)).toMatch(
        '<Code>AccessDenied</Code><Message>Request has expired<',
      );
    expect((await ask(recorded, (start - 899) * 1000)).response.status).toBe(200);
    const early = await ask(recorded, (start - 901) * 1000);
    expect(early.response.status).toBe(403);
    if (recorded.method !== 'HEAD')
      expect(textOf(early.response)).toContain('<Code>RequestTimeTooSkewed<');
  });
});

function timesOf({ fields, target }: Recorded): number[] {
  const [, authorization] = fields.find(([name]) => name === 'Authorization') ?? [];
  return readCosSignature(authorization, target.split('?')[1] ?? '')
    .signTime.split(';')
    .map(Number);
}

/** Yields the request with each byte in turn changed. */
function* changes(recorded: Recorded): Generator<Recorded> {
  const { method, target, fields, body } = recorded;
  yield { ...recorded, method: method === 'GET' ? 'DELETE' : 'GET' };
  for (let i = 1; i < target.length; i++) {
    const isEscape = target[i - 1] === '%' || target[i - 2] === '%';
    yield { ...recorded, target: replaced(target, i, isEscape ? '3' : 'Z', isEscape ? '4' : 'Y') };
  }
  for (const [at, [name, value]] of fields.entries()) {
    for (let i = 0; i < value.length; i++)
      yield { ...recorded, fields: fields.with(at, [name, replaced(value, i, 'z', 'y')]) };
    yield { ...recorded, fields: fields.filter((_, i) => i !== at) };
    yield { ...recorded, fields: [...fields, [name, value]] };
    yield { ...recorded, fields: [...fields, [name.replaceAll('-', '_'), 'other']] };
  }
  for (let i = 0; i < body.length; i++) {
    const other = Buffer.from(body);
    other[i] = (other[i] ?? 0) ^ 1;
    yield { ...recorded, body: other };
  }
}

function replaced(text: string, at: number, by: string, otherwise: string): string {
  return text.slice(0, at) + (text[at] === by ? otherwise : by) + text.slice(at + 1);
}
