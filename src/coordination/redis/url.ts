import { z } from 'zod';
import { valueForms } from '../../config/options';

/** The address of a Redis, and the user to log in as. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** The server, or the sentinels, or some nodes of the cluster. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The sentinels' name for the group of servers. */
  readonly group?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

/** The option `without_redis`: what to do while Redis does not answer. */
export const withoutRedis = z.enum(['refuse', 'go_on'], {
  error: 'not known; known: refuse, go_on',
});
export type WithoutRedis = z.infer<typeof withoutRedis>;

const FORMS =
  'not redis://HOST[:PORT][/DB], redis+sentinel://HOST[:PORT][,...]/NAME[/DB] or redis+cluster://HOST[:PORT][,...]; ' +
  'rediss for TLS, and [USER]:PASSWORD@ (URL-encoded) before the first HOST';
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 };
const MAX_PORT = 65_535;

/** Parses the URL of a single Redis, of one found through sentinels, or of a cluster. */
export const redisUrl = z
  .string()
  .transform((value, context): RedisAddress => {
    const address = parse(value);
    if (address) return address;
    context.addIssue({ code: 'custom', message: FORMS });
    return z.NEVER;
  })
  .register(valueForms, { values: 'a URL' });

function parse(value: string): RedisAddress | undefined {
  // `URL` allows one host only
  const match =
    /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)(?:\/([^?#]*))?$/.exec(
      value,
    );
  if (!match) return undefined;
  const [, scheme, kind = 'single', user = '', secret = '', listed = '', path = ''] = match;
  if (kind !== 'single' && kind !== 'sentinel' && kind !== 'cluster') return undefined;
  const hosts = listed.split(',').map((each) => parseHost(each, PORTS[kind]));
  const parts = path === '' ? [] : path.split('/');
  const group = kind === 'sentinel' ? parts.shift() : undefined;
  const [db = '0', ...more] = parts;
  const [username, password] = [decode(user), decode(secret)];
  if (kind === 'single' && hosts.length > 1) return undefined;
  if (kind === 'sentinel' && !group) return undefined;
  if (!/^\d{1,5}$/.test(db) || more.length > 0 || (kind === 'cluster' && parts.length > 0))
    return undefined;
  if (username === undefined || password === undefined) return undefined;
  const valid = hosts.filter((host) => host !== undefined);
  if (valid.length < hosts.length) return undefined;
  return {
    kind,
    tls: scheme === 'rediss',
    hosts: valid,
    db: Number(db),
    ...(group ? { group } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

/** Returns the hosts of an address as text, without the login. */
export function formatHosts({ hosts }: RedisAddress): string {
  return hosts
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(',');
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return host === undefined || port < 1 || port > MAX_PORT ? undefined : { host, port };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
