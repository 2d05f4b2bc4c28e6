import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../faults/scenes';

/** What one client alone does to an object in stack mode: the states that it may be in, of which one is the truth. */
export class Alternatives {
  #states: readonly State[] = [{ current: undefined, archive: [] }];

  get states(): readonly State[] {
    return this.#states;
  }

  /** An operation was acknowledged. */
  done(model: (state: State) => State): void {
    this.#become(this.#states.map(model));
  }

  /** It is not known whether an operation was done. */
  unknown(model: (state: State) => State): void {
    this.#become([...this.#states, ...this.#states.map(model)]);
  }

  #become(states: readonly State[]): void {
    this.#states = [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
  }
}

/** What clients did and what they were told. Contents go by their titles. */
export class Ledger {
  requests = 0;
  /** How often each status came; 0 where no answer came. */
  readonly statuses = new Map<number, number>();
  /** Contents in history mode that were acknowledged: each must be current or archived. */
  readonly kept = new Set<string>();
  /** All contents that were begun to be sent: nothing else may be anywhere. */
  readonly sent = new Set<string>();
  /** Contents that must be in the archive of a container whose versions come and go: what was overwritten while they were on. */
  readonly archived = new Set<string>();
  /** What each version was that has an id, by its path. */
  readonly versions = new Map<string, string>();
  /** The objects in stack mode, each of one client alone. */
  readonly stacks = new Map<string, Alternatives>();
  /** What should never be. */
  readonly wrong: string[] = [];
  readonly #trace: string[] = [];

  /** Notes what was asked, answered or befell, and when, for whoever has to find out how something went wrong. */
  note(what: Readonly<Record<string, unknown>>): void {
    this.#trace.push(JSON.stringify({ at: Date.now(), ...what }));
  }

  /** Writes down all that was noted; the path of the file. */
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
