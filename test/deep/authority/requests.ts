import fc from 'fast-check';
import { quote } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import type { Who } from './model';
import { COUNT, OBJECTS, pathOf, type Plant, type World } from './world';

/** A client's request, generated before the world it acts on exists. */
export interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly who: 'tester' | 'tester2' | 'tester3' | 'nobody' | Signer;
  readonly at: number;
  readonly other: number;
  readonly object: string;
  /** Selects among the versions, parameters and values. */
  readonly variant: number;
  /** Whether the request comes from a filter for another API. */
  readonly isDialect: boolean;
  /** Whether the dialect lets readers read versions by their ids. */
  readonly isForReaders: boolean;
}

const KINDS = [
  ...[
    'read',
    'read',
    'read by id',
    'read by id',
    'write',
    'write',
    'remove',
    'remove',
    'remove by id',
  ],
  ...[
    'restore',
    'update',
    'copy',
    'copy',
    'copy to',
    'link',
    'manifest',
    'remove segments',
    'list',
  ],
  ...['list versions', 'look', 'set', 'end', 'upload'],
] as const;

/** A step as a request to the store, with the places it names. */
export interface Made {
  readonly who: Who;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly text: string;
  readonly named: readonly ReturnType<World['place']>[] | undefined;
  /** Container ACLs that are set if the request succeeds. */
  readonly sets?: { readonly read?: string; readonly write?: string };
}

const READERS = ['', '.r:*', '.r:*,.rlistings', 'test:tester3', 'test2:tester2'];
const WRITERS = ['', '', 'test:tester3', 'test2:tester2', 'test:tester3,test2:tester2'];
const place = fc.nat(COUNT - 1);

export const acls = fc.array(
  fc.record({ read: fc.constantFrom(...READERS), write: fc.constantFrom(...WRITERS) }),
  { minLength: COUNT, maxLength: COUNT },
);

export const plants: fc.Arbitrary<Plant[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('link', 'link', 'manifest', 'dynamic', 'entry'),
    at: place,
    of: place,
    ofVersion: fc.boolean(),
  }),
  { minLength: 2, maxLength: 6 },
);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    who: fc.constantFrom(
      ...(['tester', 'tester2', 'tester3', 'tester3', 'tester3', 'nobody'] as const),
      ...(["the account's key", "the container's key"] as const),
    ),
    at: place,
    other: place,
    object: fc.constantFrom(...OBJECTS, ...OBJECTS, 'planted0', 'planted1', 'planted2', 'new'),
    variant: fc.nat(999),
    isDialect: fc.boolean(),
    isForReaders: fc.boolean(),
  }),
  { minLength: 20, maxLength: 40 },
);

const READ_QUERIES = [
  '',
  '',
  'multipart-manifest=get',
  'symlink=get',
  'multipart-manifest=get&symlink=get',
];
const LISTINGS = ['', 'prefix=o', 'reverse=true', 'delimiter=/', 'limit=1'];
const SETTINGS: readonly Record<string, string>[] = [
  { 'X-Versions-Enabled': 'true' },
  { 'X-Versions-Enabled': 'false' },
  { 'X-Container-Meta-Color': 'blue' },
  { 'X-Container-Read': '.r:*' },
  { 'X-Container-Write': 'test:tester3' },
  { 'X-Container-Read': '' },
];

const SCOPES = { "the account's key": 'account', "the container's key": 'container' } as const;
type Signer = keyof typeof SCOPES;

/** Builds the request of a step in a world. */
export function made(step: Step, world: World): Made {
  const { kind, at, other, object, variant } = step;
  const here = { ...world.place(at), object };
  const there = { ...world.place(other), object: OBJECTS[variant % 2] ?? 'o' };
  const container = world.place(at);
  const pick = <T>(values: readonly T[]): T => values[variant % values.length] as T;
  const id = step.isDialect && variant % 3 === 0 ? 'null' : world.ids[variant % world.ids.length];
  const make = (
    method: string,
    more: Partial<Made> & { of?: typeof here | typeof container } = {},
  ): Made => {
    const { of = here, query = '', headers = Headers.none, ...rest } = more;
    const signed = of.object === undefined ? here : of;
    const who: Who =
      step.who === "the account's key" || step.who === "the container's key"
        ? { method, place: signed, scope: SCOPES[step.who] }
        : step.who;
    return {
      who,
      method,
      path: pathOf(of),
      query: world.query(who, query),
      headers: world.credentials(who).withAll(headers),
      text: '',
      // the version is not signed: what the store then shows depends on what it holds
      named: typeof who === 'object' && method === 'GET' ? undefined : [of],
      ...rest,
    };
  };
  const to = (header: string, target: typeof there): Headers =>
    Headers.of({
      [header]: quote(`${target.container}/${target.object}`),
      [`${header}-Account`]: target.account === here.account ? undefined : target.account,
    });
  switch (kind) {
    case 'read':
      return make(variant % 2 === 0 ? 'GET' : 'HEAD', {
        query: pick(READ_QUERIES),
        named: undefined,
      });
    case 'read by id':
      return make('GET', { query: `version-id=${id}` });
    case 'write':
      return make('PUT', { text: `secret ${here.account}/${here.container}/${object} new` });
    case 'remove':
      return make('DELETE');
    case 'remove by id':
      return make('DELETE', { query: `version-id=${id}` });
    case 'restore':
      return make('PUT', { query: `version-id=${id}` });
    case 'update':
      return make('POST', { headers: Headers.of({ 'X-Object-Meta-Color': 'blue' }) });
    case 'copy':
      return make('PUT', {
        query: pick(['', '', 'symlink=get', 'multipart-manifest=get']),
        headers: to('X-Copy-From', there),
        named: [here, there],
      });
    case 'copy to':
      return make('COPY', { headers: to('Destination', there), named: [here, there] });
    case 'link':
      return make('PUT', { headers: to('X-Symlink-Target', there) });
    case 'manifest':
      return make('PUT', {
        query: 'multipart-manifest=put',
        text: JSON.stringify([{ path: `/${there.container}/${there.object}` }]),
      });
    case 'remove segments':
      return make('DELETE', { query: 'multipart-manifest=delete', named: undefined });
    case 'list':
      return make('GET', { of: container, query: pick(LISTINGS) });
    case 'list versions':
      return make('GET', { of: container, query: `versions&${pick(LISTINGS)}` });
    case 'look':
      return make('HEAD', { of: container });
    case 'set':
      return make('POST', {
        of: container,
        headers: Headers.of(pick(SETTINGS)),
        ...setBy(pick(SETTINGS)),
      });
    case 'end':
      return make('DELETE', { of: container });
    case 'upload':
      return make('PUT', { query: 'upload' });
  }
}

function setBy(headers: Record<string, string>): Pick<Made, 'sets'> {
  const read = headers['X-Container-Read'];
  const write = headers['X-Container-Write'];
  return {
    sets: { ...(read === undefined ? {} : { read }), ...(write === undefined ? {} : { write }) },
  };
}
