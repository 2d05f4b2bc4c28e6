import { NEW_MARKER_TYPE } from '../../../../src/swift_api/markers';
import { Client, type Answer } from '../../clients/client';
import { archivePrefix, MARKER_TYPE, MODE_HEADER, mustBe, pathOf } from '../../clients/containers';
import { inDialect } from '../../servers/dialect';
import { lookAtVersions, queryOf } from './seen_with_ids';
import { hasIds, type Content, type Entry, type Setting, type Versioned } from './world';
import type { NullAt } from './world_of_dialects';
import type { Which } from './world_with_ids';

const HIDDEN = ['x-object-meta-hindsight-', 'x-container-meta-hindsight-'];
/** The one note that clients may see. */
const SHOWN = 'x-object-meta-hindsight-manifest';
const META = 'X-Object-Meta-Step';

/** A client that throws if a response reveals notes that the proxy makes for itself. */
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

/** An object's container and archive as a client sees them, in the terms of a model. */
export interface Seen extends Versioned {
  /** With object versioning: the version listed as the latest. */
  readonly latest?: number | undefined;
  /** With object versioning: the null version, as filters for other APIs see it. */
  readonly nullAt?: NullAt;
  /** With object versioning: the content of each id. */
  readonly ids?: ReadonlyMap<string, string>;
  /** Findings that no state may have, such as markers that clients do not recognize. */
  readonly oddities: readonly string[];
  /**
   * Number of entries in the store that no listing shows, if the store can be inspected.
   */
  readonly hidden: number;
}

/** An object or entry, as read. */
interface Found {
  readonly content: Content;
  readonly type: string | undefined;
  readonly expires: boolean;
}

/** The containers of a cell, and the client that acts on them. */
export class Place {
  readonly archive: string;
  readonly segments: string;

  /**
   * @param container the cell's name
   * @param shared a container with objects for cells to copy and link to
   * @param more `store`: the same user at the store itself, if it can be reached;
   *   `isOfDialects`: whether to check what filters for other APIs see, too
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

  /** The same place for the client as a filter for another API. */
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

  /** The headers that apply a setting to the container. */
  headersOf(setting: Setting | undefined): Record<string, string> {
    if (setting === undefined) return { 'X-Remove-Versions-Location': 'x' };
    if (hasIds(setting)) return { 'X-Versions-Enabled': String(setting === 'ids') };
    return { [MODE_HEADER[setting]]: this.archive };
  }

  /** The query for one of the versions of an object. */
  queryOf(name: string, which: Which): Promise<string> {
    return queryOf(this, name, which);
  }

  /**
   * Sends a request for an object of the container; its metadata names the step that
   * wrote it.
   */
  ask(
    method: string,
    name: string,
    { meta, headers, query = '', body }: AskOptions = {},
  ): Promise<Answer> {
    const all = { ...(meta === undefined ? {} : { [META]: meta }), ...headers };
    return this.client.ask(method, `${pathOf(this.container, name)}${query}`, all, body);
  }

  /** Names and types of an object's entries in the archive, the oldest first. */
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
      const stored = await this.read(this.archive, entry.name);
      if (!stored) {
        seen.oddities.push(`${entry.name} is listed and not there`);
      } else if (stored.type?.startsWith('application/x-deleted')) {
        seen.archive.push('delete marker');
        const text = `a delete marker is listed as ${entry.content_type}, and is ${stored.type}`;
        if (entry.content_type !== MARKER_TYPE || stored.type !== MARKER_TYPE)
          seen.oddities.push(text);
        else if (stored.expires) seen.oddities.push('a delete marker expires');
      } else {
        seen.archive.push(stored.content);
      }
    }
    return { ...seen, current: now?.content, hidden: await this.unfinished(name) };
  }

  /**
   * Counts delete markers in an object's archive whose deletes have not happened: the
   * store has them, but no client lists them.
   */
  private async unfinished(name: string): Promise<number> {
    if (!this.store) return 0;
    const query = `format=json&prefix=${encodeURIComponent(archivePrefix(name))}`;
    const { status, body } = await this.store.ask('GET', `/${this.archive}?${query}`);
    if (status !== 200) return 0;
    const entries = JSON.parse(body.toString()) as { content_type: string }[];
    return entries.filter(({ content_type }) => content_type === NEW_MARKER_TYPE).length;
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

/** An object in the terms of models: its body, or the large object or link that it is. */
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
