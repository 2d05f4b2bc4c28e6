import { Headers } from '../../../src/http/headers';
import { quote, toBytes, unquote } from '../../../src/http/bytes';
import type { Answer } from '../../support/clients/client';
import { login } from '../../support/servers/swift';
import { Connection } from './connection';
import { Normaliser } from './observe';
import {
  containerName,
  encodedArchivePrefix,
  encodeValue,
  ROLES,
  type AccountName,
} from './places';
import { BODIES, type SegmentSpec, type Step, type User } from './steps';

/** A server under comparison, with every user's credentials. */
export interface Endpoint {
  readonly connection: Connection;
  /** The underlying store, if accessible past all versions; else the same server. */
  readonly ground: Connection;
  readonly users: Readonly<Record<User, Headers>>;
}

/**
 * Logs in all users.
 *
 * @param ground the address of the underlying store, which accepts the same tokens
 */
export async function openEndpoint(url: string, ground = url): Promise<Endpoint> {
  const [tester, tester2, tester3, admin] = await Promise.all([
    login(url, 'tester'),
    login(url, 'tester2'),
    login(url, 'tester3'),
    login(url, 'admin'),
  ]);
  return {
    connection: new Connection(url),
    ground: new Connection(ground),
    users: {
      tester: tester.credentials,
      tester2: tester2.credentials,
      tester3: tester3.credentials,
      admin: admin.credentials,
      anonymous: Headers.none,
      badtoken: Headers.of({ 'X-Auth-Token': 'AUTH_tk00000000000000000000000000000000' }),
    },
  };
}

/** Closes an endpoint's connections. */
export async function closeEndpoint({ connection, ground }: Endpoint): Promise<void> {
  await Promise.all([connection.close(), ground.close()]);
}

/** Returns the path of an account. */
export function accountPath(account: AccountName): string {
  return `/v1/AUTH_${account}`;
}

const MAX_ENTRIES = 50;

/** One side of the comparison of one sequence: its server, and its own containers. */
export class Side {
  readonly normaliser: Normaliser;

  constructor(
    readonly endpoint: Endpoint,
    readonly base: string,
    private readonly names: readonly string[],
    bodiesOfErrors: boolean,
  ) {
    this.normaliser = new Normaliser(base, bodiesOfErrors);
  }

  /** Sends a step to this side's server. */
  send(step: Step): Promise<Answer> {
    return this.sendOver(this.endpoint.connection, step);
  }

  /** Sends a step to the underlying store, past all versions; for refused steps. */
  sendPast(step: Step): Promise<Answer> {
    return this.sendOver(this.endpoint.ground, step);
  }

  private async sendOver(connection: Connection, step: Step): Promise<Answer> {
    const { user, method, account, framing } = step;
    const path = accountPath(account) + (await this.expand(step.path));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(step.headers ?? {}))
      headers[name] = await this.expand(value);
    return connection.send({
      method,
      path,
      headers: this.endpoint.users[user].withAll(Headers.of(headers)),
      body: await this.body(step),
      framing,
    });
  }

  private async body({ body, segments }: Step): Promise<Buffer | undefined> {
    if (segments === undefined) return body && BODIES[body];
    const decoded = async (value: SegmentSpec[string]) =>
      typeof value === 'string' ? unquote(await this.expand(value)) : value;
    const manifest: Record<string, unknown>[] = [];
    for (const segment of segments) {
      const item: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(segment)) item[key] = await decoded(value);
      manifest.push(item);
    }
    return Buffer.from(JSON.stringify(manifest), 'latin1');
  }

  /**
   * Sends a request to the underlying store, past all versions; `path` includes the
   * account.
   */
  ask(method: string, path: string): Promise<Answer> {
    return this.endpoint.ground.send({ method, path, headers: this.endpoint.users.admin });
  }

  /** Returns a container's path, including its account. */
  containerPath(role: string): string {
    return `${accountPath(ROLES[role]!.account)}/${quote(containerName(this.base, role))}`;
  }

  /** Replaces placeholders in a text by this side's names. */
  async expand(text: string): Promise<string> {
    const parts = text.split(/(\{[^}]*\})/);
    const expanded = await Promise.all(
      parts.map(async (part) =>
        part.startsWith('{') ? this.placeholder(part.slice(1, -1)) : part,
      ),
    );
    return expanded.join('');
  }

  /** Replaces only the placeholders of object names in a text. */
  expandNames(text: string): string {
    return text.replace(/\{n(\d)\}/g, (_, index: string) => this.name(index));
  }

  private placeholder(what: string): string | Promise<string> {
    if (what === 'test' || what === 'test2') return `AUTH_${what}`;
    if (what === 'base') return this.base;
    const [kind = '', ...rest] = what.split(':');
    if (/^n\d$/.test(kind)) return this.name(kind.slice(1));
    if (kind === 'a') return encodedArchivePrefix(this.name(rest[0]));
    if (kind === 'i') return this.versionId(rest[0] ?? '', this.name(rest[1]), Number(rest[2]));
    if (kind === 'e') return this.archiveEntry(rest[0] ?? '', this.name(rest[1]), Number(rest[2]));
    const lower = kind.toLowerCase();
    const raw = containerName(this.base, lower);
    return kind === lower ? quote(raw) : raw;
  }

  /** Returns the versions with ids of a container, as this side's own API lists them. */
  async versions(role: string, query: string): Promise<Answer> {
    const path = `${this.containerPath(role)}?versions&format=json${query}`;
    return this.endpoint.connection.send({
      method: 'GET',
      path,
      headers: this.endpoint.users.admin,
    });
  }

  /** Returns the id of the version of a rank from the newest, or else of the last one. */
  private async versionId(role: string, name: string, rank: number): Promise<string> {
    const { status, body } = await this.versions(role, `&prefix=${encodeValue(unquote(name))}`);
    const rows =
      status === 200
        ? (JSON.parse(body.toString('utf8')) as { name: string; version_id: string }[])
        : [];
    const versions = rows.filter((row) => toBytes(row.name) === unquote(name));
    return versions[Math.min(rank, versions.length - 1)]?.version_id ?? '0000000009.00000';
  }

  private name(index: string | undefined): string {
    return this.names[Number(index)]!;
  }

  /**
   * Returns the encoded archive entry of a rank from the newest, or else the last one.
   */
  private async archiveEntry(role: string, name: string, rank: number): Promise<string> {
    const prefix = encodedArchivePrefix(name);
    const query = `?reverse=on&limit=${MAX_ENTRIES}&prefix=${encodeValue(unquote(prefix))}`;
    const { status, body } = await this.ask('GET', this.containerPath(role) + query);
    const entries = status === 200 ? body.toString('latin1').split('\n').filter(Boolean) : [];
    const entry = entries[Math.min(rank, entries.length - 1)];
    return entry === undefined ? `${prefix}0000000009.00000` : quote(entry);
  }
}
