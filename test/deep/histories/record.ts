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
import {
  type Call,
  type Entry,
  type Found,
  type History,
  type Operation,
  type Setting,
  type Store,
} from './history';
import type { Plan, PlannedCall } from './plan';
import { Contents } from './contents';
import { sendPut } from './requests';
import { Timeline } from './timeline';

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
  readonly #contents: Contents;
  readonly #timeline: Timeline<PlannedCall, Call, Outcome>;
  #container = '';
  #archive = '';

  constructor(
    private readonly place: Place,
    private readonly plan: Plan,
  ) {
    this.#contents = new Contents([...plan.first, ...plan.clients.flat()]);
    this.#timeline = new Timeline(place.clients, {
      decide: (client, planned: PlannedCall) => this.#decided(client, planned),
      ask: (client, call: Call, size) => this.#ask(client, call, size),
    });
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
    await this.#timeline.run(this.plan);
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
      operations: this.#timeline.operations(),
      finally: {
        setting: (await this.#show()).setting ?? 'off',
        objects: Object.fromEntries(entries),
        strays: lines
          .map(({ name }) => name)
          .filter((name) => !prefixes.some((prefix) => name.startsWith(prefix))),
      },
    };
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
          content:
            call.do === 'get'
              ? this.#contents.of(body)
              : this.#contents.withChecksum(headers.get('etag')),
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
    const body = this.#contents.bodyOf(call.content);
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
    return isTold ? { status, content: this.#contents.withChecksum(etag) } : { status };
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
          content: entry.status === 200 ? this.#contents.of(entry.body) : `?${entry.status}`,
        };
      }),
    );
    return {
      current: status === 404 ? null : status === 200 ? this.#contents.of(body) : `?${status}`,
      archive,
    };
  }

  async #list(prefix: string, client: Client = this.place.clients[0]): Promise<Line[]> {
    const query = `format=json&prefix=${encodeURIComponent(prefix)}`;
    const { body }: Answer = await mustBe(200, client.ask('GET', `/${this.#archive}?${query}`));
    return JSON.parse(body.toString()) as Line[];
  }
}
