import {
  readCosSignature,
  verifyCosSignature,
  type CosSignedRequest,
} from '../../../middleware/cosapi/signature';
import {
  computeQsSignature,
  qsStringToSign,
  readQsSignature,
  verifyQsSignature,
} from '../../../middleware/qsapi/signature';
import { unquote } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import { captures, type Recorded } from '../../support/clients/captures';

/** What signatures cover. */
interface Captured {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
}

function signed(name: string): Captured[] {
  return captures(name).map(({ method, target, fields }: Recorded) => {
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    return { method, path, query, headers: Headers.fromRaw(fields.flat()) };
  });
}

const SECRET = 'SK';

function codeOf(run: () => void): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return String(Reflect.get(Object(error), 'code'));
  }
}

/** Yields the texts that differ from a text in one character. */
function* mutated(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'x' ? 'y' : 'x';
    if (text[at] !== '\n') yield text.slice(0, at) + other + text.slice(at + 1);
  }
}

function cosForms({ method, path, query, headers }: Captured): CosSignedRequest[] {
  const whole = unquote(path);
  return [whole, whole.replace(/^\/[^/]*/, '') || '/'].map((each) => ({
    method,
    path: each,
    query,
    headers,
  }));
}

function verifyCos(request: Captured, seconds = 0): void {
  const signature = readCosSignature(request.headers.get('authorization'), request.query);
  const start = Number(signature.signTime.split(';')[0]);
  verifyCosSignature(signature, SECRET, cosForms(request), (start + seconds) * 1000);
}

describe.each(['cos-ip.txt', 'cos-domain.txt'])('the signatures of COS in %s', (file) => {
  const all = signed(file);

  it.each(all.map((each) => [`${each.method} ${each.path}?${each.query}`.slice(0, 90), each]))(
    '%s',
    (_, request) => {
      verifyCos(request);
      expect(codeOf(() => verifyCos(request, -1))).toBe('clock-skew');
      expect(codeOf(() => verifyCos(request, 1_000_000))).toBe('expired');
      for (const path of mutated(request.path.slice(request.path.lastIndexOf('/'))))
        expect(
          codeOf(() =>
            verifyCos({
              ...request,
              path: request.path.slice(0, request.path.lastIndexOf('/')) + path,
            }),
          ),
        ).not.toBe('accepted');
      for (const method of mutated(request.method))
        expect(codeOf(() => verifyCos({ ...request, method }))).toBe('bad-signature');
      const { headers: signed } = readCosSignature(
        request.headers.get('authorization'),
        request.query,
      );
      for (const name of signed) {
        for (const value of mutated(request.headers.get(name) ?? ''))
          expect(
            codeOf(() => verifyCos({ ...request, headers: request.headers.with(name, value) })),
          ).toBe('bad-signature');
      }
      const authorization = request.headers.get('authorization');
      for (const value of mutated(authorization ?? '')) {
        const headers = request.headers.with('Authorization', value);
        // the access key decides which secret is requested
        if (value.includes('q-ak=AK&'))
          expect(codeOf(() => verifyCos({ ...request, headers }))).not.toBe('accepted');
      }
      if (!request.query.includes('q-signature')) return;
      for (const query of mutated(request.query))
        if (query.includes('q-ak=AK&'))
          expect(codeOf(() => verifyCos({ ...request, query }))).not.toBe('accepted');
    },
  );
});

function verifyQs(request: Captured, seconds = 0): void {
  const signature = readQsSignature(request.headers.get('authorization'), request.query);
  const date = request.headers.get('x-qs-date') ?? request.headers.get('date') ?? '';
  const time =
    signature.expires === undefined ? Date.parse(date) : Number(signature.expires) * 1000;
  verifyQsSignature(signature, SECRET, request, time + seconds * 1000);
}

/**
 * QingStor's SDK does not sign a version passed as a parameter instead of in the path.
 */
const isUnsigned = ({ query }: Captured) => /^version_id=[^&]*$/.test(query);

it('a version that is not signed is refused', () => {
  const unsigned = signed('qs.txt').filter(isUnsigned);
  expect(unsigned).toHaveLength(1);
  for (const request of unsigned) expect(codeOf(() => verifyQs(request))).toBe('bad-signature');
});

describe.each(['qs.txt', 'qs-java.txt'])('the signatures of QingStor in %s', (file) => {
  it.each(
    signed(file)
      .filter((each) => file === 'qs-java.txt' || !isUnsigned(each))
      .map((each) => [`${each.method} ${each.path}?${each.query}`.slice(0, 90), each]),
  )('%s', (_, request) => {
    verifyQs(request);
    expect(codeOf(() => verifyQs(request, 901))).toBe('expired');
    for (const path of mutated(request.path))
      expect(codeOf(() => verifyQs({ ...request, path }))).toBe('bad-signature');
    for (const method of mutated(request.method))
      expect(codeOf(() => verifyQs({ ...request, method }))).toBe('bad-signature');
    for (const name of ['content-md5', 'content-type', 'x-qs-date', 'x-qs-copy-source']) {
      for (const value of mutated(request.headers.get(name) ?? ''))
        expect(
          codeOf(() => verifyQs({ ...request, headers: request.headers.with(name, value) })),
        ).not.toBe('accepted');
    }
  });
});

describe('the signatures of QingStor', () => {
  const parts = { method: 'GET', path: '/bkt-name/dir%2Fk%20%C3%A9', query: 'version_id=V1' };
  const dated = Headers.of({ 'x-qs-date': 'Tue, 14 Nov 2023 22:13:20 GMT' });

  it('are those of its own signer', () => {
    const header = { ...parts, headers: dated };
    expect(qsStringToSign(header, undefined)).toBe(
      'GET\n\n\n\nx-qs-date:Tue, 14 Nov 2023 22:13:20 GMT\n/bkt-name/dir%2Fk%20%C3%A9?version_id=V1',
    );
    expect(computeQsSignature(header, SECRET, undefined)).toBe(
      'aUMojPUpScbStlYpQe4dGppWcIUWw4TjEDNfmytYgK4=',
    );
    const query = { ...parts, headers: Headers.none };
    expect(computeQsSignature(query, SECRET, '1700000900')).toBe(
      'SZh+yvir+ivsZKczdUuBwoTWG8WNOYQekjzvHe3AGi0=',
    );
  });

  it('cover what selects a version', () => {
    const signature = readQsSignature(
      `QS AK:${computeQsSignature({ ...parts, query: '', headers: dated }, SECRET, undefined)}`,
      '',
    );
    const now = Date.parse('Tue, 14 Nov 2023 22:13:20 GMT');
    verifyQsSignature(signature, SECRET, { ...parts, query: '', headers: dated }, now);
    for (const query of ['version_id=V1', 'versions', 'versioning', 'version_id'])
      expect(
        codeOf(() =>
          verifyQsSignature(signature, SECRET, { ...parts, query, headers: dated }, now),
        ),
      ).toBe('bad-signature');
  });

  it('are valid around their date, in each of its forms', () => {
    const now = Date.UTC(2023, 10, 14, 22, 13, 20);
    const outcome = (name: string, date: string) => {
      const request = { ...parts, headers: Headers.of({ [name]: date }) };
      const signature = computeQsSignature(request, SECRET, undefined);
      const read = readQsSignature(`QS AK:${signature}`, '');
      return codeOf(() => verifyQsSignature(read, SECRET, request, now));
    };
    for (const name of ['Date', 'X-QS-Date']) {
      expect(outcome(name, 'Tue, 14 Nov 2023 22:20:20 GMT')).toBe('accepted');
      expect(outcome(name, 'Tuesday, 14-Nov-23 22:20:20 GMT')).toBe('accepted');
      expect(outcome(name, 'Tue Nov 14 22:20:20 2023')).toBe('accepted');
      for (const hour of [14, 21]) {
        expect(outcome(name, `Tue, 14 Nov 2023 ${hour}:13:20 GMT`)).toBe('expired');
        expect(outcome(name, `Tue Nov 14 ${hour}:13:20 2023`)).toBe('expired');
      }
      for (const date of ['2023-11-14', '2023-11-14 22:13:20', 'Tue, 14 Nov 2023 22:13:20', 'now'])
        expect(outcome(name, date)).toBe('malformed-authorization');
    }
  });

  it('leave colons to the access key', () => {
    expect(readQsSignature('QS test:tester:abc=', '').accessKey).toBe('test:tester');
  });
});

describe('the signatures of COS', () => {
  it('are those of its own signer', () => {
    const authorization =
      'q-sign-algorithm=sha1&q-ak=AK&q-sign-time=1700000000;1700000900&q-key-time=1700000000;1700000900&q-header-list=host&q-url-param-list=versionid&q-signature=c06b0632ed24626915a7f4b1e676285bdc40cc6c';
    expect(readCosSignature(authorization, '')).toMatchObject({
      accessKey: 'AK',
      headers: ['host'],
      parameters: ['versionid'],
    });
  });

  it('are refused with the cause where they are malformed', () => {
    expect(() => readCosSignature('q-sign-algorithm=md5', '')).toThrow(/sha1/);
    expect(() => readCosSignature('q-sign-algorithm=sha1&q-ak=A&q-ak=B', '')).toThrow(
      /q-ak is given twice/,
    );
    expect(() =>
      readCosSignature('q-sign-algorithm=sha1&q-ak=A&q-sign-time=a;b&q-key-time=1;2', ''),
    ).toThrow(/a;b/);
  });
});
