import { Client, type Answer } from '../client';
import { archivePrefix, MARKER_TYPE, MODE_HEADER, mustBe, pathOf, type Mode } from '../containers';
import type { Content, Entry, Versioned } from './world';

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
  /** What no state may have: markers that look like none to a client, say. */
  readonly oddities: readonly string[];
}

/** The containers of a cell, and who acts there. */
export class Place {
  readonly archive: string;
  readonly segments: string;

  /** @param container the cell's name; `shared` a container with what cells copy and link to */
  constructor(
    readonly client: Client,
    readonly container: string,
    readonly shared: string,
  ) {
    this.archive = `${container}_archive`;
    this.segments = `${container}_segments`;
  }

  async create(mode: Mode | undefined): Promise<void> {
    await mustBe(201, this.client.ask('PUT', `/${this.archive}`));
    const headers = mode && { [MODE_HEADER[mode]]: this.archive };
    await mustBe(201, this.client.ask('PUT', `/${this.container}`, headers));
  }

  /** Asks for an object of the container; the metadata tells which step wrote it. */
  ask(method: string, name: string, { meta, headers, query = '', body }: AskOptions = {}): Promise<Answer> {
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
    const oddities: string[] = [];
    const now = await this.read(this.container, name);
    const archive: Entry[] = [];
    for (const entry of await this.entries(name)) {
      const found = await this.read(this.archive, entry.name);
      const types = [entry.content_type, found?.type];
      if (!types.some((type) => type?.startsWith('application/x-deleted'))) {
        if (found) archive.push(found.content);
        else oddities.push(`${entry.name} is listed and not there`);
        continue;
      }
      archive.push('delete marker');
      if (types.some((type) => type !== MARKER_TYPE))
        oddities.push(`a delete marker is listed as ${types[0] ?? ''}, and is ${types[1] ?? 'not there'}`);
    }
    return { current: now?.content, archive, oddities };
  }

  private async read(container: string, name: string) {
    const path = `${pathOf(container, name)}?multipart-manifest=get&symlink=get`;
    const answer = await this.client.ask('GET', path);
    if (answer.status === 404) return undefined;
    await mustBe(200, Promise.resolve(answer));
    return { content: contentOf(answer), type: answer.headers.get('content-type') };
  }
}

interface AskOptions {
  readonly meta?: string;
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly body?: string;
}

/** An object as models call it: by its body, or as the large object or the link that it is. */
function contentOf({ headers, body }: Answer): Content {
  const meta = headers.get(META) ?? '';
  const link = headers.get('x-symlink-target');
  if (link !== undefined) return { body: `link(${lastPart(link)})`, meta };
  const text = body.toString();
  if (!text.startsWith('[{')) return { body: text, meta };
  const parts = JSON.parse(text) as { name?: string; path?: string }[];
  return { body: `slo(${parts.map(({ name, path }) => lastPart(name ?? path ?? '')).join()})`, meta };
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? '';
}
