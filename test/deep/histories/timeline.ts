import type { Client } from '../../support/clients/client';
import { pause } from '../../support/running/eventually';

/** A step of a plan; its call is decided when it is made. */
interface Step<Planned> {
  readonly call: Planned;
  readonly pause: number;
  readonly through: number;
}

/** A call that was made, in milliseconds since the beginning. */
interface Made<Call> {
  readonly client: number;
  readonly through: number;
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
}

interface Requests<Planned, Call, Outcome> {
  /** Returns undefined if there is nothing to do. */
  decide(client: Client, planned: Planned): Promise<Call | undefined>;
  ask(client: Client, call: Call, size: number): Promise<Outcome>;
}

/** Runs the steps of several clients at once, and records what they did and when. */
export class Timeline<
  Planned extends { readonly do: string; readonly size?: number },
  Call,
  Outcome extends object,
> {
  readonly #made: (Made<Call> & Partial<Outcome>)[] = [];
  #start = 0;

  /** @param clients one for each proxy */
  constructor(
    private readonly clients: readonly [Client, ...Client[]],
    private readonly requests: Requests<Planned, Call, Outcome>,
  ) {}

  /** Runs the first client's steps alone, and then those of all clients. */
  async run(plan: {
    readonly first: readonly Step<Planned>[];
    readonly clients: readonly (readonly Step<Planned>[])[];
  }): Promise<void> {
    this.#start = performance.now();
    await this.#client(0, plan.first);
    await Promise.all(plan.clients.map((steps, i) => this.#client(i, steps)));
  }

  /** The calls in the order of their beginnings. */
  operations(): (Made<Call> & Partial<Outcome>)[] {
    return [...this.#made].sort((one, other) => one.began - other.began);
  }

  async #client(index: number, steps: readonly Step<Planned>[]): Promise<void> {
    for (const { call: planned, pause: wait, through: proxy } of steps) {
      if (wait > 0) await pause(wait);
      const through = proxy % this.clients.length;
      const client = this.clients[through] ?? this.clients[0];
      const call = await this.requests.decide(client, planned);
      if (call === undefined) continue;
      const began = this.#now();
      const outcome = await this.requests
        .ask(client, call, planned.size ?? 0)
        .catch((): Partial<Outcome> => ({}));
      this.#made.push({ client: index, through, call, began, ended: this.#now(), ...outcome });
    }
  }

  #now(): number {
    return performance.now() - this.#start;
  }
}
