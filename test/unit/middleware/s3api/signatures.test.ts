import fc from 'fast-check';
import type { Recorded } from '../../../support/clients/captures';
import { acceptingFilter, asRequest, textOf } from '../../../support/clients/s3/requests';
import {
  encoded,
  presigned,
  signed,
  signer,
  type Unsigned,
} from '../../../support/clients/s3/signing';
import { runs } from '../../../support/running/runs';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);

async function ask(recorded: Recorded, now = NOW, domains: readonly string[] = []) {
  const { handler, accepted, passed } = acceptingFilter({ now: () => now, domains });
  const response = await handler(asRequest(recorded));
  const element = (name: string) => new RegExp(`<${name}>(.*?)<`).exec(textOf(response))?.[1] ?? '';
  const [code, message] = [element('Code'), element('Message')];
  return { status: response.status, code, message, call: accepted[0]?.call, passed };
}

const GET: Unsigned = { method: 'GET', path: '/bkt/dir/k%20%C3%A9', query: { versionId: 'V1' } };

it('the vector of the AWS signer for a header', async () => {
  const recorded = {
    method: 'GET',
    target: '/bkt/dir/k%20%C3%A9%2B1.txt?versionId=V1',
    fields: [
      ['host', '127.0.0.1:9000'],
      ['x-amz-date', '20231114T221320Z'],
      ['x-amz-content-sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      [
        'authorization',
        'AWS4-HMAC-SHA256 Credential=AK/20231114/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=07b7c201d468d55a3339fca9e639da830979216cebdde8a0621a8250cdcf0bed',
      ],
    ] as const,
    body: Buffer.alloc(0),
  };
  expect(await ask(recorded)).toMatchObject({ status: 200 });
});

it('the vector of the AWS signer for a query', async () => {
  const target =
    '/bkt/dir/k%20%C3%A9%2B1.txt?versionId=V1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20231114%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=5551da38e2408cd8183727e6b47e7fb96a0c147e4d987150783938b2cec5c423';
  const recorded = {
    method: 'GET',
    target,
    fields: [['host', '127.0.0.1:9000']] as const,
    body: Buffer.alloc(0),
  };
  const { status, call } = await ask(recorded, NOW + 299_000);
  expect(status).toBe(200);
  expect([...call!.parameters]).toEqual([['versionId', 'V1']]);
  expect(await ask(recorded, NOW + 301_000)).toMatchObject({ status: 403, code: 'AccessDenied' });
});

it('whatever the AWS signer signs is accepted, and means what was signed', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const query = fc.dictionary(
    text.filter((name) => name !== '' && !/^x-amz-|^__proto__$/i.test(name)),
    text,
  );
  const key = text.filter((name) => !name.includes('\0') && name !== '');
  await fc.assert(
    fc.asyncProperty(key, query, fc.boolean(), async (name, parameters, inQuery) => {
      const path = `/bkt/${name.split('/').map(encoded).join('/')}`;
      const toSign = {
        method: 'GET',
        path,
        query: parameters,
        headers: { 'x-amz-meta-a': ' a  b ' },
      };
      const { status, call } = await ask(await (inQuery ? presigned : signed)(toSign, NOW));
      expect(status).toBe(200);
      expect(Buffer.from(call?.key ?? '', 'latin1').toString()).toBe(Buffer.from(name).toString());
      const bytes = (text: string) => Buffer.from(text).toString('latin1');
      for (const [each, value] of Object.entries(parameters))
        expect(call?.parameters.get(bytes(each))).toBe(bytes(value));
    }),
    { numRuns: runs(300) },
  );
});

it('headers in a query are those of the request, however many', async () => {
  const names = Array.from({ length: 2000 }, (_, i) => `x-amz-meta-${i}`);
  const query = Object.fromEntries(names.map((name) => [name, 'v']));
  const { status, call } = await ask(await presigned({ ...GET, query }, NOW));
  expect([status, call?.parameters.size]).toEqual([200, 0]);
  const headers = call?.request.headers.byName();
  expect(names.filter((name) => headers?.get(name) !== 'v')).toEqual([]);
});

it.each([
  ['the same value', '1', 200],
  ['another value', '2', 400],
])('a header that is spelled in two ways in a query, with %s', async (_, value, status) => {
  const query = { 'x-amz-meta-a-b': '1', 'X-Amz-Meta-A_b': value };
  expect((await ask(await presigned({ ...GET, query }, NOW))).status).toBe(status);
});

it('any region signs, and is reported', async () => {
  const { call } = await ask(await signed(GET, NOW, signer('ru-central1')));
  expect(call?.region).toBe('ru-central1');
});

it.each<[string, string, (recorded: Recorded) => Recorded]>([
  [
    'an access key that nobody has',
    'InvalidAccessKeyId',
    (r) => inAuthorization(r, 'Credential=AK', 'Credential=NO'),
  ],
  ['another service', 'AuthorizationHeaderMalformed', (r) => inAuthorization(r, '/s3/', '/ec2/')],
  [
    'another day',
    'AuthorizationHeaderMalformed',
    (r) => inAuthorization(r, '20231114', '20231113'),
  ],
  [
    'no Host among the signed',
    'AccessDenied',
    (r) => inAuthorization(r, 'SignedHeaders=host;', 'SignedHeaders='),
  ],
  ['a header that is not signed', 'AccessDenied', (r) => withField(r, 'x-amz-acl', 'public-read')],
  [
    'one that a WSGI server would take for it',
    'AccessDenied',
    (r) => withField(r, 'x_amz_acl', 'public-read'),
  ],
  ['a signed header twice', 'AccessDenied', (r) => withField(r, 'x-amz-date', '20231114T221320Z')],
  [
    'two Authorizations',
    'InvalidArgument',
    (r) => withField(r, 'Authorization', 'AWS4-HMAC-SHA256 x'),
  ],
  [
    'a signature in the query as well',
    'InvalidArgument',
    (r) => withParameter(r, 'X-Amz-Signature=1'),
  ],
  ['a parameter twice', 'InvalidArgument', (r) => withParameter(r, 'versionId=V2')],
  ['a parameter more', 'SignatureDoesNotMatch', (r) => withParameter(r, 'acl')],
  ['a session token', 'InvalidRequest', (r) => withField(r, 'x-amz-security-token', 'T')],
  ['version 2', 'InvalidRequest', (r) => withAuthorization(r, 'AWS AK:c2lnbmF0dXJl')],
  [
    'another algorithm',
    'InvalidRequest',
    (r) => inAuthorization(r, 'HMAC-SHA256', 'ECDSA-P256-SHA256'),
  ],
  [
    'no signature',
    'AuthorizationHeaderMalformed',
    (r) => withAuthorization(r, 'AWS4-HMAC-SHA256 Credential=AK'),
  ],
])('%s is refused', async (_, code, change) => {
  expect(await ask(change(await signed(GET, NOW)))).toMatchObject({
    code,
    call: undefined,
    passed: [],
  });
});

it.each([0, 604_801, 1e9, -1])('a URL for %d seconds is refused', async (seconds) => {
  const recorded = await presigned(GET, NOW, 300);
  const changed = {
    ...recorded,
    target: recorded.target.replace('X-Amz-Expires=300', `X-Amz-Expires=${seconds}`),
  };
  expect(await ask(changed)).toMatchObject({
    status: 400,
    code: 'AuthorizationQueryParametersError',
    message: expect.stringMatching(
      seconds < 1 ? 'must be non-negative' : 'must be less than 604800 seconds',
    ) as unknown,
  });
});

it('a URL for a week is accepted', async () => {
  expect(await ask(await presigned(GET, NOW, 604_800))).toMatchObject({ status: 200 });
});

it('headers that a URL has in its query are in place', async () => {
  const toSign = { method: 'PUT', path: '/bkt/k', query: { 'x-amz-meta-a': 'b' } };
  const { call } = await ask(await presigned(toSign, NOW));
  expect(call?.request.headers.get('x-amz-meta-a')).toBe('b');
  expect(call?.parameters.size).toBe(0);
});

describe('what a request is about', () => {
  const about = async (path: string, host = '127.0.0.1:9000') => {
    const { status, call } = await ask(
      await signed({ method: 'GET', path, headers: { host } }, NOW),
      NOW,
      ['s3.example'],
    );
    return status === 200 ? [call?.bucket, call?.key] : status;
  };

  it.each([
    ['/', [undefined, undefined]],
    ['/bkt', ['bkt', undefined]],
    ['/bkt/', ['bkt', undefined]],
    ['/bkt/a', ['bkt', 'a']],
    ['/bkt//a//b/', ['bkt', '/a//b/']],
    ['/bkt/../x/./y', ['bkt', '../x/./y']],
    ['/bkt%2Fa', ['bkt', 'a']],
    ['/bkt/%2525', ['bkt', '%25']],
    ['//a', 400],
    ['/../AUTH_other/c', 400],
    ['/%2e%2e/AUTH_other/c', 400],
    ['/./a', 400],
    ['/%00/a', 400],
    ['/bkt/%FF', 400],
  ])('%s', async (path, expected) => {
    expect(await about(path)).toEqual(expected);
  });

  it.each([
    ['bkt.s3.example', '/a/b', ['bkt', 'a/b']],
    ['BKT.S3.Example:8080', '/', ['bkt', undefined]],
    ['s3.example', '/bkt/a', ['bkt', 'a']],
    ['...s3.example', '/bkt/a', 400],
    ['a/b.s3.example', '/bkt/a', 400],
  ])('%s%s', async (host, path, expected) => {
    expect(await about(path, host)).toEqual(expected);
  });
});

function withField(recorded: Recorded, name: string, value: string): Recorded {
  return { ...recorded, fields: [...recorded.fields, [name, value]] };
}

function withParameter(recorded: Recorded, parameter: string): Recorded {
  return { ...recorded, target: `${recorded.target}&${parameter}` };
}

function withAuthorization(recorded: Recorded, value: string): Recorded {
  const others = recorded.fields.filter(([name]) => name !== 'authorization');
  return { ...recorded, fields: [...others, ['authorization', value]] };
}

function inAuthorization(recorded: Recorded, text: string, by: string): Recorded {
  const [, value = ''] = recorded.fields.find(([name]) => name === 'authorization') ?? [];
  return withAuthorization(recorded, value.replaceAll(text, by));
}
