import type { Sequence, Step } from './steps';

const owner = (method: string, path: string, more: Partial<Step> = {}): Step => ({
  user: 'tester',
  method,
  account: 'test',
  path,
  ...more,
});

const names = ['foo', 'foo', 'foo'] as const;

/** Sequences that once showed a difference, reduced; compared before all others. */
export const REGRESSIONS: readonly Sequence[] = [
  {
    names: ['%23hash%3Fquery', 'n'.repeat(1025), 'foo'],
    steps: [
      owner('PUT', '/{v}/{n1}?multipart-manifest=put', {
        account: 'test2',
        headers: { 'X-Copy-From': '/{w}/{n0}', 'X-Copy-From-Account': '{test}' },
      }),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{w}/empty', { body: 'empty' }),
      owner('PUT', '/{w}/one', { body: 'one' }),
      ...['bytes=-999999', 'bytes=-2', 'bytes=0-'].flatMap((Range) =>
        ['empty', 'one'].map((source) =>
          owner('PUT', '/{w}/copy', {
            headers: { 'X-Copy-From': `{w}/${source}`, Range, ETag: 'x' },
          }),
        ),
      ),
      owner('DELETE', '/{w}/%FF?multipart-manifest=delete'),
      owner('DELETE', '/{v}/%FF?multipart-manifest=delete', { account: 'test2' }),
      ...['one', 'absent'].flatMap((source) =>
        [{}, { 'If-Match': '*' }, { 'If-Match': 'x' }, { Range: 'bytes=99-' }].map((conditions) =>
          owner('COPY', `/{w}/${source}?multipart-manifest=put`, {
            headers: { Destination: '{v}/copy', 'Destination-Account': '{test2}', ...conditions },
          }),
        ),
      ),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{v}/{n0}?multipart-manifest=put', {
        account: 'test2',
        headers: { 'X-Copy-From': '{w}/d/1', 'X-Copy-From-Account': '{test}' },
        body: 'one',
      }),
      owner('PUT', '/{w}/{n0}?multipart-manifest=get', {
        headers: { 'X-Copy-From': '{w}/d/1' },
        body: 'one',
      }),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{h}/{n0}', { body: 'one' }),
      owner('PUT', '/{h}/{n0}?heartbeat=on&multipart-manifest=put', { body: 'sloBad' }),
    ],
  },
  {
    names: ['%ff', 'foo', 'foo'],
    steps: [
      owner('PUT', '/{s}/{n0}?heartbeat=on&multipart-manifest=put', {
        user: 'anonymous',
        body: 'slo1',
      }),
      owner('PUT', '/{h}/foo', { headers: { 'X-Symlink-Target': '{h}/{n0}' }, body: 'empty' }),
      owner('HEAD', '/{h}/foo'),
      owner('PUT', '/{w}/foo', { body: 'one' }),
      owner('COPY', '/{w}/foo', { headers: { Destination: '{w}/{n0}' } }),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{w}/d', { body: 'one' }),
      owner('PUT', '/{w}/slo?multipart-manifest=put', { segments: [{ path: '/{w}/d' }] }),
      owner('COPY', '/{w}/slo?multipart-manifest=get', { headers: { Destination: '{w}/d' } }),
      owner('PUT', '/{w}/link', { headers: { 'X-Symlink-Target': '{w}/d' }, body: 'empty' }),
      owner('COPY', '/{w}/link?symlink=get', { headers: { Destination: '{w}/d' } }),
      owner('COPY', '/{w}/link?symlink=get', {
        headers: { Destination: '{w}/fresh', 'X-Fresh-Metadata': 'true' },
      }),
      owner('COPY', '/{w}/d?multipart-manifest=put', { headers: { Destination: '{w}/manifest' } }),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{w}', {
        headers: { 'X-Container-Read': '.r:*', 'X-Remove-Container-Read': 'x' },
      }),
      owner('POST', '/{w}', { headers: { 'X-Container-Meta-Access-Control-Allow-Origin': '*' } }),
      owner('COPY', '/{w}/missing', {
        headers: { Destination: '{v}/foo', Origin: 'http://a.example' },
      }),
      owner('GET', '/{w}?limit=10001', {
        user: 'tester3',
        headers: { Origin: 'http://a.example' },
      }),
      owner('HEAD', '/{w}/foo', { headers: { 'If-Match': '', 'If-Modified-Since': '0' } }),
    ],
  },
  {
    names,
    steps: [
      ...['{s}', '{h}'].flatMap((container) => [
        owner('PUT', `/${container}/{n0}`, { body: 'one' }),
        owner('POST', `/${container}`, { headers: { 'X-Versions-Location': '%2F{x}' } }),
        ...['PUT', 'DELETE', 'DELETE', 'PUT', 'PUT', 'DELETE'].map((method) =>
          owner(method, `/${container}/{n0}`, method === 'PUT' ? { body: 'two' } : {}),
        ),
      ]),
    ],
  },
  {
    names,
    steps: [
      owner('POST', '/{w}', {
        headers: { 'X-Container-Meta-Access-Control-Allow-Origin': 'http://a.example' },
      }),
      owner('PUT', '/{w}/{n0}?multipart-manifest=put', {
        headers: { 'X-Copy-From': '{w}/absent', Origin: 'http://a.example' },
      }),
    ],
  },
];

/** The same for versions with ids. */
export const REGRESSIONS_WITH_IDS: readonly Sequence[] = [
  {
    names,
    steps: [
      owner('DELETE', '/{k}/{n0}'),
      owner('DELETE', '/{k}/{n0}'),
      owner('PUT', '/{k}/{n0}', { body: 'one' }),
      owner('PUT', '/{k}/{n0}', { body: 'two' }),
      owner('PUT', '/{k}/{n0}', { body: 'one' }),
      owner('PUT', '/{k}/{n0}?version-id={i:k:0:2}'),
      owner('GET', '/{k}?versions'),
      owner('GET', '/{k}?versions&marker={n0}&version_marker={i:k:0:1}'),
      owner('DELETE', '/{k}/{n0}?version-id={i:k:0:0}'),
    ],
  },
  {
    names: ['foo', 'bar', 'nowhere'],
    steps: [
      owner('PUT', '/{k}/{n1}', { headers: { 'X-Symlink-Target': '{p}/{n2}' }, body: 'empty' }),
      owner('PUT', '/{k}/{n0}', { headers: { 'X-Symlink-Target': '{k}/{n1}' }, body: 'empty' }),
      owner('COPY', '/{k}/{n0}', { headers: { Destination: '{k}/copy' } }),
      owner('PUT', '/{p}/{n2}', { body: 'one' }),
      owner('COPY', '/{k}/{n0}', { headers: { Destination: '{k}/copy' } }),
      owner('PUT', '/{k}/copy', { headers: { 'X-Copy-From': '/{k}/{n0}' } }),
      owner('PUT', '/{k}/copy?version-id={i:k:0:0}', { headers: { 'X-Copy-From': '/{k}/{n0}' } }),
      owner('COPY', '/{k}/{n0}', {
        headers: { Destination: '{u}/copy', 'Destination-Account': '{test2}' },
      }),
      owner('GET', '/{k}/copy'),
      owner('GET', '/{k}?versions'),
    ],
  },
  {
    names,
    steps: [
      owner('POST', '/{t}', { headers: { 'X-Versions-Enabled': 'false' } }),
      owner('PUT', '/{t}/{n0}', { body: 'one' }),
      owner('HEAD', '/{t}/{n0}'),
      owner('HEAD', '/{t}/{n0}?version-id=1234567890.00000'),
      owner('PUT', '/{t}/{n0}?version-id=1234567890.00000', {
        headers: { 'X-Copy-From': '/{t}/{n0}' },
      }),
      owner('GET', '/{t}?versions'),
      owner('POST', '/{t}', { headers: { 'X-Versions-Enabled': 'true' } }),
      owner('PUT', '/{t}/{n0}', { body: 'two', headers: { 'If-None-Match': '*' } }),
      owner('GET', '/{t}?versions'),
      owner('PUT', '/{t}/{n0}', { body: 'two' }),
      owner('GET', '/{t}?versions'),
    ],
  },
  {
    names,
    steps: [
      owner('POST', '/{k}', { user: 'tester3', headers: { 'X-Versions-Enabled': 'true' } }),
      owner('POST', '/{k}', { headers: { 'X-History-Location': '{x}' } }),
      owner('DELETE', '/{k}/{n0}'),
      owner('PUT', '/{k}/{n0}', { body: 'one' }),
      owner('PUT', '/{k}/{n0}', { body: 'two', headers: { 'If-None-Match': '*' } }),
      owner('GET', '/{k}?versions'),
    ],
  },
  {
    names: ['%252F', 'foo', 'foo'],
    steps: [
      owner('PUT', '/{k}/{n0}', {
        body: 'one',
        headers: { 'Content-Type': 'text/html; charset=UTF-8' },
      }),
      owner('GET', '/{k}?format=xml'),
      owner('COPY', '/{k}/{n0}?version-id=', { headers: { Destination: '{k}/foo' } }),
      owner('PUT', '/{t}/foo', { body: 'empty', headers: { 'X-Symlink-Target': '{k}/foo' } }),
      owner('GET', '/{t}/foo?version-id=null'),
      owner('PUT', '/{k}/foo?version-id=null', { headers: { 'X-Copy-From': '/{t}/foo' } }),
      owner('DELETE', '/{k}/{n0}?version-id={i:k:0:0}'),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{k}/one', { body: 'empty', headers: { 'X-Symlink-Target': '{p}/{n0}' } }),
      owner('PUT', '/{k}/two', { body: 'empty', headers: { 'X-Symlink-Target': '{k}/one' } }),
      owner('HEAD', '/{k}/two'),
      owner('GET', '/{k}/two'),
    ],
  },
  {
    names,
    steps: [
      owner('POST', '/{t}', { headers: { 'X-Versions-Enabled': 'false' } }),
      owner('PUT', '/{t}/{n0}', { body: 'one' }),
      owner('POST', '/{t}', { headers: { 'X-Versions-Location': '{x}' } }),
      owner('PUT', '/{t}/{n0}', {
        body: 'two',
        headers: { ETag: 'd41d8cd98f00b204e9800998ecf8427f' },
      }),
      owner('PUT', '/{t}/{n0}?version-id=junk'),
      owner('DELETE', '/{t}/{n0}'),
      owner('GET', '/{t}/{n0}'),
    ],
  },
  {
    names,
    steps: [
      owner('DELETE', '/{k}/{n0}?version-id=1234567890'),
      owner('PUT', '/{k}/{n0}?version-id=', { headers: { 'X-Copy-From': '/{k}/{n0}' } }),
      owner('GET', '/{k}?versions&marker={n0}&version_marker='),
      owner('PUT', '/{k}/{n0}', { body: 'one' }),
      owner('DELETE', '/{k}/{n0}'),
      owner('GET', '/{k}/{n0}?version-id={i:k:0:0}', { headers: { Range: 'bytes=0-1' } }),
      owner('PUT', '/{k}/{n0}?version-id={i:k:0:1}'),
      owner('GET', '/{k}?versions'),
      owner('POST', '/{k}', { headers: { 'X-Versions-Enabled': 'false' } }),
      owner('PUT', '/{k}/slo?multipart-manifest=put', { body: 'slo2' }),
      owner('GET', '/{k}?versions'),
      owner('COPY', '/{k}/slo?version-id=null', { headers: { Destination: '{t}/{n0}' } }),
    ],
  },
  {
    names,
    steps: [
      owner('PUT', '/{s}', { headers: { 'X-History-Location': '{s}' } }),
      owner('PUT', '/{s}/foo', { body: 'one' }),
      owner('PUT', '/{s}/foo', { headers: { 'X-Copy-From': '{p}/absent' } }),
      owner('PUT', '/{s}/foo', { body: 'two' }),
      owner('DELETE', '/{s}/foo'),
      owner('GET', '/{s}'),
    ],
  },
];
