import type { Answer, Client } from '../clients/client';

/**
 * Records what was requested of a server that may be killed at any time, and what it
 * acknowledged. Contents are named by their titles; '' is none.
 */
export class Ledger {
  begun = 0;
  acknowledged = 0;
  /** The possible current contents of each unversioned object. */
  readonly plain = new Map<string, Set<string>>();
  /** Acknowledged contents of versioned objects, which must never be lost. */
  readonly kept = new Set<string>();
  /** All contents that were sent to versioned objects, acknowledged or not. */
  readonly sent = new Set<string>();
  /** Contents found in the archive, where nothing ever changes. */
  readonly archived = new Map<string, string>();

  /**
   * Records, before the request is sent, that an unversioned object may become `title`.
   */
  begin(name: string, title: string): void {
    this.begun++;
    this.plain.set(name, (this.plain.get(name) ?? new Set([''])).add(title));
  }

  /** Records that it is `title`, and nothing else. */
  done(name: string, title: string): void {
    this.acknowledged++;
    this.plain.set(name, new Set([title]));
  }
}

const LANES = 8;
const OBJECTS = 5;
const SHARED = 6;

/**
 * The bytes of a title of the form `... SIZE`: the title itself as their first line, and
 * SIZE more.
 */
export function contentOf(title: string): Buffer {
  const size = Number(title.split(' ').at(-1));
  return Buffer.concat([Buffer.from(`${title}\n`), Buffer.alloc(size, title)]);
}

/** The title of a content; undefined if it is not whole. */
export function titleOf(content: Buffer): string | undefined {
  const title = content.subarray(0, Math.max(content.indexOf('\n'), 0)).toString();
  return content.equals(contentOf(title)) ? title : undefined;
}

/** From one byte to 5 MiB, small sizes much more often. */
function randomSize(): number {
  return Math.floor(Math.exp(Math.random() * Math.log(5 * 1024 * 1024)));
}

/**
 * Writes, overwrites, copies and deletes in several concurrent lanes, until the server is
 * gone.
 */
export async function work(client: Client, ledger: Ledger, round: number): Promise<void> {
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) => new Lane(client, ledger, round, lane).run()),
  );
}

/**
 * Sends requests one after the other: to unversioned objects of this lane alone, and to
 * versioned objects that all lanes share.
 */
class Lane {
  #titles = 0;

  constructor(
    private readonly client: Client,
    private readonly ledger: Ledger,
    private readonly round: number,
    private readonly lane: number,
  ) {}

  async run(): Promise<void> {
    const kinds = [
      () => this.#put(),
      () => this.#copy(),
      () => this.#delete(),
      () => this.#keep(),
      () => this.#keep(),
      () => this.#keepCopy(),
      () => this.#deleteKept(),
    ];
    try {
      for (;;) await kinds[Math.floor(Math.random() * kinds.length)]?.();
    } catch (error) {
      if (!(error instanceof ServerGone)) throw error;
    }
  }

  async #put(): Promise<void> {
    const [name, title] = [this.#own(), this.#title()];
    this.ledger.begin(name, title);
    await this.#ask([201], 'PUT', `/plain/${name}`, {}, title);
    this.ledger.done(name, title);
  }

  async #copy(): Promise<void> {
    const [from, to] = [this.#own(), this.#own()];
    const [title = ''] = this.ledger.plain.get(from) ?? [];
    if (title === '') return;
    this.ledger.begin(to, title);
    await this.#ask([201], 'COPY', `/plain/${from}`, { Destination: `/plain/${to}` });
    this.ledger.done(to, title);
  }

  async #delete(): Promise<void> {
    const name = this.#own();
    this.ledger.begin(name, '');
    await this.#ask([204, 404], 'DELETE', `/plain/${name}`);
    this.ledger.done(name, '');
  }

  async #keep(): Promise<void> {
    const title = this.#title();
    this.ledger.begun++;
    this.ledger.sent.add(title);
    await this.#ask([201], 'PUT', `/kept/${this.#shared()}`, {}, title);
    this.ledger.acknowledged++;
    this.ledger.kept.add(title);
  }

  async #keepCopy(): Promise<void> {
    const from = this.#own();
    const [title = ''] = this.ledger.plain.get(from) ?? [];
    if (title === '') return;
    this.ledger.begun++;
    this.ledger.sent.add(title);
    await this.#ask([201], 'PUT', `/kept/${this.#shared()}`, { 'X-Copy-From': `/plain/${from}` });
    this.ledger.acknowledged++;
    this.ledger.kept.add(title);
  }

  async #deleteKept(): Promise<void> {
    this.ledger.begun++;
    await this.#ask([204, 404], 'DELETE', `/kept/${this.#shared()}`);
    this.ledger.acknowledged++;
  }

  /** @throws ServerGone if the server did not answer */
  async #ask(
    expected: readonly number[],
    method: string,
    path: string,
    headers: Record<string, string> = {},
    title?: string,
  ): Promise<void> {
    let answer: Answer;
    try {
      const body = title === undefined ? undefined : contentOf(title);
      answer = await this.client.ask(method, path, headers, body);
    } catch {
      throw new ServerGone();
    }
    if (!expected.includes(answer.status))
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString()}`);
  }

  #own(): string {
    return `lane${this.lane}-${Math.floor(Math.random() * OBJECTS)}`;
  }

  #shared(): string {
    return `shared-${Math.floor(Math.random() * SHARED)}`;
  }

  #title(): string {
    return `${this.round}-${this.lane}-${this.#titles++} ${randomSize()}`;
  }
}

class ServerGone extends Error {}
