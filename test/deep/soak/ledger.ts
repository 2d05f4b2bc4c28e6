import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../faults/scenes';

/** The possible states of an object in stack mode with one client; one is the truth. */
export class Alternatives {
  #states: readonly State[] = [{ current: undefined, archive: [] }];

  get states(): readonly State[] {
    return this.#states;
  }

  /** Applies an acknowledged operation. */
  done(model: (state: State) => State): void {
    this.#become(this.#states.map(model));
  }

  /** Applies an operation that may or may not have been done. */
  unknown(model: (state: State) => State): void {
    this.#become([...this.#states, ...this.#states.map(model)]);
  }

  #become(states: readonly State[]): void {
    this.#states = [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
  }
}

/** What clients did, and the responses. Contents are identified by their titles. */
export class Ledger {
  requests = 0;
  /** How often each status occurred; 0 for a missing response. */
  readonly statuses = new Map<number, number>();
  /** Acknowledged contents in history mode: each must be current or archived. */
  readonly kept = new Set<string>();
  /** All contents that clients began to send: no others may exist. */
  readonly sent = new Set<string>();
  /**
   * Contents that must be in the archive of a container whose versions are toggled: what
   * was overwritten while they were enabled.
   */
  readonly archived = new Set<string>();
  /** The content of each version with an id, by its path. */
  readonly versions = new Map<string, string>();
  /** The objects in stack mode, each used by one client only. */
  readonly stacks = new Map<string, Alternatives>();
  /** What should never happen. */
  readonly wrong: string[] = [];
  readonly #trace: string[] = [];

  /** Records a request, response or fault with its time, to investigate failures. */
  note(what: Readonly<Record<string, unknown>>): void {
    this.#trace.push(JSON.stringify({ at: Date.now(), ...what }));
  }

  /** Writes all records to a file; returns its path. */
  writeTrace(seed: number): string {
    const path = join(tmpdir(), `hindsight-soak-${seed}.jsonl`);
    writeFileSync(path, this.#trace.join('\n'));
    return path;
  }

  answered(status: number): void {
    this.requests++;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}
