import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { pick, weighted, withHeaders } from './generate_parts';
import { ROLES } from './places';
import { BODIES, headerText, type BodyName, type SegmentSpec, type Step, type User } from './steps';

/*
 * What a store has to answer by itself, tried in containers without versions: the
 * workshops w and v, one in each account. Their large objects name no segments outside,
 * so that these can be deleted with their segments.
 */

type Fields = Readonly<Record<string, string>>;

const users: fc.Arbitrary<User> = weighted<User>([
  [10, fc.constant('tester')],
  [2, fc.constant('tester2')],
  [1, pick(['tester3', 'admin', 'anonymous'])],
  [0.5, fc.constant('badtoken')],
]);

const at = weighted([
  [4, fc.constant('w')],
  [1, fc.constant('v')],
]);

/** Objects in folders, so that delimiters and prefixes match, each with its own body. */
const FOLDERS: Readonly<Record<string, BodyName>> = {
  'd/1': 'one',
  'd/2': 'two',
  'd/e/3': 'utf8',
  'd-x': 'empty',
  e: 'binary',
};

/**
 * The segments of dynamic large objects, all plain: Swift mishandles nested manifests.
 */
const SEGMENTS_OF_DLO: Readonly<Record<string, BodyName>> = {
  'f/1': 'one',
  'f/2': 'two',
  'f/3': 'large',
};

const name = weighted<string>([
  [5, fc.constant('{n0}')],
  [3, fc.constant('{n1}')],
  [1, fc.constant('{n2}')],
  [4, pick(Object.keys(FOLDERS))],
]);

/** A step that addresses an object of a workshop. */
function at_(method: string, more: fc.Arbitrary<Partial<Step>>, queries: readonly string[] = ['']) {
  return fc
    .record({ user: users, role: at, name, query: pick(queries), more })
    .map(({ user, role, name, query, more }): Step => ({
      user,
      method,
      account: ROLES[role]!.account,
      path: `/{${role}}/${name}${query}`,
      ...more,
    }));
}

const md5 = (body: BodyName) => createHash('md5').update(BODIES[body]).digest('hex');

const many = (count: number, length: number): Fields =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`X-Object-Meta-N${i}`, 'v'.repeat(length)]),
  );

/** Metadata at its limits and beyond them. */
const limits = pick<Fields>([
  { ['X-Object-Meta-' + 'n'.repeat(128)]: 'v' },
  { ['X-Object-Meta-' + 'n'.repeat(129)]: 'v' },
  { 'X-Object-Meta-': 'v' },
  { 'X-Object-Meta-Long': 'v'.repeat(256) },
  { 'X-Object-Meta-Long': 'v'.repeat(257) },
  { 'X-Other': 'v'.repeat(8000) },
  { 'X-Object-Meta-Bytes': '\xff\xfe' },
  many(91, 1),
  many(17, 250),
  { 'Content-Type': '' },
  { 'Content-Type': 'text/plain; swift_bytes=3' },
  { 'Content-Type': 'text/plain;swift_other=3' },
  { 'Content-Type': 'x' },
  { 'Content-Type': 'text/plain; charset=utf-8;  a="b;c" ; d' },
  { 'X-Delete-At': '' },
  { 'X-Delete-At': '-1' },
  { 'X-Delete-At': '1' },
  { 'X-Delete-At': '4102444800.5' },
  { 'X-Delete-At': '41024448000' },
  { 'X-Delete-After': '' },
  { 'X-Delete-After': '0' },
  { 'X-Delete-After': '-1' },
  { 'X-Delete-After': 'soon' },
  { 'X-Delete-After': '10', 'X-Delete-At': '4102444800' },
  { 'X-Static-Large-Object': 'true' },
  { 'X-Object-Sysmeta-A': 'b' },
  { 'X-Object-Transient-Sysmeta-A': 'b' },
  { 'X-Backend-Timestamp': '1' },
  { 'X-Timestamp': '1' },
]);

const metadata = withHeaders({
  'Content-Type': ['text/plain', 'a/b;c="d e"'],
  'X-Object-Meta-Colour': ['red', '', headerText('grün ☃'), ' padded '],
  x_object_meta_under_score: ['1'],
  'Content-Encoding': ['gzip', ''],
  'Content-Disposition': ['attachment; filename="a b.txt"'],
  'Content-Language': ['de'],
  'Cache-Control': ['no-cache'],
  Expires: ['Thu, 01 Jan 1970 00:00:00 GMT'],
  'X-Robots-Tag': ['none'],
  'X-Delete-At': ['4102444800'],
  'X-Detect-Content-Type': ['true', 'no'],
  Origin: ['http://a.example'],
});

const putConditions = withHeaders({
  'If-None-Match': ['*', '"x"', '*, "x"'],
  'If-Match': ['*', '"x"'],
  ETag: [md5('one'), `"${md5('one')}"`, 'x', ''],
  'X-Object-Manifest': ['{w}/f/', '{w}/f', '{v}/f/', '{w}', '{w}/', '/{w}/f', '{w}/f?x', ''],
});

const bodyName = pick(['one', 'two', 'utf8', 'empty', 'binary', 'large'] as const);

/**
 * More of it, or a longer name, exceeds what the lab's file system takes, which makes its
 * Swift unavailable for a minute.
 */
const plenty: fc.Arbitrary<Step> = fc.constant({
  user: 'tester',
  method: 'PUT',
  account: 'test',
  path: '/{w}/e',
  headers: many(40, 1),
  body: 'binary',
});

const put = weighted([
  [0.5, plenty],
  [6, at_('PUT', fc.record({ headers: metadata, body: bodyName }))],
  [3, at_('PUT', fc.record({ headers: limits, body: bodyName }))],
  [3, at_('PUT', fc.record({ headers: putConditions, body: pick(['one', 'empty'] as const) }))],
  [
    4,
    fc
      .record({
        role: at,
        of: pick([...Object.entries(FOLDERS), ...Object.entries(SEGMENTS_OF_DLO)]),
      })
      .map(({ role, of: [of, body] }): Step => ({
        user: role === 'w' ? 'tester' : 'tester2',
        method: 'PUT',
        account: ROLES[role]!.account,
        path: `/{${role}}/${of}`,
        body,
      })),
  ],
]);

const post = weighted([
  [3, at_('POST', fc.record({ headers: metadata }))],
  [
    1,
    at_(
      'POST',
      fc.record({
        headers: weighted<Fields>([
          [2, limits],
          [
            1,
            pick<Fields>([
              { 'X-Remove-Object-Meta-Colour': 'x' },
              { 'X-Symlink-Target': '{w}/e' },
              { 'X-Object-Manifest': '{w}/f/' },
              { 'X-Remove-Delete-At': 'x' },
            ]),
          ],
        ]),
      }),
    ),
  ],
]);

const RANGES = [
  'bytes=0-3',
  'bytes=-2',
  'bytes=3-',
  'bytes=0-0',
  'bytes=-0',
  'bytes=-999999',
  'bytes=999999-',
  'bytes=2-1',
  'bytes=x',
  'bytes=',
  'octets=0-1',
  'bytes=0-0,2-3',
  'bytes=0-0,-1',
  'bytes=0-3,1-4',
  'bytes=0-3,1-4,2-5,3-6',
  'bytes=5-6,3-4,1-2',
  'bytes=0-1,999999-',
  'bytes=999998-,999999-',
  'bytes = 0 - 1',
  'bytes=0-1, 1-2',
  Array.from({ length: 51 }, (_, i) => `${i * 2}-${i * 2}`)
    .join(',')
    .replace(/^/, 'bytes='),
];

const PAST = 'Thu, 01 Jan 2015 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2038 00:00:00 GMT';
const TAGS = ['*', md5('one'), `"${md5('two')}"`, `"x", "${md5('one')}"`, `W/"${md5('one')}"`, ''];

const conditions = withHeaders({
  Range: RANGES,
  'If-Match': TAGS,
  'If-None-Match': TAGS,
  'If-Modified-Since': [PAST, FUTURE, 'x', '0'],
  'If-Unmodified-Since': [PAST, FUTURE, 'x'],
  'If-Range': [`"${md5('one')}"`],
  'X-Newest': ['true'],
  Origin: ['http://a.example', 'http://b.example'],
});

const VIEWS = [
  '',
  '',
  '',
  '?multipart-manifest=get',
  '?multipart-manifest=get&format=raw',
  '?symlink=get',
  '?multipart-manifest=get&symlink=get',
  '?part-number=1',
  '?part-number=2',
  '?part-number=0',
  '?part-number=x',
  '?ignored=%ff',
  '?format=json',
];

const look = weighted([
  [2, at_('GET', fc.record({ headers: conditions }), VIEWS)],
  [1, at_('GET', pick(RANGES.map((Range) => ({ headers: { Range } }))), VIEWS)],
  [1, at_('HEAD', fc.record({ headers: conditions }), VIEWS)],
]);

const remove = at_(
  'DELETE',
  weighted<Partial<Step>>([
    [4, fc.constant({})],
    [1, pick([{ headers: { 'X-If-Delete-At': '1' } }, { headers: { 'X-If-Delete-At': 'x' } }])],
  ]),
  ['', '', '', '?symlink=get', '?multipart-manifest=delete', '?multipart-manifest=get'],
);

// a copy of several ranges contains the boundary between them, which is random
const ONE_RANGE = RANGES.filter((range) => !range.includes(','));

const copyHeaders = fc
  .tuple(
    withHeaders({
      'X-Fresh-Metadata': ['true', 'false'],
      'X-Object-Meta-Copied': ['yes', headerText('é')],
      'Content-Type': ['text/copied'],
      'X-Delete-At': ['4102444801'],
      'Content-Encoding': ['br'],
    }),
    withHeaders({
      Range: ONE_RANGE,
      'If-Match': TAGS,
      'If-None-Match': TAGS,
      'If-Modified-Since': [PAST, FUTURE],
      'If-Unmodified-Since': [PAST, FUTURE],
      ETag: [md5('one'), 'x'],
      'X-Object-Manifest': ['{w}/f/'],
      Origin: ['http://a.example'],
    }),
  )
  .map(([metadata, conditions]) => ({ ...metadata, ...conditions }));

const COPY_VIEWS = [
  '',
  '',
  '',
  '?multipart-manifest=get',
  '?symlink=get',
  '?multipart-manifest=get&symlink=get',
  '?multipart-manifest=put',
];

const account = (role: string) => ROLES[role]!.account;

const copy = fc
  .record({
    user: users,
    from: at,
    source: name,
    to: at,
    name,
    headers: copyHeaders,
    query: pick(COPY_VIEWS),
    spelling: pick(['COPY', 'PUT']),
    slash: pick(['', '/']),
    body: pick([undefined, undefined, undefined, 'one'] as const),
  })
  .map(({ user, from, source, to, name, headers, query, spelling, slash, body }): Step => {
    const isCopy = spelling === 'COPY';
    const other = account(from) !== account(to);
    const [here, there] = isCopy ? [from, to] : [to, from];
    const [objectName, path] = isCopy ? [source, `{${to}}/${name}`] : [name, `{${from}}/${source}`];
    const [header, accountHeader] = isCopy
      ? ['Destination', 'Destination-Account']
      : ['X-Copy-From', 'X-Copy-From-Account'];
    // Swift applies a manifest's ranges to the stored parts, not to those it presents
    const { Range, ...whole } = headers;
    const ranged =
      Range === undefined || query.includes('multipart-manifest=get') ? whole : headers;
    return {
      user,
      method: spelling,
      account: account(here),
      path: `/{${here}}/${objectName}${query}`,
      headers: {
        ...ranged,
        [header]: slash + path,
        ...(other && { [accountHeader]: `{${account(there)}}` }),
      },
      ...(body && !isCopy && { body }),
    };
  });

const segment: fc.Arbitrary<SegmentSpec> = weighted<SegmentSpec>([
  [3, pick(Object.keys(FOLDERS).map((each) => ({ path: `/{w}/${each}` })))],
  [2, pick([{ path: '/{w}/{n1}' }, { path: '/{w}/{n0}' }])],
  [
    2,
    pick<SegmentSpec>([
      { path: '/{w}/d/1', etag: md5('one'), size_bytes: 1 },
      { path: '/{w}/d/2', etag: md5('two'), size_bytes: BODIES.two.length },
      { path: '/{w}/d/2', range: '0-3' },
      { path: '/{w}/d/2', range: '-3' },
      { path: '/{w}/d/2', range: '4-' },
      { path: '/{w}/{n1}', range: '0-0' },
      { path: '/{w}/d/1', etag: null, size_bytes: null },
    ]),
  ],
  [1, pick<SegmentSpec>([{ data: 'aGVsbG8=' }, { data: 'aGVsbG8=' }, { data: '' }, { data: '!' }])],
  [
    0.5,
    pick<SegmentSpec>([
      { path: '/{w}/d/1', etag: md5('two') },
      { path: '/{w}/d/1', size_bytes: 2 },
      { path: '/{w}/d/1', size_bytes: 'x' },
      { path: '/{w}/d/2', range: '99-' },
      { path: '/{w}/d/2', range: '3-1' },
      { path: '/{w}/d/2', range: 'x' },
      { path: '/{w}/d/1', other: 1 },
      { path: '{w}' },
      { path: 1 },
      { path: '/{w}/missing' },
      { path: '/{m}/missing' },
      {},
    ]),
  ],
]);

const sloHeaders = withHeaders({
  'Content-Type': ['text/slo'],
  'X-Object-Meta-Kind': ['slo'],
  ETag: ['x'],
  'If-None-Match': ['*'],
  'X-Delete-At': ['4102444800'],
});

const slo = at_(
  'PUT',
  fc.record({
    headers: sloHeaders,
    segments: fc.array(segment, { minLength: 0, maxLength: 4, size: 'max' }),
  }),
  ['?multipart-manifest=put', '?multipart-manifest=put', '?multipart-manifest=put&heartbeat=on'],
).map((step): Step => ({ ...step, account: 'test', path: step.path.replace('{v}', '{w}') }));

const link = at_(
  'PUT',
  fc.record({
    headers: fc
      .tuple(
        weighted<Fields>([
          [3, fc.tuple(at, name).map(([to, of]) => ({ 'X-Symlink-Target': `{${to}}/${of}` }))],
          [
            2,
            pick<Fields>([
              { 'X-Symlink-Target': '{w}/d/1', 'X-Symlink-Target-Etag': md5('one') },
              { 'X-Symlink-Target': '{w}/d/2', 'X-Symlink-Target-Etag': `"${md5('two')}"` },
              { 'X-Symlink-Target': '{v}/d/1', 'X-Symlink-Target-Account': '{test2}' },
              {
                'X-Symlink-Target': '{v}/d/2',
                'X-Symlink-Target-Account': '{test2}',
                'X-Symlink-Target-Etag': md5('two'),
              },
            ]),
          ],
          [
            1,
            pick<Fields>([
              { 'X-Symlink-Target': '{w}/d/1', 'X-Symlink-Target-Etag': 'x' },
              { 'X-Symlink-Target': '{w}/d/1', 'X-Symlink-Target-Etag': '"' },
              { 'X-Symlink-Target': '/{w}/d/1' },
              { 'X-Symlink-Target': '{w}' },
              { 'X-Symlink-Target': '{w}/' },
              { 'X-Symlink-Target': '' },
              { 'X-Symlink-Target': '{w}/d/1', 'X-Symlink-Target-Account': 'a/b' },
              { 'X-Symlink-Target': '{w}/d/1', 'X-Symlink-Target-Account': '' },
              { 'X-Symlink-Target-Etag': 'x' },
            ]),
          ],
        ]),
        withHeaders({ 'Content-Type': ['application/symlink'], 'X-Object-Meta-Kind': ['link'] }),
      )
      .map(([own, more]) => ({ ...own, ...more })),
    body: pick(['empty', 'empty', 'empty', 'empty', 'one'] as const),
  }),
);

/** Everything that is done to objects without versions. */
export const workshopStep: fc.Arbitrary<Step> = weighted([
  [8, put],
  [3, post],
  [8, look],
  [3, remove],
  [6, copy],
  [5, slo],
  [3, link],
]);
