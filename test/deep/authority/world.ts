import { readAll } from '../../../src/http/body';
import { quote } from '../../../src/http/bytes';
import { Headers } from '../../../src/http/headers';
import type { Handler, Request } from '../../../src/swift_api/message';
import { subrequest } from '../../../src/swift_api/subrequest';
import { ROOT_REQUEST, type BucketStore } from '../../support/stores/bucket_store';
import { unlimited } from '../../support/stores/authority';
import { USERS } from '../../support/servers/swift';
import { temporary } from '../../support/clients/temp_urls';
import { Model, type Acls, type Place, type Who } from './model';

const KEYS = { account: 'the key of the account', container: 'the key of a container' };

/** Containers by their short names, with the header that enables versioning. */
const CONTAINERS = [
  ['AUTH_test', 'plain', {}],
  ['AUTH_test', 's-archive', {}],
  ['AUTH_test', 'h-archive', {}],
  ['AUTH_test', 'stack', { 'X-Versions-Location': 's-archive' }],
  ['AUTH_test', 'history', { 'X-History-Location': 'h-archive' }],
  ['AUTH_test', 'ids', { 'X-Versions-Enabled': 'true' }],
  ['AUTH_test', 'ids2', { 'X-Versions-Enabled': 'true' }],
  ['AUTH_test2', 'plain', {}],
  ['AUTH_test2', 'ids', { 'X-Versions-Enabled': 'true' }],
] as const;
export const COUNT = CONTAINERS.length;
const LOCATIONS = ['X-Versions-Location', 'X-History-Location'] as const;
export const OBJECTS = ['o', 'p'] as const;

/** An item written to the store past the proxy: at one place, referring to another. */
export interface Plant {
  readonly kind: 'link' | 'manifest' | 'dynamic' | 'entry';
  readonly at: number;
  readonly of: number;
  /** Whether it refers to a version of the other place, if any, instead of the object. */
  readonly ofVersion: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function ask(handler: Handler, request: Request): Promise<Answer> {
  const { status, headers, body } = await handler(request);
  return { status, headers, text: (await readAll(body, 1e8))?.toString('latin1') ?? '' };
}

/** Accounts with containers of all kinds, in which objects have versions. */
export class World {
  readonly model = new Model();
  /** The containers whose versions go to an archive, by `account/archive`. */
  readonly archives = new Map<string, readonly string[]>();
  /** The ids of all existing versions. */
  readonly ids: string[] = [];
  private readonly tokens = new Map<string, string>();

  constructor(
    readonly store: BucketStore,
    private readonly tag: string,
  ) {}

  /** Returns a container by its number, or an object in it. */
  place(number: number, object?: string): Place {
    const [account, name] = CONTAINERS[number % COUNT] ?? CONTAINERS[0];
    return { account, container: `${this.tag}-${name}`, object };
  }

  /** Returns the headers that authenticate a client. Signed URLs need none. */
  credentials(who: Who): Headers {
    const token = typeof who === 'string' ? this.tokens.get(who) : undefined;
    return Headers.of({ 'X-Auth-Token': token });
  }

  query(who: Who, query: string): string {
    if (typeof who === 'string') return query;
    const { account, container, object } = who.place;
    const path = `/v1/${account}/${container}/${object}`;
    const signed = temporary(who.method, path, { key: KEYS[who.scope] });
    return query === '' ? signed : `${signed}&${query}`;
  }

  async make(acls: readonly Acls[]): Promise<void> {
    for (const user of ['tester', 'tester2', 'tester3'] as const) {
      const [name, key] = USERS[user];
      const caller = await this.store.callerOf([name, key]);
      const { token = '' } = await caller.session();
      this.tokens.set(user, token);
    }
    await this.setKeys(KEYS.account);
    for (const [i, [account, name, setting]] of CONTAINERS.entries()) {
      const place = this.place(i);
      const { read = '', write = '' } = acls[i] ?? {};
      const headers: Record<string, string> = {
        'X-Container-Read': read,
        'X-Container-Write': write,
        'X-Container-Meta-Temp-Url-Key': KEYS.container,
        ...setting,
      };
      for (const location of LOCATIONS) {
        const archive = headers[location];
        if (archive === undefined) continue;
        headers[location] = `${this.tag}-${archive}`;
        this.archives.set(`${account}/${this.tag}-${archive}`, [`${this.tag}-${name}`]);
      }
      await this.must('PUT', place, headers);
      this.model.set(place, { read, write });
      for (const object of OBJECTS)
        for (const version of [1, 2]) {
          const secret = `secret ${account}/${place.container}/${object} ${version}`;
          const { headers } = await this.must('PUT', { ...place, object }, {}, secret);
          const id = headers.get('x-object-version-id');
          if (id !== undefined) this.ids.push(id);
        }
    }
  }

  /** Removes the account keys, since other suites share the accounts. */
  async end(): Promise<void> {
    await this.setKeys('');
  }

  private async setKeys(key: string): Promise<void> {
    for (const account of ['AUTH_test', 'AUTH_test2'])
      await this.must('POST', { account, container: '' }, { 'X-Account-Meta-Temp-Url-Key': key });
  }

  /** Writes an item to the store, past all filters. */
  async plant({ kind, at, of, ofVersion }: Plant, name: string): Promise<void> {
    const [here, there] = [this.place(at), this.place(of)];
    const source = (ofVersion ? await this.versionOf(there) : undefined) ?? {
      ...there,
      object: 'o',
    };
    const path = `${source.container}/${source.object}`;
    const account = source.account === here.account ? undefined : source.account;
    if (kind === 'link') {
      const headers = { 'X-Symlink-Target': quote(path), 'X-Symlink-Target-Account': account };
      await this.directly('PUT', { ...here, object: name }, headers);
    } else if (kind === 'manifest') {
      // segments are in the account of their manifest
      const text = JSON.stringify([{ path: `/${Buffer.from(path, 'latin1').toString()}` }]);
      await this.directly('PUT', { ...here, object: name }, {}, text, 'multipart-manifest=put');
    } else if (kind === 'dynamic') {
      await this.directly('PUT', { ...here, object: name }, { 'X-Object-Manifest': quote(path) });
    } else {
      const entry = { ...here, object: `001o/${(1_000_000_000 + of).toFixed(5)}` };
      await this.directly('PUT', entry, { 'X-Symlink-Target': quote(path) });
    }
  }

  /** Returns where a version of an object is stored. */
  private async versionOf({ account, container }: Place): Promise<Place | undefined> {
    const beside = { account, container: `.hindsight-versions-${container}` };
    const { status, text } = await this.directly('GET', beside, {}, '', 'format=json');
    const [first] = status === 200 ? (JSON.parse(text) as { name: string }[]) : [];
    return first && { ...beside, object: Buffer.from(first.name).toString('latin1') };
  }

  /** Sends a request past the proxy; to Swift as the account's owner. */
  private directly(
    method: string,
    place: Place,
    headers: Record<string, string | undefined> = {},
    text = '',
    query = '',
  ): Promise<Answer> {
    const owner = place.account === 'AUTH_test' ? 'tester' : 'tester2';
    const allHeaders = this.credentials(owner).withAll(Headers.of(headers));
    const body = Buffer.from(text);
    const request = subrequest(ROOT_REQUEST, {
      method,
      path: pathOf(place),
      query,
      headers: allHeaders,
      body,
    });
    return ask(this.store.direct, {
      ...request,
      authority: this.store.isItsOwn ? unlimited() : 'client',
    });
  }

  private async must(
    method: string,
    place: Place,
    headers: Record<string, string> = {},
    text = '',
  ): Promise<Answer> {
    const owner = place.account === 'AUTH_test' ? 'tester' : 'tester2';
    const allHeaders = this.credentials(owner).withAll(Headers.of(headers));
    const body = Buffer.from(text);
    const request = subrequest(ROOT_REQUEST, {
      method,
      path: pathOf(place),
      headers: allHeaders,
      body,
    });
    const answer = await ask(this.store.next, request);
    if (answer.status >= 300)
      throw new Error(`${method} ${pathOf(place)}: ${answer.status} ${answer.text}`);
    return answer;
  }
}

export function pathOf({ account, container, object }: Place): string {
  const below = [container, object].filter((part) => part !== undefined && part !== '');
  return ['/v1', account, ...below.map((part) => quote(part ?? ''))].join('/');
}
