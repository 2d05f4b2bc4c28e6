import {
  toListedName,
  readCosSignature,
  checkSignedHeaders,
} from '../../../middleware/cosapi/signature';
import { parsePax } from '../../../src/formats/archive/pax';
import { canonicalRequest } from '../../../src/dialects/sigv4/canonical';
import { readSigning, type Signing } from '../../../src/dialects/sigv4/signing';
import { bestMatch, FORMATS, parseAccept } from '../../../src/http/accept';
import { strip, trimChars, trimEndChars } from '../../../src/http/bytes';
import { parseSignature } from '../../../src/http/digest';
import { parseParameters } from '../../../src/formats/form';
import { Headers } from '../../../src/http/headers';
import { listingContentType } from '../../../src/stores/embedded/api/container';

/**
 * Texts that clients choose, longer than any that can arrive: code that takes quadratic
 * time would never finish, and a server would be blocked meanwhile.
 */
const LONG = 5_000_000;
const MANY = 300_000;
const NAMES = Array.from({ length: MANY }, (_, i) => `h${i}`);

describe('what clients send is read in a time that grows as its length does', () => {
  it.each([' ', '\t\n', '/', '=', '"'])('%j amid a text stays, and at its ends goes', (some) => {
    const text = `a${some.repeat(LONG)}b`;
    expect(trimChars(text, some)).toBe(text);
    expect(trimChars(`${some}a${some}`, some)).toBe('a');
    expect(trimEndChars(`${some}${text}${some}`, some)).toBe(some + text);
    expect(trimChars(some.repeat(LONG), some)).toBe('');
  });

  it('texts between blanks', () => {
    expect(strip(` \n${'a'.repeat(10)}${' '.repeat(LONG)}b\r\v\f`)).toHaveLength(LONG + 11);
  });

  it('signatures of temporary URLs', () => {
    expect(parseSignature(`sha1:${'='.repeat(LONG)}x`)).toBeUndefined();
    expect(parseSignature('sha1:ab==')?.hex).toBe('69');
  });

  it('the parameters of headers', () => {
    const quotes = '"'.repeat(LONG);
    expect(parseParameters(`a; b="x${quotes}x"`).parameters.get('b')).toBe(`x${quotes}x`);
    expect(parseParameters('a; b=""x""').parameters.get('b')).toBe('x');
  });

  it.each(['\xa0', ' ', '\t', ';', '"', '\\"', 'a=', 'a="', 'a="\\";'])(
    'what is accepted: %j',
    (some) => {
      expect(parseAccept(`a/b;${some.repeat(20_000)}\0`)).toBeUndefined();
    },
  );

  it('what is accepted, in many ranges', () => {
    const ranges =
      parseAccept([...NAMES.map((name) => `a/${name}`), 'text/.*', '*/xml;q=0.5'].join()) ?? [];
    expect([ranges.length, bestMatch(ranges, FORMATS)]).toEqual([MANY + 2, 'application/xml']);
  });

  it('content types of listed objects', () => {
    expect(listingContentType(`a;b c${' '.repeat(LONG)}d`)).toBe('a;b=');
    expect(listingContentType(`a/b${' '.repeat(LONG)}; c = d ; swift_bytes=1;e`)).toHaveLength(
      LONG + 10,
    );
  });

  it.each([`${'0'.repeat(LONG)}1 k=\n`, '2 '.repeat(LONG / 2) + '=\n', `9 ${'k'.repeat(LONG)}`])(
    'attributes of files in archives',
    (text) => {
      let outcome = 'none';
      try {
        expect([...parsePax(Buffer.from(text))]).toEqual([]);
      } catch (error) {
        outcome = error instanceof Error ? error.message : '';
      }
      expect(['none', 'invalid header']).toContain(outcome);
    },
  );
});

describe('many headers, and lists of many', () => {
  const headers = Headers.fromRaw(NAMES.flatMap((name) => [name, 'x']));
  const signing: Signing = {
    from: 'header',
    accessKey: 'a',
    scope: { date: '20231114', region: 'r' },
    signedHeaders: NAMES,
    signature: '',
    timestamp: '20231114T221320Z',
    expires: undefined,
    payload: '',
    mayBeOfNothing: false,
  };

  it('are signed, each with its own value', () => {
    const request = { method: 'GET', path: '/', headers, query: new Map() };
    expect(canonicalRequest(request, signing).split('\n')).toHaveLength(MANY + 6);
    const spelled = Headers.fromRaw(['A_b', '1', 'a-b', '2', 'a_B', '3']);
    expect([...spelled.bySpelling()]).toEqual([
      ['a_b', '1,3'],
      ['a-b', '2'],
    ]);
    expect([...spelled.byName()]).toEqual([['a-b', '1,2,3']]);
  });

  it('are those that a signature of COS is over', () => {
    const [signed] = [NAMES.map((name) => toListedName(name))];
    const signature = {
      from: 'header',
      accessKey: 'a',
      signTime: '',
      keyTime: '',
      parameters: [],
      hex: '',
    } as const;
    expect(() => checkSignedHeaders({ ...signature, headers: signed }, headers)).not.toThrow();
  });

  it('of which one is listed twice are refused', () => {
    const headers = Headers.of({
      Authorization: `AWS4-HMAC-SHA256 Credential=a/20231114/r/s3/aws4_request, SignedHeaders=host;host, Signature=${'0'.repeat(64)}`,
      'x-amz-date': '20231114T221320Z',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    });
    expect(() => readSigning(headers, new Map())).toThrow('a name twice');
    const times = 'q-sign-time=1;2&q-key-time=1;2';
    const cos = `q-sign-algorithm=sha1&q-ak=a&${times}&q-header-list=host;Host&q-url-param-list=&q-signature=x`;
    expect(() => readCosSignature(cos, '')).toThrow('a name twice');
  });
});
