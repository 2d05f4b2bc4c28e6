import fc from 'fast-check';
import { routes } from '../../../../middleware/cosapi/operations';
import { toListedName, readCosSignature } from '../../../../middleware/cosapi/signature';
import { quote } from '../../../../src/http/bytes';
import type { Recorded } from '../../../support/clients/captures';
import { acceptingCos } from '../../../support/clients/cos/requests';
import { cosSigned, type ToSign } from '../../../support/clients/cos/signed';
import {
  changesOf,
  haveOneReading,
  saying,
  type Changed,
  type Vocabulary,
} from '../../../support/judges/one_reading';
import { runs } from '../../../support/running/runs';
import { asRequest, textOf } from '../../../support/clients/s3/requests';

const NOW = 1_700_000_100_000;
const VIRTUAL = 'bkt-1250000000.cos.ap-chengdu.myqcloud.com';
const OTHER = 'other-1250000000.cos.ap-chengdu.myqcloud.com';
const HERE = '127.0.0.1:8080';

const { routes: ours, said } = saying(routes);
const { handler: filter } = acceptingCos({ now: () => NOW, routes: ours });

/** Parameters that select operation or target: if unsigned, the request is refused. */
const DECIDING = ['versionId', ...routes.flatMap((route) => route.parameters ?? [])];

async function readingOf(recorded: Recorded): Promise<string | undefined> {
  const request = asRequest(recorded);
  await filter(request);
  const match = said.pop();
  if (match === undefined) return undefined;
  const { name: operation, call } = match;
  const { headers, parameters } = readCosSignature(
    request.headers.get('authorization'),
    request.query,
  );
  const pairs = [
    ...new Set([
      ...parameters.map(decodeURIComponent),
      ...DECIDING.map((each) => each.toLowerCase()),
    ]),
  ]
    .sort()
    // in the form that operations use
    .map((name) => DECIDING.find((each) => toListedName(each) === name) ?? name)
    .map((name) => [name, call.parameters.get(name)]);
  const fields = [...new Set([...headers, 'x-cos-copy-source'])]
    .sort()
    .map((name) => [name, call.request.headers.get(name.replace('x-cos-', 'x-amz-'))]);
  return JSON.stringify([operation, call.bucket, call.key, pairs, fields]);
}

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '&', '=', ' ', '+', '%', '\n', '.'),
  maxLength: 4,
});
const PARAMETERS = [
  'versionId',
  'acl',
  'tagging',
  'uploads',
  'uploadId',
  'partNumber',
  'prefix',
  'x&y=z',
];
const HEADERS: Readonly<Record<string, string>> = {
  'x-cos-copy-source': `${VIRTUAL}/a b`,
  'x-cos-meta-a': 'a b,c',
  'x-cos-meta-a_b': 'c',
  'x-cos-tagging': '',
  x_cos_tagging: 'b=c',
  'content-type': 'a/b',
};

const requests = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
    host: fc.constantFrom(VIRTUAL, HERE),
    key: text,
    parameters: fc.dictionary(fc.constantFrom(...PARAMETERS), text, { maxKeys: 3 }),
    signedParameters: fc.subarray(PARAMETERS),
    headers: fc.subarray(Object.keys(HEADERS)),
    signedHeaders: fc.subarray(Object.keys(HEADERS)),
    isUrl: fc.boolean(),
    signsHost: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ method, host, key, parameters, headers, isUrl, ...signs }): Recorded => {
    const query = Object.entries(parameters).map((pair) => pair.map(encodeURIComponent).join('='));
    const path = `${host === HERE ? '/bkt-1' : ''}/${key.split('/').map(quote).join('/')}`;
    const request: ToSign = {
      method,
      host,
      target: query.length === 0 ? path : `${path}?${query.join('&')}`,
      headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name] ?? ''])),
      signs: {
        // a header signature may omit the host, and is then valid for every bucket
        headers: [
          ...(isUrl && signs.signsHost === 0 ? [] : ['host']),
          ...signs.signedHeaders,
        ].filter((name) => name === 'host' || headers.includes(name)),
        parameters: signs.signedParameters.filter((name) => name in parameters).map(toListedName),
      },
      isUrl,
    };
    return cosSigned(request);
  });

const VOCABULARY: Vocabulary = {
  methods: ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'],
  hosts: [OTHER, HERE, VIRTUAL.toUpperCase(), VIRTUAL],
  parameters: ['versionId=ID', 'acl', 'uploadId=a', 'versionid=ID', 'VERSIONID=ID', 'tagging'],
  headers: [
    ['x-cos-copy-source', `${VIRTUAL}/b`],
    ['x_cos_copy_source', `${VIRTUAL}/b`],
    ['x_cos_tagging', 'a=b'],
    ['x-cos-meta-a', 'b'],
    ['x-amz-copy-source', 'bkt-1/b'],
  ],
};

/** Moves the signature of a URL to Authorization, and the other way round. */
function moved(recorded: Recorded): Recorded {
  const { target, fields } = recorded;
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const pairs = query.split('&');
  const signature = pairs.filter((pair) => pair.startsWith('q-'));
  const rest = pairs.filter((pair) => pair !== '' && !pair.startsWith('q-')).join('&');
  const to = (all: string) => (all === '' ? path : `${path}?${all}`);
  if (signature.length > 0)
    return {
      ...recorded,
      target: to(rest),
      fields: [...fields, ['Authorization', signature.join('&')]],
    };
  const [, authorization = ''] = fields.find(([name]) => name === 'Authorization') ?? [];
  return {
    ...recorded,
    target: to([rest, authorization].filter(Boolean).join('&')),
    fields: fields.filter(([name]) => name !== 'Authorization'),
  };
}

const changes: fc.Arbitrary<Changed> = fc
  .tuple(changesOf(requests, VOCABULARY), fc.boolean())
  // a signature in headers may omit a bucket in the path
  .map(([{ signed, changed }, isMoved]) => ({
    signed,
    changed: isMoved ? moved(changed) : changed,
  }))
  .filter(({ changed }) => !(isInHeader(changed) && hostOf(changed) === HERE));

const isInHeader = ({ fields }: Recorded) => fields.some(([name]) => name === 'Authorization');
const hostOf = ({ fields }: Recorded) => fields.find(([name]) => name === 'Host')?.[1];

it('two requests with one signature of COS never mean two things', () =>
  haveOneReading(changes, readingOf, { numRuns: runs(5000), seldom: runs(300) }));

/** Returns the bucket and key of a request, or the status and message of its refusal. */
async function outcome(recorded: Recorded, parts: Parameters<typeof acceptingCos>[0] = {}) {
  const { handler, accepted } = acceptingCos({ now: () => NOW, ...parts });
  const response = await handler(asRequest(recorded));
  const { bucket, key } = accepted[0]?.call ?? {};
  const message = /<Message>(.*?)<\/Message>/.exec(textOf(response))?.[1];
  return message === undefined ? [bucket, key] : `${response.status} ${message}`;
}

describe('a URL that does not sign host', () => {
  const NO_HOST =
    '403 The header host is not signed: the URL would be valid for every bucket of its signer.';
  const url = (host: string, target: string) =>
    cosSigned({ host, target, signs: { headers: [] }, isUrl: true });

  it.each([
    [VIRTUAL, '/dir/k'],
    [HERE, '/bkt-1/dir/k'],
    ['cos.ap-chengdu.myqcloud.com', '/bkt-1/dir/k'],
    ['service.cos.myqcloud.com', '/'],
  ])('is refused: %s%s', async (host, target) => {
    expect(await outcome(url(host, target))).toBe(NO_HOST);
  });

  it('is good for whichever bucket Host names, if that is wanted', async () => {
    const options = { takesUrlsWithoutBucket: true };
    const request = url(VIRTUAL, '/bkt-1/k');
    const at = (host: string) => ({ ...request, fields: [['Host', host] as const] });
    expect(await outcome(request, options)).toEqual(['bkt-1250000000', 'bkt-1/k']);
    expect(await outcome(at(OTHER), options)).toEqual(['other-1250000000', 'bkt-1/k']);
    expect(await outcome(at(HERE), options)).toEqual(['bkt-1', 'k']);
  });

  it('is as it was in Authorization', async () => {
    expect(
      await outcome(cosSigned({ host: VIRTUAL, target: '/k', signs: { headers: [] } })),
    ).toEqual(['bkt-1250000000', 'k']);
  });
});

it('one in Authorization that does not say which version is meant is refused, unless that is wanted', async () => {
  const request = cosSigned({
    host: VIRTUAL,
    target: '/k?versionId=1',
    signs: { headers: ['host'], parameters: [] },
  });
  expect(await outcome(request)).toBe('403 The parameter versionId is not signed.');
  expect(await outcome(request, { takesHeadersWithoutOperation: true })).toEqual([
    'bkt-1250000000',
    'k',
  ]);
});

it('a header in two spellings that are both signed is refused, in either order', async () => {
  const [one, other] = [['x-cos-acl', 'private'] as const, ['x_cos_acl', 'public-read'] as const];
  const names = ['host', 'x-cos-acl', 'x_cos_acl'];
  for (const fields of [
    [one, other],
    [other, one],
  ]) {
    const request = { method: 'PUT', host: VIRTUAL, target: '/k', signs: { headers: names } };
    expect(await outcome(cosSigned({ ...request, headers: Object.fromEntries(fields) }))).toMatch(
      /^403 A header that is signed is given twice/,
    );
  }
});

describe('the signature of a URL', () => {
  const url = (method: string, target: string, parameters: readonly string[] = []) =>
    cosSigned({
      method,
      host: VIRTUAL,
      target,
      signs: { headers: ['host'], parameters },
      isUrl: true,
    });
  const added = (recorded: Recorded, parameter: string) => ({
    ...recorded,
    target: `${recorded.target}${recorded.target.includes('?') ? '&' : '?'}${parameter}`,
  });

  it('is good in Authorization, and for nothing else there', async () => {
    const [read, remove, write] = [url('GET', '/k'), url('DELETE', '/k'), url('PUT', '/k')].map(
      moved,
    );
    expect(await outcome(read!)).toEqual(['bkt-1250000000', 'k']);
    for (const recorded of [read!, remove!, write!])
      expect(await outcome(added(recorded, 'versionId=ID'))).toBe(
        '403 The parameter versionId is not signed.',
      );
    const copied = {
      ...write!,
      fields: [...write!.fields, ['x-cos-copy-source', `${OTHER}/k`] as const],
    };
    expect(await outcome(copied, { routes })).toBe(
      '403 The header x-cos-copy-source is not signed.',
    );
    expect(await outcome(added(write!, 'tagging'), { routes })).toBe(
      '403 The parameter tagging is not signed.',
    );
  });

  it.each(['versionid', 'VERSIONID', 'VersionId'])(
    'means the same with a parameter spelled %s',
    async (name) => {
      const { handler, accepted } = acceptingCos({ now: () => NOW });
      const signed = url('GET', '/k?versionId=A', ['versionid']);
      await handler(asRequest({ ...signed, target: signed.target.replace('versionId', name) }));
      expect(accepted[0]?.call.parameters.get('versionId')).toBe('A');
    },
  );

  it('that aborts an upload does not delete the object', async () => {
    const signed = url('DELETE', '/k?uploadId=A', ['uploadid']);
    await filter(asRequest({ ...signed, target: signed.target.replace('uploadId', 'uploadid') }));
    expect(said.pop()?.name).toBe('AbortMultipartUpload');
  });
});
