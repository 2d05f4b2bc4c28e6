import { Headers } from '../../../src/http/headers';
import { Client } from '../../support/clients/client';
import type { Signer } from '../../support/clients/signatures';
import { KEY, OTHER_KEY, type AttemptStore, type Grants, type World } from './world';

/**
 * An attacker: a client at the owner's account, with headers to add to each of its
 * requests.
 */
export interface Attacker {
  readonly client: Client;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs each request as a temporary URL, and forms. */
  readonly signer?: Signer;
}

/** A row of the table: a kind of client that lacks the right to write. */
export interface ClientKind {
  readonly name: string;
  /** Statuses that its attempts are refused with, unless the route adds others. */
  readonly refusal: readonly number[];
  readonly grants?: Grants;
  /** Whether it may read current and archived versions. */
  readonly mayRead?: boolean;
  /** Stores on which this kind of client does not exist. */
  readonly notOn?: readonly AttemptStore['kind'][];
  create(store: AttemptStore, world: World): Promise<Attacker> | Attacker;
}

const TESTER3 = 'test:tester3';

const anonymous = (world: World) => withToken(world, undefined);

function withToken(
  { owner }: World,
  token: string | undefined,
  more: Record<string, string> = {},
): Attacker {
  return {
    client: new Client(owner.url, Headers.of({ 'X-Auth-Token': token, ...more }), owner.account),
  };
}

async function as(store: AttemptStore, user: 'tester2' | 'tester3' | 'service', { owner }: World) {
  const { credentials } = await store.login(user);
  return { client: new Client(owner.url, credentials, owner.account) };
}

const tokenOf = ({ credentials }: Client) => credentials.get('x-auth-token') ?? '';

/** Changes the last but one character: bits of the last one may not count. */
const altered = (text: string) =>
  text.slice(0, -2) + (text.at(-2) === '0' ? '1' : '0') + text.slice(-1);

const signing = (signer: Signer) => (_: AttemptStore, world: World) => ({
  ...anonymous(world),
  signer,
});

/**
 * Headers that are internal to a proxy and its backend, and must not be trusted from a
 * client.
 */
const INTERNAL: Readonly<Record<string, string>> = {
  'X-Backend-Replication': 'true',
  'X-Backend-Allow-Private-Methods': 'true',
  'X-Backend-Allow-Reserved-Names': 'true',
  'X-Allow-Reserved-Names': 'true',
  'X-Backend-Storage-Policy-Index': '0',
  'X-Backend-Inbound-X-Timestamp': '1',
  'X-Backend-Override-Delete': 'true',
  'X-Backend-Clean-Expiring-Object-Queue': 'true',
  'X-Account-Sysmeta-Core-Access-Control': '{"admin":["test:tester3"]}',
  'X-Container-Sysmeta-Versions-Mode': 'stack',
  'X-Container-Sysmeta-Versions-Location': 'elsewhere',
  'X-Object-Sysmeta-Versions-Symlink': 'true',
  'X-Object-Transient-Sysmeta-A': 'b',
  'X-Object-Meta-Hindsight-Manifest': 'forged',
  'X-Timestamp': '1.00000',
  'X-Versions-Location': '',
  'X-Copy-From-Account': 'AUTH_test',
  'X-Trans-Id-Extra': 'forged',
  'X-Forwarded-For': '127.0.0.1',
  'X-User': 'test:tester',
  'X-Roles': 'admin',
  'X-Identity-Status': 'Confirmed',
  'X-Tenant-Id': 'test',
  Referer: 'http://127.0.0.1/',
  'Swift.authorize_override': 'true',
  'X-Container-Sync-Auth': 'lab 1 0123456789abcdef',
  'X-Http-Method-Override': 'DELETE',
};

const SETTINGS: Readonly<Record<string, string>> = {
  'X-Container-Meta-Hindsight-Versions-Mode': '',
  X_Container_Meta_Hindsight_Versions_Location_0: 'elsewhere',
  'X-Object-Meta-Hindsight-Archived': 'forged',
  'X-Container-Meta-Hindsight-Cors-0': 'forged',
  'X-Remove-Container-Meta-Hindsight-Versions-Mode': 'x',
};

const TOKENS: readonly ClientKind[] = [
  { name: 'no token', refusal: [401], create: (_, world) => anonymous(world) },
  { name: 'an empty token', refusal: [401], create: (_, world) => withToken(world, '') },
  {
    name: 'a made-up token',
    refusal: [401],
    create: (_, world) => withToken(world, 'AUTH_tk0123456789abcdef'),
  },
  {
    name: "the owner's token with one digit changed",
    refusal: [401],
    create: (_, world) => withToken(world, altered(tokenOf(world.owner))),
  },
  {
    name: 'a token that has expired',
    refusal: [401],
    notOn: ['service user', "client's token", 'swift'],
    create: (store, world) => withToken(world, store.expired?.()),
  },
  {
    name: 'a made-up token as X-Storage-Token',
    refusal: [401],
    create: (_, world) =>
      withToken(world, undefined, { 'X-Storage-Token': 'AUTH_tk0123456789abcdef' }),
  },
  {
    name: "a service's token without its user's",
    refusal: [401],
    create: async (store, world) =>
      withToken(world, undefined, { 'X-Service-Token': tokenOf(await store.login('service')) }),
  },
];

const USERS: readonly ClientKind[] = [
  {
    name: 'a user of the account without any right',
    refusal: [403],
    create: (store, world) => as(store, 'tester3', world),
  },
  {
    name: 'the owner of another account',
    refusal: [403],
    create: (store, world) => as(store, 'tester2', world),
  },
  {
    name: "a user without any right, with a service's token",
    refusal: [403],
    create: async (store, world) => ({
      ...(await as(store, 'tester3', world)),
      headers: { 'X-Service-Token': tokenOf(await store.login('service')) },
    }),
  },
  {
    name: 'a user with the right to read',
    refusal: [403],
    grants: {
      container: { 'X-Container-Read': TESTER3 },
      archive: { 'X-Container-Read': TESTER3 },
    },
    mayRead: true,
    create: (store, world) => as(store, 'tester3', world),
  },
  {
    name: 'everybody, where everybody may read',
    refusal: [401],
    grants: {
      container: { 'X-Container-Read': '.r:*,.rlistings' },
      archive: { 'X-Container-Read': '.r:*,.rlistings' },
    },
    mayRead: true,
    create: (_, world) => anonymous(world),
  },
  {
    name: 'a user with the right to read the account',
    refusal: [403],
    grants: { account: { 'read-only': [TESTER3] } },
    mayRead: true,
    create: (store, world) => as(store, 'tester3', world),
  },
];

const SIGNERS: readonly ClientKind[] = [
  {
    name: 'a signature for GET, or for a path above the form',
    refusal: [401, 412],
    mayRead: true,
    create: signing({ key: KEY, method: 'GET', path: (path) => path.replace(/\/$/, '') }),
  },
  {
    name: 'a signature for another object',
    refusal: [401, 412],
    create: signing({ key: KEY, path: (path) => `${path}-other` }),
  },
  {
    name: 'a signature that has expired',
    refusal: [401, 412],
    create: signing({ key: KEY, expires: Math.floor(Date.now() / 1000) - 1 }),
  },
  {
    name: 'a signature with one digit changed',
    refusal: [401, 412],
    create: signing({ key: KEY, change: altered }),
  },
  {
    name: "a signature by another container's key",
    refusal: [401, 412],
    create: signing({ key: OTHER_KEY }),
  },
  { name: 'a signature by an empty key', refusal: [401, 412], create: signing({ key: '' }) },
  {
    name: 'a signature of a digest that nobody takes',
    refusal: [401, 412],
    create: signing({ key: KEY, change: (signature) => `md5:${signature.slice(0, 22)}==` }),
  },
];

const FORGERS: readonly ClientKind[] = [
  {
    name: 'nobody, with forged internal headers',
    refusal: [401],
    create: (_, world) => ({ ...anonymous(world), headers: INTERNAL }),
  },
  {
    name: 'a user without any right, with forged internal headers',
    // 401 for an invalid container sync request
    refusal: [403, 401],
    create: async (store, world) => ({ ...(await as(store, 'tester3', world)), headers: INTERNAL }),
  },
  {
    name: 'a user without any right, with forged settings',
    refusal: [400],
    notOn: ['swift'],
    create: async (store, world) => ({ ...(await as(store, 'tester3', world)), headers: SETTINGS }),
  },
  {
    name: 'the owner, with forged settings',
    refusal: [400],
    mayRead: true,
    notOn: ['swift'],
    create: (_, world) => ({ client: world.owner, headers: SETTINGS }),
  },
];

/** The rows of the table. */
export const CLIENTS: readonly ClientKind[] = [...TOKENS, ...USERS, ...SIGNERS, ...FORGERS];
