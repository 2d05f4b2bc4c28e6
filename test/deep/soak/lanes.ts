import { contentOf, titleOf } from '../../support/judges/ledger';
import type { Answer, Client } from '../../support/clients/client';
import { MODE_HEADER, mustBe, pathOf } from '../../support/clients/containers';
import { pause } from '../../support/running/eventually';
import { RawRequest } from '../../support/clients/raw_request';
import { login } from '../../support/servers/swift';
import { deleting, putting, type Operation } from '../faults/scenes';
import type { Chance } from '../../support/running/chance';
import { Alternatives, type Ledger } from './ledger';

/** The objects in history mode that all lanes share. */
export const SHARED = Array.from({ length: 8 }, (_, i) => `shared-${i}`);
/** The bytes of small contents, and of large ones, which are streamed. */
const SMALL = 2_000;
const LARGE = 600_000;
/** The number of versions in stack mode above which an object is deleted, not written. */
const MAX_VERSIONS = 6;
/**
 * The number of possible states of an object above which its client waits for an
 * acknowledgement before it uses another.
 */
const MAX_STATES = 16;
/** In milliseconds. */
const PAUSE = 50;

export interface Containers {
  readonly history: string;
  readonly stack: string;
  readonly archive: string;
  /** Its versions have ids. */
  readonly ids: string;
  readonly plain: string;
}

/** Returns the container of one lane whose versions are enabled and disabled. */
const togglesOf = (containers: Containers, lane: number) => `${containers.plain}-toggled-${lane}`;

/** The servers that clients choose from. */
export interface Servers {
  readonly proxies: readonly { readonly url: string }[];
}

/** Makes the containers that lanes need. */
export async function makeContainers(
  client: Client,
  name: string,
  lanes: number,
): Promise<Containers> {
  const containers = {
    ...{ history: `${name}-h`, stack: `${name}-s`, archive: `${name}-a` },
    ...{ ids: `${name}-i`, plain: `${name}-p` },
  };
  const { history, stack, archive, ids, plain } = containers;
  for (const each of [archive, plain]) await mustBe(201, client.ask('PUT', `/${each}`));
  await mustBe(201, client.ask('PUT', `/${history}`, { [MODE_HEADER.history]: archive }));
  await mustBe(201, client.ask('PUT', `/${stack}`, { [MODE_HEADER.stack]: archive }));
  await mustBe(201, client.ask('PUT', `/${ids}`, { 'X-Versions-Enabled': 'true' }));
  for (let lane = 0; lane < lanes; lane++)
    await mustBe(201, client.ask('PUT', `/${togglesOf(containers, lane)}`));
  return containers;
}

/**
 * One client: sends requests in sequence through either proxy, and records the results.
 */
export class Lane {
  #titles = 0;
  #token: Client | undefined;
  /** Whether the versions of its own container are enabled; undefined if unknown. */
  #isOn: boolean | undefined = false;
  /** The content of its object there; undefined if unknown. */
  #toggled: string | undefined;

  constructor(
    private readonly site: Servers,
    private readonly containers: Containers,
    private readonly ledger: Ledger,
    private readonly number: number,
    private readonly chance: Chance,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    const kinds = [
      ...Array<() => Promise<void>>(5).fill(() => this.#keep(SMALL)),
      ...Array<() => Promise<void>>(4).fill(() => this.#stack()),
      ...Array<() => Promise<void>>(3).fill(() => this.#read()),
      ...Array<() => Promise<void>>(2).fill(() => this.#putToggled()),
      ...Array<() => Promise<void>>(4).fill(() => this.#version()),
      () => this.#keep(LARGE),
      () => this.#keepCopy(),
      () => this.#delete(),
      () => this.#describe(),
      () => this.#list(),
      () => this.#toggle(),
      () => this.#leave(),
    ];
    while (!isOver()) await this.chance.pick(kinds)();
  }

  async #keep(max: number): Promise<void> {
    const title = this.#title(max);
    const status = await this.#ask(
      'PUT',
      pathOf(this.containers.history, this.#shared()),
      {},
      title,
    );
    if (status === 201) this.ledger.kept.add(title);
  }

  /** Sends a PUT or a DELETE to a shared object whose versions have ids. */
  async #version(): Promise<void> {
    const path = pathOf(this.containers.ids, this.#shared());
    if (this.chance.below(4) === 0) {
      await this.#ask('DELETE', path);
      return;
    }
    const title = this.#title(this.chance.below(10) === 0 ? LARGE : SMALL);
    const note = ({ status, headers }: Answer) => {
      const id = headers.get('x-object-version-id');
      if (status !== 201) return;
      if (id === undefined) this.ledger.wrong.push(`a version without an id: ${title}`);
      else if (this.ledger.versions.has(`${path}?version-id=${id}`))
        this.ledger.wrong.push(`an id twice: ${path} ${id}`);
      else this.ledger.versions.set(`${path}?version-id=${id}`, title);
    };
    await this.#answer('PUT', path, note, {}, title);
  }

  async #keepCopy(): Promise<void> {
    const title = this.#title(SMALL);
    const source = pathOf(this.containers.plain, `source-${this.number}`);
    if ((await this.#ask('PUT', source, {}, title)) !== 201) return;
    const Destination = pathOf(this.containers.history, this.#shared());
    if ((await this.#ask('COPY', source, { Destination })) === 201) this.ledger.kept.add(title);
  }

  async #delete(): Promise<void> {
    await this.#ask('DELETE', pathOf(this.containers.history, this.#shared()));
  }

  async #describe(): Promise<void> {
    const headers = { 'X-Object-Meta-Colour': this.#title(0) };
    await this.#ask('POST', pathOf(this.containers.history, this.#shared()), headers);
  }

  /** Sends a PUT or a DELETE in stack mode to one of its own objects. */
  async #stack(): Promise<void> {
    const object = `own-${this.number}-${this.chance.below(3)}`;
    const alternatives = this.ledger.stacks.get(object) ?? new Alternatives();
    this.ledger.stacks.set(object, alternatives);
    if (alternatives.states.length > MAX_STATES) return;
    const isFull = alternatives.states.some(({ archive }) => archive.length > MAX_VERSIONS);
    const title = this.#title(this.chance.below(10) === 0 ? LARGE : SMALL);
    const operation: Operation =
      isFull || this.chance.below(3) === 0 ? deleting([], 'DELETE') : putting(title, [], 'PUT');
    const isPut = operation.name === 'PUT';
    const path = pathOf(this.containers.stack, object);
    const status = await (isPut ? this.#ask('PUT', path, {}, title) : this.#ask('DELETE', path));
    const model = (state: Parameters<Operation['model']>[1]) =>
      operation.model('stack', state).state;
    if (isPut ? status === 201 : status === 204 || status === 404) alternatives.done(model);
    else alternatives.unknown(model);
  }

  async #read(): Promise<void> {
    const path = pathOf(this.containers.history, this.#shared());
    await this.#answer('GET', path, (answer) => {
      if (answer.status === 200 && titleOf(answer.body) === undefined)
        this.ledger.wrong.push(`${path} was read and is not whole: ${answer.body.length} bytes`);
    });
  }

  async #list(): Promise<void> {
    await this.#ask('GET', `/${this.containers.archive}?limit=100&prefix=008`);
  }

  /** Enables or disables the versions of its own container. */
  async #toggle(): Promise<void> {
    const on = this.chance.below(2) === 0;
    const headers: Record<string, string> = on
      ? { [MODE_HEADER.history]: this.containers.archive }
      : { 'X-Remove-History-Location': 'x' };
    const status = await this.#ask('POST', `/${togglesOf(this.containers, this.number)}`, headers);
    this.#isOn = status === 204 ? on : undefined;
  }

  /** Writes there; the known current content is archived if versions are enabled. */
  async #putToggled(): Promise<void> {
    const title = this.#title(SMALL);
    const path = pathOf(togglesOf(this.containers, this.number), `toggled-${this.number}`);
    const status = await this.#ask('PUT', path, {}, title);
    if (status === 201 && this.#isOn && this.#toggled !== undefined)
      this.ledger.archived.add(this.#toggled);
    this.#toggled = status === 201 ? title : undefined;
  }

  /** Disconnects amid a body. */
  async #leave(): Promise<void> {
    const title = this.#title(LARGE);
    const content = contentOf(title);
    try {
      const client = await this.#client();
      const path = pathOf(this.containers.history, this.#shared());
      const request = await RawRequest.begin(client, 'PUT', path, {
        'Content-Length': String(content.length + 1),
      });
      await request.write(content.subarray(0, this.chance.below(content.length)));
      await pause(this.chance.below(PAUSE));
      if (this.chance.below(2) === 0) request.reset();
      else request.leave();
    } catch {
      // its proxy stopped first
    }
  }

  /**
   * Sends a request, with a content if `title` is set; returns the status, 0 if none
   * came.
   */
  #ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    title?: string,
  ): Promise<number> {
    return this.#answer(method, path, () => undefined, headers, title);
  }

  async #answer(
    method: string,
    path: string,
    look: (answer: Answer) => void,
    headers: Record<string, string> = {},
    title?: string,
  ): Promise<number> {
    let answer: Answer;
    const began = Date.now();
    const note = (status: number) =>
      this.ledger.note({ lane: this.number, method, path, title, status, began });
    try {
      const client = await this.#client();
      answer = await client.ask(
        method,
        path,
        headers,
        title === undefined ? undefined : contentOf(title),
      );
    } catch {
      note(0);
      this.ledger.answered(0);
      await pause(PAUSE);
      return 0;
    }
    note(answer.status);
    this.ledger.answered(answer.status);
    look(answer);
    if (answer.status === 401) this.#token = undefined;
    else if (![200, 201, 202, 204, 404, 408, 500, 502, 503, 507].includes(answer.status))
      this.ledger.wrong.push(`${method} ${path}: ${answer.status} ${answer.body.toString()}`);
    if (answer.status >= 500) await pause(PAUSE);
    return answer.status;
  }

  async #client(): Promise<Client> {
    const { url } = this.chance.pick(this.site.proxies);
    const client = (this.#token ??= await login(url, 'tester'));
    return client.at(url);
  }

  #shared(): string {
    return this.chance.pick(SHARED);
  }

  /** Returns a title; small sizes are much more frequent. */
  #title(max: number): string {
    const size = Math.floor(Math.exp(this.chance.next() * Math.log(max + 1)));
    const title = `${this.number}-${this.#titles++} ${size}`;
    this.ledger.sent.add(title);
    return title;
  }
}
