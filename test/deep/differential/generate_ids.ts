import fc from 'fast-check';
import { name, pick, users, weighted, withHeaders } from './generate_parts';
import { ROLES } from './places';
import { SEGMENTS, type Step } from './steps';

/** Containers whose versions have ids: enabled, suspended, and in the other account. */
const withIds = weighted([
  [8, fc.constant('k')],
  [3, fc.constant('t')],
  [1, fc.constant('u')],
]);

const anywhere = weighted([
  [6, withIds],
  [2, pick(['p', 's', 'h', 'm'])],
]);

/** A version of an object by its rank, or an id that does not exist. */
const versionId = (at: string, of: string) =>
  weighted([
    [8, fc.nat(3).map((rank) => `{i:${at}:${of.slice(2, 3)}:${rank}}`)],
    [2, fc.constant('null')],
    [1, pick(['1234567890.00000', 'junk', '', '1234567890', '{i:k:2:0}'])],
  ]);

const metadata = withHeaders({
  'Content-Type': ['text/plain', 'a/b;c="d e"', 'text/html; charset=UTF-8'],
  'X-Object-Meta-Colour': ['red', '', '%25ff'],
  'Content-Encoding': ['gzip'],
  'X-Delete-At': ['4102444800'],
});

const refused = pick<Readonly<Record<string, string>>>([
  { 'If-None-Match': '*' },
  { ETag: 'd41d8cd98f00b204e9800998ecf8427f' },
  { 'X-Object-Meta-Long': 'v'.repeat(257) },
]);

const body = weighted([
  [6, pick(['one', 'two', 'utf8'] as const)],
  [1, pick(['empty', 'large'] as const)],
]);

/** The target of a step. */
const target = fc.record({ user: users, at: withIds, of: name }).map(({ user, at, of }) => ({
  at,
  of,
  user,
  account: ROLES[at]!.account,
  path: `/{${at}}/${of}`,
}));

type Target = typeof target extends fc.Arbitrary<infer T> ? T : never;

const on = (
  make: (target: Target, step: Pick<Step, 'user' | 'account' | 'path'>) => fc.Arbitrary<Step>,
) =>
  target.chain((base) => {
    const { user, account, path } = base;
    return make(base, { user, account, path });
  });

const put = on((_, step) =>
  fc.record({ headers: metadata, body }).map((more) => ({ ...step, ...more, method: 'PUT' })),
);
const putRefused = on((_, step) =>
  fc.record({ headers: refused, body }).map((more) => ({ ...step, ...more, method: 'PUT' })),
);
const post = on((_, step) => metadata.map((headers) => ({ ...step, headers, method: 'POST' })));
const remove = on((_, step) => fc.constant({ ...step, method: 'DELETE' }));
const look = on((_, step) =>
  fc
    .record({
      method: pick(['GET', 'HEAD']),
      query: pick(['', '', '', '?symlink=get', '?multipart-manifest=get']),
      headers: withHeaders({ Range: ['bytes=0-1', 'bytes=999-'], 'If-Match': ['*', 'abc'] }),
    })
    .map(({ method, query, headers }) => ({ ...step, method, headers, path: step.path + query })),
);

const byId = on(({ at, of }, step) =>
  fc
    .record({
      id: versionId(at, of),
      method: weighted([
        [4, pick(['GET', 'HEAD'])],
        [4, fc.constant('DELETE')],
        [3, fc.constant('PUT')],
        [0.5, fc.constant('POST')],
      ]),
      headers: withHeaders({ Range: ['bytes=0-1'], 'X-Object-Meta-Colour': ['blue'] }),
      more: pick(['', '', '', '&symlink=get', '&multipart-manifest=get']),
    })
    .map(({ id, method, headers, more }) => ({
      ...step,
      method,
      // Swift returns a link of its own for the null version
      path: `${step.path}?version-id=${id}${/^(GET|HEAD)$/.test(method) && id !== 'null' ? more : ''}`,
      ...(method === 'DELETE' ? {} : { headers }),
    })),
);

const copy = on(({ at, of }, step) =>
  fc
    .record({
      to: anywhere,
      name,
      id: weighted<string | undefined>([
        [1, fc.constant(undefined)],
        [1, versionId(at, of)],
      ]),
      asPut: fc.boolean(),
      headers: withHeaders({ 'X-Fresh-Metadata': ['true'], 'X-Object-Meta-Copied': ['yes'] }),
    })
    .map(({ to, name, id, asPut, headers }): Step => {
      const account = ROLES[to]!.account;
      const query = id === undefined ? '' : `?version-id=${id}`;
      const foreign = account !== step.account;
      if (asPut) {
        const from = {
          'X-Copy-From': step.path,
          ...(foreign && { 'X-Copy-From-Account': `{${step.account}}` }),
        };
        return {
          user: step.user,
          account,
          path: `/{${to}}/${name}${query}`,
          method: 'PUT',
          headers: { ...headers, ...from },
        };
      }
      const destination = {
        Destination: `{${to}}/${name}`,
        ...(foreign && { 'Destination-Account': `{${account}}` }),
      };
      return {
        ...step,
        path: step.path + query,
        method: 'COPY',
        headers: { ...headers, ...destination },
      };
    }),
);

const special = on((_, step) =>
  pick<Partial<Step>>([
    {
      path: `${step.path}?multipart-manifest=put`,
      body: 'slo2',
      headers: { 'Content-Type': 'text/slo' },
    },
    { path: `${step.path}?multipart-manifest=put`, body: 'sloBad' },
    {
      body: 'empty',
      headers: { 'X-Object-Manifest': `${SEGMENTS}/seg/`, 'Content-Type': 'text/dlo' },
    },
    { body: 'empty', headers: { 'X-Symlink-Target': `${SEGMENTS}/seg/1` } },
    { body: 'empty', headers: { 'X-Symlink-Target': '{p}/{n0}' } },
    { body: 'empty', headers: { 'X-Symlink-Target': '{k}/{n1}' } },
  ]).map((more) => ({ ...step, method: 'PUT', ...more })),
);

const LISTINGS = [
  '',
  '?format=json',
  '?format=xml',
  '?versions',
  '?versions',
  '?versions&format=json',
  '?versions&format=xml',
  '?versions&limit=1',
  '?versions&limit=2',
  '?versions&prefix={n0}',
  '?versions&delimiter=/',
  '?versions&delimiter=oo',
  '?versions&delimiter=1',
  '?versions&marker={n0}',
  '?versions&marker=f&limit=2',
  '?versions&limit=10001',
  '?versions&version_marker=null',
];

const listing = on(({ at }, { user, account }) =>
  fc
    .oneof(
      { weight: 4, arbitrary: pick(LISTINGS) },
      {
        weight: 2,
        arbitrary: fc
          .record({ id: versionId(at, '{n0}'), more: pick(['', '&limit=1', '&limit=2']) })
          .map(({ id, more }) => `?versions&marker={n0}&version_marker=${id}${more}`),
      },
    )
    .map((query) => ({ user, account, method: 'GET', path: `/{${at}}${query}` })),
);

const setting: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    at: weighted([
      [6, pick(['k', 't', 'u'])],
      [1, pick(['p', 's', 'm'])],
    ]),
    method: pick(['POST', 'POST', 'PUT']),
    value: pick(['true', 'false', 'True', 'yes', '0', '', 'junk']),
  })
  .map(({ user, at, method, value }) => ({
    user,
    method,
    account: ROLES[at]!.account,
    path: `/{${at}}`,
    headers: { 'X-Versions-Enabled': value },
  }));

const containerStep = on(({ at }, { user, account }) =>
  pick<Pick<Step, 'method' | 'headers'>>([
    { method: 'HEAD' },
    { method: 'HEAD' },
    { method: 'PUT' },
    { method: 'POST', headers: { 'X-Container-Meta-Colour': 'blue' } },
    { method: 'POST', headers: { 'X-Container-Read': '' } },
    { method: 'POST', headers: { 'X-Container-Read': 'test2:tester2' } },
    { method: 'POST', headers: { 'X-Versions-Location': '{x}' } },
  ]).map((more) => ({ user, account, path: `/{${at}}`, ...more })),
);

/**
 * Makes several versions of an object, restores one, removes one, and reads the result.
 */
export const restoring: fc.Arbitrary<readonly Step[]> = fc
  .record({
    at: weighted([
      [3, fc.constant('k')],
      [1, fc.constant('t')],
    ]),
    before: fc.array(
      weighted<'PUT' | 'DELETE'>([
        [4, fc.constant('PUT')],
        [1, fc.constant('DELETE')],
      ]),
      {
        minLength: 2,
        maxLength: 4,
      },
    ),
    restored: fc.nat(3),
    removed: fc.nat(3),
    query: pick(['?versions', '?versions&format=json']),
  })
  .map(({ at, before, restored, removed, query }) => {
    const step = { user: 'tester', account: ROLES[at]!.account, path: `/{${at}}/{n0}` } as const;
    const ofRank = (rank: number) => ({
      ...step,
      path: `${step.path}?version-id={i:${at}:0:${rank}}`,
    });
    return [
      ...before.map((method): Step => ({
        ...step,
        method,
        ...(method === 'PUT' && { body: 'one' }),
      })),
      { ...ofRank(restored), method: 'PUT' },
      { ...ofRank(removed), method: 'DELETE' },
      { ...step, method: 'GET' },
      { ...step, method: 'GET', path: `/{${at}}${query}` },
    ];
  });

/** Steps that concern versions with ids. */
export const idStep: fc.Arbitrary<Step> = weighted([
  [20, put],
  [2, putRefused],
  [4, post],
  [10, remove],
  [8, look],
  [14, byId],
  [6, copy],
  [5, special],
  [10, listing],
  [4, setting],
  [3, containerStep],
]);
