import { z } from 'zod';

/** Where a Redis is, and who asks it. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** The server, or the sentinels, or some nodes of the cluster. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** What the sentinels call the group of servers. */
  readonly group?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

/** What is done while Redis cannot be asked. */
export const withoutRedis = z.enum(['refuse', 'go_on'], {
  error: 'not known; known: refuse, go_on',
});
export type WithoutRedis = z.infer<typeof withoutRedis>;

const FORMS =
  'not redis://HOST[:PORT][/DB], redis+sentinel://HOST[:PORT][,...]/NAME[/DB] or redis+cluster://HOST[:PORT][,...]; ' +
  'rediss for TLS, and [USER]:PASSWORD@ (URL-encoded) before the first HOST';
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 };
const MAX_PORT = 65_535;

/** Reads the URL of a Redis by itself, of one found through sentinels, or of a cluster. */
export const redisUrl = z.string().transform((value, context): RedisAddress => {
  const address = parse(value);
  if (address) return address;
  context.addIssue({ code: 'custom', message: FORMS });
  return z.NEVER;
});

function parse(value: string): RedisAddress | undefined {
  // URL takes one host only
  const match =
    /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)(?:\/([^?#]*))?$/.exec(
      value,
    );
  if (!match) return undefined;
  const [, scheme, kind = 'single', user = '', secret = '', listed = '', path = ''] = match;
  if (kind !== 'single' && kind !== 'sentinel' && kind !== 'cluster') return undefined;
  const hosts = listed.split(',').map((each) => hostOf(each, PORTS[kind]));
  const parts = path === '' ? [] : path.split('/');
  const group = kind === 'sentinel' ? parts.shift() : undefined;
  const [db = '0', ...more] = parts;
  const [username, password] = [decode(user), decode(secret)];
  if (kind === 'single' && hosts.length > 1) return undefined;
  if (kind === 'sentinel' && !group) return undefined;
  if (!/^\d{1,5}$/.test(db) || more.length > 0 || (kind === 'cluster' && parts.length > 0))
    return undefined;
  if (username === undefined || password === undefined) return undefined;
  const known = hosts.filter((host) => host !== undefined);
  if (known.length < hosts.length) return undefined;
  return {
    kind,
    tls: scheme === 'rediss',
    hosts: known,
    db: Number(db),
    ...(group ? { group } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

function hostOf(text: string, standard: number): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? standard : Number(match[3]);
  return host === undefined || port < 1 || port > MAX_PORT ? undefined : { host, port };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
