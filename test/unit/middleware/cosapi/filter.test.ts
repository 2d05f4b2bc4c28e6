import { routes } from '../../../../middleware/cosapi/operations';
import { acceptingCos } from '../../../support/clients/cos/requests';
import { cosSigned, type ToSign } from '../../../support/clients/cos/signed';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const VIRTUAL = 'bkt-1250000000.cos.ap-chengdu.myqcloud.com';
const HERE = '127.0.0.1:8080';
const NOW = 1_700_000_100_000;

/** Returns how a request is interpreted, or why it is refused. */
async function outcome(
  request: ToSign,
  parts: Parameters<typeof acceptingCos>[0] = {},
): Promise<unknown> {
  const { handler, accepted, passed } = acceptingCos({ now: () => NOW, ...parts });
  const response = await handler(asRequest(cosSigned(request)));
  if (passed.length > 0) return 'passed on';
  const code = /<Code>(.*?)<\/Code>/.exec(textOf(response))?.[1];
  if (code !== undefined) return `${response.status} ${code}`;
  const { bucket, key } = accepted[0]?.call ?? {};
  return [bucket, key].filter((each) => each !== undefined);
}

/**
 * Returns the headers that an operation sees; signs the source, if any, as the SDK does.
 */
async function visibleHeaders(
  headers: Record<string, string>,
  host = VIRTUAL,
): Promise<Record<string, string>> {
  const { handler, accepted } = acceptingCos({ now: () => NOW });
  const signs = {
    headers: ['host', ...('x-cos-copy-source' in headers ? ['x-cos-copy-source'] : [])],
  };
  await handler(asRequest(cosSigned({ method: 'PUT', target: '/k', host, headers, signs })));
  return Object.fromEntries(accepted[0]?.call.request.headers.entries() ?? []);
}

describe('what a request is about', () => {
  it.each([
    [VIRTUAL, '/dir/k', ['bkt-1250000000', 'dir/k']],
    [`${VIRTUAL}:8080`, '/', ['bkt-1250000000']],
    ['Bkt-1250000000.cos.ap-x.tencentcos.cn', '//k', ['Bkt-1250000000', '/k']],
    ['bkt-1.cos-internal.ap-x.tencentcos.cn', '/k', ['bkt-1', 'k']],
    ['bkt-1.cn-south-2.myqcloud.com', '/k', ['bkt-1', 'k']],
    ['bkt-1.cos.accelerate.myqcloud.com', '/k', ['bkt-1', 'k']],
    ['bkt-1.cos.example', '/k', ['bkt-1', 'k']],
    ['cos.ap-chengdu.myqcloud.com', '/bkt-1/k', ['bkt-1', 'k']],
    ['service.cos.myqcloud.com', '/', []],
    [HERE, '/bkt-1/dir/k%2F%20', ['bkt-1', 'dir/k/ ']],
    [HERE, '/', []],
    [HERE, '/../k', '400 InvalidBucketName'],
  ])('%s%s', async (host, target, expected) => {
    expect(await outcome({ host, target }, { domains: ['cos.example'] })).toEqual(expected);
  });
});

describe('a signature of the path without its bucket', () => {
  const request = { host: HERE, target: '/bkt-1/dir/k', signedPath: '/dir/k' };

  it('is the one of the SDK for an address of ours, and valid for all buckets of the signer', async () => {
    expect(await outcome(request)).toEqual(['bkt-1', 'dir/k']);
    expect(await outcome({ ...request, target: '/other/dir/k' })).toEqual(['other', 'dir/k']);
    expect(await outcome({ host: HERE, target: '/bkt-1', signedPath: '/' })).toEqual(['bkt-1']);
  });

  it('is none in a URL, unless that is wanted', async () => {
    expect(await outcome({ ...request, isUrl: true })).toBe('403 SignatureDoesNotMatch');
    expect(await outcome({ ...request, isUrl: true }, { takesUrlsWithoutBucket: true })).toEqual([
      'bkt-1',
      'dir/k',
    ]);
  });

  it.each([
    VIRTUAL,
    'bkt-1.cos.example',
    'cos.ap-chengdu.myqcloud.com',
    'service.cos.myqcloud.com',
  ])('is none at %s', async (host) => {
    expect(await outcome({ ...request, host }, { domains: ['cos.example'] })).toBe(
      '403 SignatureDoesNotMatch',
    );
  });
});

describe('what is signed', () => {
  it.each([
    ['a header twice', { headers: { 'x-cos-meta-a': '1', 'X-Cos-Meta-A': '2' } }],
    [
      'a header in another spelling besides',
      { headers: { 'x-cos-meta-a': '1', x_cos_meta_a: '2' } },
    ],
    ['a header in another spelling', { headers: { x_cos_meta_a: '1' } }],
  ])('is refused: %s', async (_, { headers }) => {
    const request = { method: 'PUT', host: VIRTUAL, target: '/k', headers };
    const signs = { headers: ['host', 'x-cos-meta-a'] };
    expect(await outcome({ ...request, signs })).toBe('403 AccessDenied');
  });

  it('may be two headers that only Swift takes for one', async () => {
    const headers = { 'x-cos-meta-a_b': '1', 'x-cos-meta-a-b': '2' };
    const signs = { headers: ['host', 'x-cos-meta-a_b', 'x-cos-meta-a-b'] };
    expect(await outcome({ method: 'PUT', host: VIRTUAL, target: '/k', headers, signs })).toEqual([
      'bkt-1250000000',
      'k',
    ]);
  });

  it.each([
    ['a parameter twice', '/k?versionId=A&versionId=B', '400 InvalidArgument'],
    ['a parameter in another case besides', '/k?versionid=A&versionId=B', '400 InvalidArgument'],
    ['a parameter that is not there', '/k', '403 SignatureDoesNotMatch'],
  ])('is refused: %s', async (_, target, expected) => {
    expect(await outcome({ host: VIRTUAL, target, signs: { parameters: ['versionid'] } })).toBe(
      expected,
    );
  });

  it('need not be all of it, except for what a URL is for', async () => {
    const request = { method: 'PUT', host: VIRTUAL, target: '/k?versionId=A&x=1' };
    const parts = { routes: [...routes, ...acceptingRoutes()] };
    const signs = { headers: [], parameters: [] };
    expect(await outcome({ ...request, signs })).toEqual(['bkt-1250000000', 'k']);
    expect(await outcome({ ...request, signs, isUrl: true })).toBe('403 AccessDenied');
    const copied = {
      ...request,
      target: '/k',
      headers: { 'x-cos-copy-source': VIRTUAL },
      isUrl: true,
    };
    expect(await outcome(copied, parts)).toBe('403 AccessDenied');
    expect(await outcome({ ...request, target: '/k?acl', isUrl: true }, parts)).toBe(
      '403 AccessDenied',
    );
    expect(await outcome({ ...request, target: '/k?x=1', isUrl: true })).toEqual([
      'bkt-1250000000',
      'k',
    ]);
  });
});

describe('headers', () => {
  it('of COS are those of S3 to the operations, and those of S3 nobody else’s', async () => {
    const headers = await visibleHeaders({
      'x-amz-acl': 'public-read',
      'x-cos-meta-a': '1',
      'X-Cos-Meta-Empty': '',
      'x-cos-metadata-directive': 'Replaced',
      'x-cos-tagging-directive': 'Copy',
      'Cache-Control': '',
    });
    expect(headers).toMatchObject({
      host: VIRTUAL,
      'x-amz-meta-a': '1',
      'x-amz-meta-empty': '',
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-tagging-directive': 'COPY',
      'content-type': 'application/octet-stream',
    });
    expect(
      Object.keys(headers).filter((name) => /^(x-cos-.*|x-amz-acl|cache-control)$/.test(name)),
    ).toEqual([]);
  });

  it.each([
    [`${VIRTUAL}/dir/k?versionId=1`, 'bkt-1250000000/dir/k?versionId=1'],
    [`/${VIRTUAL}/k`, 'bkt-1250000000/k'],
    ['cos.ap-x.myqcloud.com/bkt-1/k', 'bkt-1/k'],
    ['bkt-1/k', 'bkt-1/k'],
    ['/bkt-1/k', '/bkt-1/k'],
  ])('the source of a copy, %s', async (source, expected) => {
    expect((await visibleHeaders({ 'x-cos-copy-source': source }))['x-amz-copy-source']).toBe(
      expected,
    );
  });

  it('the source of a copy, by our own address', async () => {
    const headers = await visibleHeaders({ 'x-cos-copy-source': `${HERE}/bkt-1/k` }, HERE);
    expect(headers['x-amz-copy-source']).toBe('bkt-1/k');
  });
});

describe('requests without a signature', () => {
  const ask = async (
    host: string,
    fields: [string, string][],
    parts: Parameters<typeof acceptingCos>[0] = {},
  ) => {
    const { handler, passed } = acceptingCos({ now: () => NOW, ...parts });
    const recorded = {
      method: 'GET',
      target: '/k',
      fields: [['Host', host], ...fields] as const,
      body: Buffer.alloc(0),
    };
    const { status } = await handler(asRequest(recorded));
    return passed.length > 0 ? 'passed on' : status;
  };

  it('are COS’s if their Host names a bucket, and anybody’s if so configured', async () => {
    expect(await ask(VIRTUAL, [])).toBe(403);
    expect(await ask(VIRTUAL, [], { anonymous: { account: 'AUTH_test', token: undefined } })).toBe(
      200,
    );
    expect(await ask(HERE, [])).toBe('passed on');
    expect(await ask(VIRTUAL, [['X-Auth-Token', 't']])).toBe('passed on');
    expect(await ask(VIRTUAL, [['Authorization', 'AWS x:y']])).toBe('passed on');
  });
});

/** The routes of the filter that accepts everything. */
function acceptingRoutes() {
  const run = () => Promise.reject(new Error('it was accepted'));
  return [{ name: 'any', method: 'PUT', on: 'object' as const, run }];
}
