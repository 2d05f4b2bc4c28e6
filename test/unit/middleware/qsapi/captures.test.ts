import { bucketOfQsHost } from '../../../../middleware/qsapi/host';
import { recognise } from '../../../../middleware/qsapi/recognise';
import { Headers } from '../../../../src/http/headers';
import { captures, type Recorded } from '../../../support/clients/captures';
import { acceptingQs, qsMeaning, qsSignedAt } from '../../../support/clients/qs/requests';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const isUnsigned = ({ target }: Recorded) => /\?version_id=[^&]*$/.test(target);

const RECORDED = [
  ...captures('qs-java.txt').map((recorded) => ['qs-java.txt', recorded] as const),
  // the SDK does not sign a version that is passed as a parameter
  ...captures('qs.txt')
    .map((recorded) => ['qs.txt', recorded] as const)
    .filter(([, each]) => !isUnsigned(each)),
].map(([file, recorded]): [string, Recorded] => [
  `${file}: ${recorded.method} ${recorded.target}`.slice(0, 100),
  recorded,
]);

async function ask(recorded: Recorded, now = qsSignedAt(recorded)) {
  const { handler, accepted } = acceptingQs({ now: () => now });
  const response = await handler(asRequest(recorded));
  return { response, accepted: accepted[0] };
}

describe.each(RECORDED)('%s', (_, recorded) => {
  it('is accepted at its time', async () => {
    const { response, accepted } = await ask(recorded);
    expect(textOf(response)).toBe('');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-qs-request-id')).toBe('tx0');
    expect(accepted?.call.bucket ?? 'bkt-name').toBe('bkt-name');
    const key = accepted?.call.key;
    if (key !== undefined && key !== 'x')
      expect(Buffer.from(key, 'latin1').toString()).toBe('dir/k é+1.txt');
    expect([...(accepted?.call.parameters.keys() ?? [])]).not.toContain('signature');
    expect(accepted?.body).toEqual(recorded.body);
  });

  it('is refused if one signed byte is changed', async () => {
    const { handler, accepted, passed } = acceptingQs({ now: () => qsSignedAt(recorded) });
    const outcomes = new Set<number>();
    let count = 0;
    for (const changed of changes(recorded)) {
      if (qsMeaning(changed) === qsMeaning(recorded)) continue;
      const { status } = await handler(asRequest(changed));
      if (status < 299) throw new Error(`${status} for ${JSON.stringify(changed)}`);
      outcomes.add(status);
      count += 1;
    }
    expect(accepted).toEqual([]);
    expect(outcomes).toContain(401);
    expect(count).toBeGreaterThan(80);
    // if it no longer claims to be signed for QingStor, other filters must refuse it
    expect(passed.every(({ headers }) => !headers.get('authorization')?.startsWith('QS '))).toBe(
      true,
    );
  });

  it('is refused at another time', async () => {
    const isUrl = recorded.target.includes('signature=');
    const { response } = await ask(recorded, qsSignedAt(recorded) + 901_000);
    expect(response.status).toBe(403);
    if (recorded.method !== 'HEAD') expect(textOf(response)).toContain('"code":"request_expired"');
    const early = await ask(recorded, qsSignedAt(recorded) - 901_000);
    expect(early.response.status).toBe(isUrl ? 200 : 403);
    expect((await ask(recorded, qsSignedAt(recorded) - 899_000)).response.status).toBe(200);
  });
});

it('a version that is not signed is refused, and the error says why', async () => {
  const [unsigned, ...others] = captures('qs.txt').filter(isUnsigned);
  expect(others).toEqual([]);
  const { response } = await ask(unsigned!);
  expect([response.status, textOf(response)]).toEqual([
    401,
    expect.stringMatching(
      /"signature_not_matched".*does not cover version_id.*in the uri/,
    ) as string,
  ]);
});

describe('a virtual host', () => {
  const hosted = (host: string) => {
    const [recorded] = captures('qs-java.txt');
    const fields = recorded!.fields.map(
      ([name, value]) => [name, name === 'Host' ? host : value] as const,
    );
    return { ...recorded!, target: '/?versioning', fields };
  };

  it.each(['bkt-name.pek3a.example', 'BKT-name.pek3a.example:8080'])(
    '%s names the bucket',
    async (host) => {
      const request = hosted(host);
      const { handler, accepted } = acceptingQs({
        domains: ['pek3a.example'],
        now: () => qsSignedAt(request),
      });
      expect((await handler(asRequest(request))).status).toBe(200);
      expect([accepted[0]?.call.bucket, accepted[0]?.call.key]).toEqual(['bkt-name', undefined]);
    },
  );

  it.each(['bkt-name.pek3a.qingstor.com', 'bkt-name.sh1a.qingstor.com:80'])(
    "%s, QingStor's own, names it with no domain configured",
    async (host) => {
      const request = hosted(host);
      const { handler, accepted } = acceptingQs({ now: () => qsSignedAt(request) });
      expect((await handler(asRequest(request))).status).toBe(200);
      expect([accepted[0]?.call.bucket, accepted[0]?.call.key]).toEqual(['bkt-name', undefined]);
    },
  );

  it.each([
    ['pek3a.qingstor.com', undefined],
    ['qingstor.com', undefined],
    ['b.pek3a.qingstor.com', 'b'],
    ['B.C.PEK3A.QINGSTOR.COM:8080', 'b.c'],
    ['b.pek3a.qingstor.com.example', undefined],
    ['b.pek3a.notqingstor.com', undefined],
    ['b.pek3a.qsstor.com', 'b'],
    ['s3.pek3a.qingstor.com', undefined],
    ['b.s3.pek3a.qingstor.com', undefined],
  ])('%s names the bucket %s', (host, bucket) => {
    expect(bucketOfQsHost({ headers: Headers.none, host }, [])).toBe(bucket);
  });

  it('is looked for in configured domains first', () => {
    const domains = ['internal.pek3a.qingstor.com'];
    const named = (host: string) => bucketOfQsHost({ headers: Headers.none, host }, domains);
    expect(named('b.internal.pek3a.qingstor.com')).toBe('b');
    expect(named('internal.pek3a.qingstor.com')).toBeUndefined();
    expect(named('b.sh1a.qingstor.com')).toBe('b');
  });

  it('does not take a request away that shows credentials of another API', () => {
    const host = 'b.pek3a.qingstor.com';
    const recognised = (query: string, headers: Record<string, string>) =>
      recognise({ query, headers: Headers.of(headers), host }, []);
    expect(recognised('', {})).toBe('host');
    expect(recognised('', { 'X-Auth-Token': 't' })).toBeUndefined();
    expect(recognised('X-Amz-Signature=x', {})).toBeUndefined();
  });

  it('of another bucket, or of none, has another signature', async () => {
    for (const host of ['other.pek3a.example', 'undefined.127.0.0.1']) {
      const request = hosted(host);
      const { handler } = acceptingQs({
        domains: ['pek3a.example'],
        now: () => qsSignedAt(request),
      });
      expect((await handler(asRequest(request))).status).toBe(401);
    }
  });

  it('without a signature is refused', async () => {
    const request = hosted('bkt-name.pek3a.example');
    const fields = request.fields.filter(([name]) => name !== 'Authorization');
    const { handler, passed } = acceptingQs({ domains: ['pek3a.example'] });
    const response = await handler(asRequest({ ...request, fields }));
    expect([response.status, passed]).toEqual([403, []]);
    expect(textOf(response)).toContain('"permission_denied"');
  });
});

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
