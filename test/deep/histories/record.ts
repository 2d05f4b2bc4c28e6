import { createHash } from 'node:crypto';
import type { Answer, Client } from '../../support/clients/client';
import {
  archivePrefix,
  MARKER_TYPE,
  MODE_HEADER,
  MODES,
  mustBe,
  newContainer,
  pathOf,
} from '../../support/clients/containers';
import { pause } from '../../support/running/eventually';
import {
  type Call,
  type Content,
  type Entry,
  type Found,
  type History,
  type Operation,
  type Setting,
  type Store,
} from './history';
import { bodyOf, type Plan, type PlannedCall, type PlannedStep } from './plan';
import { sendPut } from './requests';

/** Where histories are recorded. */
export interface Place {
  readonly name: string;
  readonly store: Store;
  /** One for each proxy. */
  readonly clients: readonly [Client, ...Client[]];
}

/** The beginning of the type of a delete marker, even if it is still being written. */
const MARKER_BEGUN = 'application/x-deleted';

type Outcome = Pick<Operation, 'status' | 'content' | 'setting'>;
interface Line {
  readonly name: string;
  readonly content_type: string;
}

/** Runs a plan in containers of its own and records the responses. */
export class Recorder {
  readonly #operations: Operation[] = [];
  readonly #contents = new Map<string, Content>();
  readonly #bodies = new Map<Content, Buffer>();
  #container = '';
  #archive = '';
  #start = 0;

  constructor(
    private readonly place: Place,
    private readonly plan: Plan,
  ) {
    for (const { call } of [...plan.first, ...plan.clients.flat()]) {
      if (call.do !== 'put') continue;
      const body = bodyOf(call.content, call.size);
      this.#bodies.set(call.content, body);
      this.#contents.set(md5(body), call.content);
    }
  }

  /** Runs all steps, and waits for all responses. */
  async run(): Promise<void> {
    const [client] = this.place.clients;
    const { initially } = this.plan;
    this.#archive = await newContainer(client, 'archive');
    this.#container = await newContainer(
      client,
      'history',
      initially === 'off' ? {} : this.#setting(initially),
    );
    this.#start = performance.now();
    await this.#client(0, this.plan.first);
    await Promise.all(this.plan.clients.map((steps, i) => this.#client(i, steps)));
  }

  /** Returns the history, with the current state as the final one. */
  async history(): Promise<History> {
    const { seed, initially, objects } = this.plan;
    const prefixes = objects.map(archivePrefix);
    const lines = await this.#list('');
    const entries = await Promise.all(
      objects.map(async (name) => [name, await this.#found(name)] as const),
    );
    return {
      seed,
      where: this.place.name,
      store: this.place.store,
      initially,
      operations: [...this.#operations].sort((one, other) => one.began - other.began),
      finally: {
        setting: (await this.#show()).setting ?? 'off',
        objects: Object.fromEntries(entries),
        strays: lines
          .map(({ name }) => name)
          .filter((name) => !prefixes.some((prefix) => name.startsWith(prefix))),
      },
    };
  }

  async #client(index: number, steps: readonly PlannedStep[]): Promise<void> {
    for (const { call: planned, pause: wait, through: proxy } of steps) {
      if (wait > 0) await pause(wait);
      const through = proxy % this.place.clients.length;
      const client = this.place.clients[through] ?? this.place.clients[0];
      const call = await this.#decided(client, planned);
      if (!call) continue;
      const began = performance.now() - this.#start;
      const size = planned.do === 'put' ? planned.size : 0;
      const outcome = await this.#ask(client, call, size).catch((): Outcome => ({}));
      const ended = performance.now() - this.#start;
      this.#operations.push({ client: index, through, call, began, ended, ...outcome });
    }
  }

  /** Decides what a restore restores, from what there is now. */
  async #decided(client: Client, call: PlannedCall): Promise<Call | undefined> {
    if (call.do === 'put')
      return { do: call.do, object: call.object, content: call.content, way: call.way };
    if (call.do !== 'restore') return call;
    const lines = await this.#list(archivePrefix(call.of), client);
    const entries = lines.filter(({ content_type }) => !content_type.startsWith(MARKER_BEGUN));
    const entry = entries.at(-1 - call.newest) ?? entries.at(-1);
    return entry && { do: call.do, entry: entry.name, object: call.object, spelled: call.spelled };
  }

  async #ask(client: Client, call: Call, size: number): Promise<Outcome> {
    switch (call.do) {
      case 'put':
        return this.#put(client, call, size);
      case 'copy':
        return this.#copy(
          client,
          pathOf(this.#container, call.from),
          pathOf(this.#container, call.to),
          call.spelled,
        );
      case 'restore':
        return this.#copy(
          client,
          pathOf(this.#archive, call.entry),
          pathOf(this.#container, call.object),
          call.spelled,
        );
      case 'delete':
        return {
          status: (await client.ask('DELETE', pathOf(this.#container, call.object))).status,
        };
      case 'post':
        return {
          status: (
            await client.ask('POST', pathOf(this.#container, call.object), {
              'X-Object-Meta-A': 'b',
            })
          ).status,
        };
      case 'get':
      case 'head': {
        const answer = await client.ask(
          call.do.toUpperCase(),
          pathOf(this.#container, call.object),
        );
        const { status, body, headers } = answer;
        if (status !== 200) return { status };
        return {
          status,
          content: this.#named(call.do === 'get' ? md5(body) : headers.get('etag')),
        };
      }
      case 'set':
        return {
          status: (await client.ask('POST', `/${this.#container}`, this.#setting(call.setting)))
            .status,
        };
      case 'show':
        return this.#show(client);
    }
  }

  async #put(client: Client, call: Extract<Call, { do: 'put' }>, size: number): Promise<Outcome> {
    const body = this.#bodies.get(call.content) ?? Buffer.alloc(0);
    const response = await sendPut(
      client,
      pathOf(this.#container, call.object),
      call.way,
      body,
      size,
    );
    return response ? { status: response.status } : {};
  }

  async #copy(client: Client, from: string, to: string, spelled: string): Promise<Outcome> {
    const { status, headers } =
      spelled === 'COPY'
        ? await client.ask('COPY', from, { Destination: to })
        : await client.ask('PUT', to, { 'X-Copy-From': from });
    const etag = headers.get('etag');
    // Swift may omit the ETag of a copy that a newer write has overtaken
    const isTold = (status === 201 || status === 202) && etag !== undefined;
    return isTold ? { status, content: this.#named(etag) } : { status };
  }

  async #show(client: Client = this.place.clients[0]): Promise<Outcome> {
    const { status, headers } = await client.ask('GET', `/${this.#container}?limit=1`);
    const setting = MODES.find((mode) => headers.has(MODE_HEADER[mode])) ?? 'off';
    return status < 300 ? { status, setting } : { status };
  }

  #setting(setting: Setting): Record<string, string> {
    return setting === 'off'
      ? { 'X-Remove-Versions-Location': 'x' }
      : { [MODE_HEADER[setting]]: this.#archive };
  }

  async #found(name: string): Promise<Found> {
    const [client] = this.place.clients;
    const lines = await this.#list(archivePrefix(name));
    const { status, body } = await client.ask('GET', pathOf(this.#container, name));
    const archive = await Promise.all(
      lines.map(async ({ name, content_type }): Promise<Entry> => {
        if (content_type === MARKER_TYPE) return { name, content: null };
        const entry = await client.ask('GET', pathOf(this.#archive, name));
        return {
          name,
          content: entry.status === 200 ? this.#named(md5(entry.body)) : `?${entry.status}`,
        };
      }),
    );
    return {
      current: status === 404 ? null : status === 200 ? this.#named(md5(body)) : `?${status}`,
      archive,
    };
  }

  async #list(prefix: string, client: Client = this.place.clients[0]): Promise<Line[]> {
    const query = `format=json&prefix=${encodeURIComponent(prefix)}`;
    const { body }: Answer = await mustBe(200, client.ask('GET', `/${this.#archive}?${query}`));
    return JSON.parse(body.toString()) as Line[];
  }

  #named(checksum: string | undefined): Content {
    const plain = checksum?.replaceAll('"', '') ?? '';
    return this.#contents.get(plain) ?? `?${plain}`;
  }
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}
