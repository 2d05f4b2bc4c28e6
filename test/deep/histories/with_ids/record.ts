import type { Answer, Client } from '../../../support/clients/client';
import { MARKER_TYPE, mustBe, pathOf } from '../../../support/clients/containers';
import { newContainerWithIds, versionsIn } from '../../../support/clients/with_ids';
import { Contents } from '../contents';
import type { Content } from '../history';
import type { Place } from '../record';
import { sendPut } from '../requests';
import { Timeline } from '../timeline';
import type { Call, Found, History, Line, Operation } from './history';
import type { Plan, PlannedCall } from './plan';

type Outcome = Pick<Operation, 'status' | 'id' | 'content' | 'lines' | 'enabled'>;

/** An id that no version has. */
const NEVER = '0000000001.00000';

/** Runs a plan in a container of its own with version ids; records the responses. */
export class Recorder {
  readonly #contents: Contents;
  readonly #timeline: Timeline<PlannedCall, Call, Outcome>;
  #container = '';

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
    this.#container = await newContainerWithIds(client);
    if (!this.plan.initially) await mustBe(204, this.#set(client, false));
    await this.#timeline.run(this.plan);
  }

  /** Returns the history, with the current state as the final one. */
  async history(): Promise<History> {
    const { seed, initially, objects } = this.plan;
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
        enabled: (await this.#ask(this.place.clients[0], { do: 'show' }, 0)).enabled ?? false,
        objects: Object.fromEntries(entries),
      },
    };
  }

  /** Selects an existing version. */
  async #decided(client: Client, call: PlannedCall): Promise<Call> {
    const idOf = async (object: string, newest: number) => {
      const ids = (await this.#lines(client, object))
        .map(({ id }) => id)
        .filter((id) => id !== 'null');
      return ids[newest] ?? ids.at(-1) ?? NEVER;
    };
    switch (call.do) {
      case 'put':
        return { do: call.do, object: call.object, content: call.content, way: call.way };
      case 'copy': {
        const { newest, ...copy } = call;
        return newest === undefined ? copy : { ...copy, id: await idOf(call.from, newest) };
      }
      case 'read':
      case 'restore':
      case 'drop':
        return { do: call.do, object: call.object, id: await idOf(call.object, call.newest) };
      default:
        return call;
    }
  }

  async #ask(client: Client, call: Call, size: number): Promise<Outcome> {
    switch (call.do) {
      case 'put': {
        const body = this.#contents.bodyOf(call.content);
        const answer = await sendPut(client, this.#path(call.object), call.way, body, size);
        return answer ? outcomeOf(answer) : {};
      }
      case 'copy': {
        const from =
          this.#path(call.from) + (call.id === undefined ? '' : `?version-id=${call.id}`);
        const to = this.#path(call.to);
        const answer =
          call.spelled === 'COPY'
            ? await client.ask('COPY', from, { Destination: to })
            : await client.ask('PUT', to, { 'X-Copy-From': from });
        return answer.status === 201
          ? {
              ...outcomeOf(answer),
              content: this.#contents.withChecksum(answer.headers.get('etag')),
            }
          : outcomeOf(answer);
      }
      case 'delete':
        return outcomeOf(await client.ask('DELETE', this.#path(call.object)));
      case 'post':
        return {
          status: (await client.ask('POST', this.#path(call.object), { 'X-Object-Meta-A': 'b' }))
            .status,
        };
      case 'get':
      case 'head':
        return this.#read(client, call.do, this.#path(call.object));
      case 'read':
        return this.#read(client, 'get', `${this.#path(call.object)}?version-id=${call.id}`);
      case 'restore':
      case 'drop': {
        const method = call.do === 'drop' ? 'DELETE' : 'PUT';
        const { status } = await client.ask(
          method,
          `${this.#path(call.object)}?version-id=${call.id}`,
        );
        return { status };
      }
      case 'list':
        return { status: 200, lines: await this.#lines(client, call.object) };
      case 'set':
        return { status: (await this.#set(client, call.enabled)).status };
      case 'show': {
        const { status, headers } = await client.ask('HEAD', `/${this.#container}`);
        return { status, enabled: headers.get('x-versions-enabled') === 'True' };
      }
    }
  }

  async #read(client: Client, method: 'get' | 'head', path: string): Promise<Outcome> {
    const answer = await client.ask(method.toUpperCase(), path);
    if (answer.status !== 200) return { status: answer.status };
    const content =
      method === 'get'
        ? this.#contents.of(answer.body)
        : this.#contents.withChecksum(answer.headers.get('etag'));
    return { ...outcomeOf(answer), content };
  }

  async #lines(client: Client, object: string): Promise<Line[]> {
    const lines = await versionsIn(client, this.#container, object);
    return lines
      .filter(({ name }) => name === object)
      .map(({ version_id, is_latest, content_type }) => ({
        id: version_id,
        isLatest: is_latest,
        isMarker: content_type === MARKER_TYPE,
      }));
  }

  async #found(name: string): Promise<Found> {
    const [client] = this.place.clients;
    const lines = await this.#lines(client, name);
    const { status, id = '', content = '' } = await this.#read(client, 'get', this.#path(name));
    const contents: Record<string, Content | null> = {};
    for (const line of lines) {
      if (line.id === 'null') continue;
      const version = client.ask('GET', `${this.#path(name)}?version-id=${line.id}`);
      const answer = await mustBe(line.isMarker ? 404 : 200, version);
      contents[line.id] = line.isMarker ? null : this.#contents.of(answer.body);
    }
    return { current: status === 200 ? { id, content } : null, lines, contents };
  }

  #set(client: Client, enabled: boolean): Promise<Answer> {
    return client.ask('POST', `/${this.#container}`, { 'X-Versions-Enabled': String(enabled) });
  }

  #path(name: string): string {
    return pathOf(this.#container, name);
  }
}

function outcomeOf({ status, headers }: Pick<Answer, 'status' | 'headers'>): Outcome {
  const id = headers.get('x-object-version-id');
  return id === undefined ? { status } : { status, id };
}
