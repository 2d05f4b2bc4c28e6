import { NEW_MARKER_TYPE } from '../../../src/swift_api/markers';
import { Client, type Answer } from '../client';
import { archivePrefix, MARKER_TYPE, MODE_HEADER, mustBe, pathOf } from '../containers';
import { inDialect } from '../dialect';
import { lookAtVersions, queryOf } from './seen_with_ids';
import { hasIds, type Content, type Entry, type Setting, type Versioned } from './world';
import type { NullAt } from './world_of_dialects';
import type { Which } from './world_with_ids';

const HIDDEN = ['x-object-meta-hindsight-', 'x-container-meta-hindsight-'];
/** The one note that is for clients. */
const SHOWN = 'x-object-meta-hindsight-manifest';
const META = 'X-Object-Meta-Step';

/** A client that is shown nothing of what the proxy notes for itself, or fails. */
export class StrictClient extends Client {
  static of({ url, credentials, account }: Client): StrictClient {
    return new StrictClient(url, credentials, account);
  }

  override async send(...request: Parameters<Client['send']>): Promise<Answer> {
    const answer = await super.send(...request);
    for (const [name] of answer.headers.entries()) {
      if (name !== SHOWN && HIDDEN.some((prefix) => name.startsWith(prefix)))
        throw new Error(`the client is shown ${name} by ${request[0]} ${request[1]}`);
    }
    return answer;
  }
}

/** What is in an object's container and in its archive, as a client sees it, in the words of a model. */
export interface Seen extends Versioned {
  /** Where versions have ids: which of them is listed as the latest. */
  readonly latest?: number | undefined;
  /** The same: which of them filters for other APIs are shown as the null version. */
  readonly nullAt?: NullAt;
  /** The same: what is known by each id. */
  readonly ids?: ReadonlyMap<string, string>;
  /** What no state may have: markers that look like none to a client, say. */
  readonly oddities: readonly string[];
  /** How much the store has that no listing shows, if that can be looked at. */
  readonly hidden: number;
}

/** An object, or an entry, as it was answered. */
interface Found {
  readonly content: Content;
  readonly type: string | undefined;
  readonly expires: boolean;
}

/** The containers of a cell, and who acts there. */
export class Place {
  readonly archive: string;
  readonly segments: string;

  /**
   * @param container the cell's name; `shared` a container with what cells copy and link to
   * @param more `store`: the same user at the store itself, where it can be reached; `isOfDialects`: what filters for other APIs are shown counts as well
   */
  constructor(
    readonly client: Client,
    readonly container: string,
    readonly shared: string,
    private readonly more: {
      readonly store?: Client | undefined;
      readonly isOfDialects?: boolean;
    } = {},
  ) {
    this.archive = `${container}_archive`;
    this.segments = `${container}_segments`;
  }

  get store(): Client | undefined {
    return this.more.store;
  }

  get isOfDialects(): boolean {
    return this.more.isOfDialects === true;
  }

  /** The same for the client as a filter for another API. */
  get dialect(): Place {
    return new Place(
      StrictClient.of(inDialect(this.client)),
      this.container,
      this.shared,
      this.more,
    );
  }

  async create(setting: Setting | undefined): Promise<void> {
    if (!hasIds(setting)) await mustBe(201, this.client.ask('PUT', `/${this.archive}`));
    const headers = setting && this.headersOf(setting);
    await mustBe(201, this.client.ask('PUT', `/${this.container}`, headers));
  }

  /** What puts a setting in force on the container. */
  headersOf(setting: Setting | undefined): Record<string, string> {
    if (setting === undefined) return { 'X-Remove-Versions-Location': 'x' };
    if (hasIds(setting)) return { 'X-Versions-Enabled': String(setting === 'ids') };
    return { [MODE_HEADER[setting]]: this.archive };
  }

  /** The query that asks for one of the versions of an object. */
  queryOf(name: string, which: Which): Promise<string> {
    return queryOf(this, name, which);
  }

  /** Asks for an object of the container; the metadata tells which step wrote it. */
  ask(
    method: string,
    name: string,
    { meta, headers, query = '', body }: AskOptions = {},
  ): Promise<Answer> {
    const all = { ...(meta === undefined ? {} : { [META]: meta }), ...headers };
    return this.client.ask(method, `${pathOf(this.container, name)}${query}`, all, body);
  }

  /** Names and types in the archive of an object, the oldest first. */
  async entries(name: string): Promise<{ readonly name: string; readonly content_type: string }[]> {
    const query = `format=json&prefix=${encodeURIComponent(archivePrefix(name))}`;
    const { body } = await mustBe(200, this.client.ask('GET', `/${this.archive}?${query}`));
    return JSON.parse(body.toString()) as { name: string; content_type: string }[];
  }

  async look(name: string): Promise<Seen> {
    const { status, headers } = await this.client.ask('HEAD', `/${this.container}`);
    if (status === 404 || headers.has('x-versions-enabled')) return lookAtVersions(this, name);
    const seen = { archive: [] as Entry[], oddities: [] as string[] };
    const now = await this.read(this.container, name);
    for (const entry of await this.entries(name)) {
      const found = await this.read(this.archive, entry.name);
      if (!found) {
        seen.oddities.push(`${entry.name} is listed and not there`);
      } else if (found.type?.startsWith('application/x-deleted')) {
        seen.archive.push('delete marker');
        const text = `a delete marker is listed as ${entry.content_type}, and is ${found.type}`;
        if (entry.content_type !== MARKER_TYPE || found.type !== MARKER_TYPE)
          seen.oddities.push(text);
        else if (found.expires) seen.oddities.push('a delete marker expires');
      } else {
        seen.archive.push(found.content);
      }
    }
    return { ...seen, current: now?.content, hidden: await this.unfinished(name) };
  }

  /** Delete markers in the archive of an object whose deletes have not happened: the store has them, and no client lists them. */
  private async unfinished(name: string): Promise<number> {
    if (!this.store) return 0;
    const query = `format=json&prefix=${encodeURIComponent(archivePrefix(name))}`;
    const { status, body } = await this.store.ask('GET', `/${this.archive}?${query}`);
    if (status !== 200) return 0;
    const there = JSON.parse(body.toString()) as { content_type: string }[];
    return there.filter(({ content_type }) => content_type === NEW_MARKER_TYPE).length;
  }

  private async read(container: string, name: string): Promise<Found | undefined> {
    const path = `${pathOf(container, name)}?multipart-manifest=get&symlink=get`;
    const answer = await this.client.ask('GET', path);
    if (answer.status === 404) return undefined;
    await mustBe(200, Promise.resolve(answer));
    const { headers } = answer;
    return {
      content: contentOf(answer),
      type: headers.get('content-type'),
      expires: headers.has('x-delete-at'),
    };
  }
}

interface AskOptions {
  readonly meta?: string;
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly body?: string;
}

/** An object as models call it: by its body, or as the large object or the link that it is. */
export function contentOf({ headers, body }: Answer): Content {
  const meta = headers.get(META) ?? '';
  const link = headers.get('x-symlink-target');
  if (link !== undefined) return { body: `link(${lastPart(link)})`, meta };
  if (headers.has('x-object-manifest')) return { body: 'dlo', meta };
  const text = body.toString();
  if (!text.startsWith('[{')) return { body: text, meta };
  const parts = JSON.parse(text) as { name?: string; path?: string }[];
  return {
    body: `slo(${parts.map(({ name, path }) => lastPart(name ?? path ?? '')).join()})`,
    meta,
  };
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? '';
}
