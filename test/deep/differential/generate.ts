import fc from 'fast-check';
import type { CampaignOptions } from './campaign';
import { NAMES, ROLES } from './places';
import { containerStep, settingStep } from './generate_containers';
import { largeObjectStep, symlinkStep } from './generate_special';
import { idStep, restoring } from './generate_ids';
import { listingStep } from './generate_listings';
import { workshopStep } from './generate_workshop';
import {
  archiveEntry,
  container,
  name,
  pick,
  users,
  weighted,
  withHeaders,
} from './generate_parts';
import { headerText, type Sequence, type Step, type User } from './steps';

const metadata = withHeaders({
  'Content-Type': ['text/plain', 'application/x-www-form-urlencoded; charset=utf-8', 'a/b;c="d e"'],
  'X-Object-Meta-Colour': ['red', '', headerText('grün ☃'), '%25ff', ' padded '],
  'X-Object-Meta-Second_Name': ['1'],
  'Content-Encoding': ['gzip'],
  'Content-Disposition': ['attachment; filename="a b.txt"', headerText('inline; filename=é')],
  'X-Delete-At': ['4102444800', '4102444801'],
  'X-Delete-After': ['900000000'],
});

/** Swift refuses these after archiving; the runner then removes the archive entry. */
const refusedWrite = pick<Readonly<Record<string, string>>>([
  { 'If-None-Match': '*' },
  { 'If-None-Match': 'abc' },
  { ETag: 'd41d8cd98f00b204e9800998ecf8427f' },
  { 'X-Delete-At': '1' },
  { 'X-Delete-At': 'never' },
  { ['X-Object-Meta-' + 'n'.repeat(129)]: 'v' },
  { 'X-Object-Meta-Long': 'v'.repeat(257) },
  { 'X-Timestamp': 'junk' },
]);

const body = weighted([
  [4, pick(['one', 'two', 'utf8'] as const)],
  [1, pick(['empty', 'binary'] as const)],
  [1, pick(['large', 'larger'] as const)],
]);

const framing = weighted([
  [10, fc.constant(undefined)],
  [2, fc.constant('chunked' as const)],
  [1, fc.constant('expect' as const)],
  [0.5, fc.constant('none' as const)],
]);

function objectStep(
  method: string,
  more: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  queries: readonly string[] = [''],
): fc.Arbitrary<Step> {
  return fc
    .record({ user: users, at: container, of: name, query: pick(queries), more: fc.record(more) })
    .map(({ user, at, of, query, more }) => ({
      user,
      method,
      account: ROLES[at]!.account,
      path: `/{${at}}/${of}${query}`,
      ...(Object.fromEntries(
        Object.entries(more).filter(([, value]) => value !== undefined),
      ) as Partial<Step>),
    }));
}

const put = objectStep('PUT', { headers: metadata, body, framing });
const putRefused = objectStep('PUT', { headers: refusedWrite, body });
const post = objectStep('POST', { headers: metadata });
const remove = objectStep('DELETE', {}, ['', '', '', '?symlink=get', '?ignored=1']);
const look = weighted([
  [2, objectStep('GET', {})],
  [1, objectStep('HEAD', {})],
  [1, objectStep('GET', {}, ['?multipart-manifest=get', '?symlink=get'])],
  [
    1,
    objectStep('GET', {
      headers: withHeaders({
        Range: ['bytes=0-3', 'bytes=-2', 'bytes=3-', 'bytes=999999-', 'bytes=x'],
        'If-None-Match': ['*', '"c4ca4238a0b923820dcc509a6f75849b"'],
        'If-Match': ['*', 'abc'],
      }),
    }),
  ],
]);

const fresh = withHeaders({
  'X-Fresh-Metadata': ['true'],
  'X-Object-Meta-Copied': ['yes', headerText('é')],
  'Content-Type': ['text/copied'],
  'X-Copy-Newest': ['true'],
});

/** The source of a copy: mostly an object, or a version. */
const source = weighted([
  [4, fc.tuple(container, name).map(([at, of]) => ({ at, of }))],
  [3, archiveEntry],
]);

const account = (at: string) => ROLES[at]!.account;
const copyQuery = pick(['', '', '', '?multipart-manifest=get', '?symlink=get']);

const copied = fc.record({
  user: users,
  from: source,
  at: container,
  of: name,
  headers: fresh,
  query: copyQuery,
  slash: pick(['', '/']),
});

const copy: fc.Arbitrary<Step> = copied.map(({ user, from, at, of, headers, query, slash }) => ({
  user,
  method: 'COPY',
  account: account(from.at),
  path: `/{${from.at}}/${from.of}${query}`,
  headers: {
    ...headers,
    Destination: `${slash}{${at}}/${of}`,
    ...(account(at) !== account(from.at) && { 'Destination-Account': `{${account(at)}}` }),
  },
}));

const putCopy: fc.Arbitrary<Step> = copied.map(({ user, from, at, of, headers, query, slash }) => ({
  user,
  method: 'PUT',
  account: account(at),
  path: `/{${at}}/${of}${query}`,
  headers: {
    ...headers,
    'X-Copy-From': `${slash}{${from.at}}/${from.of}`,
    ...(account(at) !== account(from.at) && { 'X-Copy-From-Account': `{${account(from.at)}}` }),
  },
}));

const malformedCopy: fc.Arbitrary<Step> = objectStep('COPY', {
  headers: pick<Readonly<Record<string, string>>>([
    {},
    { Destination: '{s}' },
    { Destination: '/{s}/' },
    { Destination: '{s}/{n0}?x=y' },
    { Destination: '{s}/{n0}', 'Destination-Account': 'a/b' },
    { Destination: '{s}/{n0}', 'X-Copy-From': '{p}/{n0}' },
  ]),
});

/** What an owner may do with an archive: read it, write to it, delete from it. */
const archiveStep: fc.Arbitrary<Step> = fc
  .record({
    user: weighted<User>([
      [12, fc.constant('tester')],
      [1, users],
    ]),
    entry: archiveEntry,
    junk: pick([
      '{a:0}9999999999.99999',
      '{a:0}0000000001.00000',
      '{a:1}junk',
      '{a:0}5/6',
      '{a:0}',
    ]),
    what: pick([
      'get',
      'head',
      'delete',
      'put',
      'putJunk',
      'deleteJunk',
      'mark',
      'unmark',
      'putMarker',
    ]),
    body,
  })
  .map(({ user, entry, junk, what, body }): Step => {
    const at = { user, account: account(entry.at), path: `/{${entry.at}}/${entry.of}` };
    const marker = { 'Content-Type': 'application/x-deleted;swift_versions_deleted=1' };
    switch (what) {
      case 'get':
        return { ...at, method: 'GET' };
      case 'head':
        return { ...at, method: 'HEAD' };
      case 'delete':
        return { ...at, method: 'DELETE' };
      case 'put':
        return { ...at, method: 'PUT', body };
      case 'putJunk':
        return { ...at, path: `/{${entry.at}}/${junk}`, method: 'PUT', body };
      case 'deleteJunk':
        return { ...at, path: `/{${entry.at}}/${junk}`, method: 'DELETE' };
      case 'mark':
        return { ...at, method: 'POST', headers: marker };
      case 'unmark':
        return { ...at, method: 'POST', headers: { 'Content-Type': 'text/unmarked' } };
      default:
        return { ...at, path: `/{${entry.at}}/${junk}`, method: 'PUT', headers: marker };
    }
  });

/** Steps that concern versions. */
const versionStep: fc.Arbitrary<Step> = weighted([
  [24, put],
  [2, putRefused],
  [4, post],
  [16, remove],
  [10, look],
  [6, copy],
  [5, putCopy],
  [1, malformedCopy],
  [6, archiveStep],
  [6, settingStep],
  [5, containerStep],
  [6, largeObjectStep],
  [4, symlinkStep],
]);

const objectName = weighted([
  [1, fc.constant('foo')],
  [3, pick(NAMES)],
]);

/**
 * Keeps only the first of several long names. A link between two of them exceeds what the
 * lab's file system takes as an object's metadata, which makes its Swift unavailable for
 * a minute.
 */
function oneLong(names: Sequence['names']): Sequence['names'] {
  const first = names.findIndex(isLong);
  const nameAt = (at: 0 | 1 | 2) => (isLong(names[at]) && at !== first ? 'foo' : names[at]);
  return [nameAt(0), nameAt(1), nameAt(2)];
}

/**
 * Removes all long names and invalid names: the link to a version contains the name too,
 * so one long name already exceeds the limit.
 */
function noneLong([first, second, third]: Sequence['names']): Sequence['names'] {
  const shortName = (name: string) => (isLong(name) || /%ff|%00/.test(name) ? 'foo' : name);
  return [shortName(first), shortName(second), shortName(third)];
}

function isLong(name: string): boolean {
  return name.length > 500;
}

/**
 * Sequences of up to `longest` steps, their lengths uniformly distributed. `workshop` of
 * ten steps test what a store answers by itself.
 */
export function sequences(
  longest: number,
  { owner, workshop, ids }: Pick<CampaignOptions, 'owner' | 'workshop' | 'ids'>,
): fc.Arbitrary<Sequence> {
  const step = weighted([
    [10 - workshop - ids, versionStep],
    [ids, idStep],
    [
      workshop,
      weighted([
        [3, workshopStep],
        [1, listingStep],
      ]),
    ],
  ]);
  const steps = owner ? step.map((each): Step => ({ ...each, user: 'tester' })) : step;
  const single = steps.map((each): readonly Step[] => [each]);
  const some =
    ids === 0
      ? single
      : weighted([
          [200, single],
          [ids, restoring],
        ]);
  return fc.noBias(
    fc.record({
      names: fc.tuple(objectName, objectName, objectName).map(ids > 0 ? noneLong : oneLong),
      steps: fc
        .array(some, { minLength: 1, maxLength: longest, size: 'max' })
        .map((each) => each.flat()),
    }),
  );
}
