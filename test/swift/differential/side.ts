import { Headers } from '../../../src/http/headers';
import { unquote } from '../../../src/http/bytes';
import type { Answer } from '../../support/client';
import { login, type SwiftUrls } from '../../support/swift';
import { Connection } from './connection';
import { Normaliser } from './observe';
import { containerName, encodedArchivePrefix, encodeValue, ROLES, type AccountName } from './places';
import { quote } from '../../../src/http/bytes';
import { BODIES, type Step, type User } from './steps';

/** A server under comparison, with everybody's credentials. */
export interface Endpoint {
  readonly connection: Connection;
  readonly users: Readonly<Record<User, Headers>>;
}

/** The store beneath both, without versions, as a user who may do everything. */
export interface Ground {
  readonly connection: Connection;
  readonly admin: Headers;
}

/** Logs the users in. */
export async function openEndpoint(url: string): Promise<Endpoint> {
  const [tester, tester2, tester3] = await Promise.all([
    login(url, 'tester'),
    login(url, 'tester2'),
    login(url, 'tester3'),
  ]);
  return {
    connection: new Connection(url),
    users: {
      tester: tester.credentials,
      tester2: tester2.credentials,
      tester3: tester3.credentials,
      anonymous: Headers.none,
      badtoken: Headers.of({ 'X-Auth-Token': 'AUTH_tk00000000000000000000000000000000' }),
    },
  };
}

/** Logs the administrator in at the store beneath. */
export async function openGround({ plain }: SwiftUrls): Promise<Ground> {
  const { credentials } = await login(plain, 'admin');
  return { connection: new Connection(plain), admin: credentials };
}

/** The path of an account. */
export function accountPath(account: AccountName): string {
  return `/v1/AUTH_${account}`;
}

const MOST_ENTRIES = 50;

/** One side of the comparison in one sequence: its server, and containers of its own. */
export class Side {
  readonly normaliser: Normaliser;

  constructor(
    readonly endpoint: Endpoint,
    readonly ground: Ground,
    readonly base: string,
    private readonly names: readonly string[],
  ) {
    this.normaliser = new Normaliser(base);
  }

  /** Sends a step to this side's server. */
  send(step: Step): Promise<Answer> {
    return this.sendOver(this.endpoint.connection, step);
  }

  /** Sends a step to the store beneath, past all versions; for steps that will be refused. */
  sendPast(step: Step): Promise<Answer> {
    return this.sendOver(this.ground.connection, step);
  }

  private async sendOver(connection: Connection, step: Step): Promise<Answer> {
    const { user, method, account, body, framing } = step;
    const path = accountPath(account) + (await this.expand(step.path));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(step.headers ?? {})) headers[name] = await this.expand(value);
    return connection.send({
      method,
      path,
      headers: this.endpoint.users[user].withAll(Headers.of(headers)),
      body: body && BODIES[body],
      framing,
    });
  }

  /** Asks the store beneath, past all versions; the path has its account. */
  ask(method: string, path: string): Promise<Answer> {
    return this.ground.connection.send({ method, path, headers: this.ground.admin });
  }

  /** A container's path, of its account on. */
  containerPath(role: string): string {
    return `${accountPath(ROLES[role]!.account)}/${quote(containerName(this.base, role))}`;
  }

  /** Puts this side's names into a text. */
  async expand(text: string): Promise<string> {
    const parts = text.split(/(\{[^}]*\})/);
    const expanded = await Promise.all(
      parts.map(async (part) => (part.startsWith('{') ? this.placeholder(part.slice(1, -1)) : part)),
    );
    return expanded.join('');
  }

  /** Puts the sequence's object names into a text, and nothing else. */
  expandNames(text: string): string {
    return text.replace(/\{n(\d)\}/g, (_, index: string) => this.name(index));
  }

  private placeholder(what: string): string | Promise<string> {
    if (what === 'test' || what === 'test2') return `AUTH_${what}`;
    const [kind = '', ...rest] = what.split(':');
    if (/^n\d$/.test(kind)) return this.name(kind.slice(1));
    if (kind === 'a') return encodedArchivePrefix(this.name(rest[0]));
    if (kind === 'e') return this.archiveEntry(rest[0] ?? '', this.name(rest[1]), Number(rest[2]));
    const lower = kind.toLowerCase();
    const raw = containerName(this.base, lower);
    return kind === lower ? quote(raw) : raw;
  }

  private name(index: string | undefined): string {
    return this.names[Number(index)]!;
  }

  /** The encoded name of the version with a rank, counted from the newest; the last where there are not so many. */
  private async archiveEntry(role: string, name: string, rank: number): Promise<string> {
    const prefix = encodedArchivePrefix(name);
    const query = `?reverse=on&limit=${MOST_ENTRIES}&prefix=${encodeValue(unquote(prefix))}`;
    const { status, body } = await this.ask('GET', this.containerPath(role) + query);
    const entries = status === 200 ? body.toString('latin1').split('\n').filter(Boolean) : [];
    const found = entries[Math.min(rank, entries.length - 1)];
    return found === undefined ? `${prefix}0000000009.00000` : quote(found);
  }
}
