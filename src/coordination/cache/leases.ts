import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import { LockTimeout } from '../locks/locker';
import type { SharedLease } from './cache';

/** Milliseconds that a change waits for uses to end before it tells them to, and then again. */
export const PATIENCE = 10_000;

/** A use in this process. */
export class OpenLease<V extends object> implements SharedLease<V> {
  value: V | undefined;
  confirm?: () => Promise<void>;
  #overdue: AbortController | undefined;

  constructor(readonly release: () => void) {}

  get signal(): AbortSignal {
    this.#overdue ??= new AbortController();
    return this.#overdue.signal;
  }

  giveUp(): void {
    this.#overdue ??= new AbortController();
    this.#overdue.abort(new CoordinationUnavailable('what this went by is being changed'));
  }
}

interface Users {
  readonly uses: Set<{ giveUp(): void }>;
  readonly gone: Promise<void>;
  readonly empty: () => void;
}

/** The uses of keys in this process, and which keys are being changed. */
export class SharedLeases {
  readonly #users = new Map<string, Users>();
  readonly #changing = new Map<
    string,
    { readonly over: Promise<void>; readonly open: () => void }
  >();

  count(key: string): number {
    return this.#users.get(key)?.uses.size ?? 0;
  }

  /**
   * Waits while a key is being changed, and begins a use.
   *
   * @throws LockTimeout when the wait is over; the signal's reason where it is given up
   */
  async enter<V extends object>(
    key: string,
    wait: number,
    signal: AbortSignal,
  ): Promise<OpenLease<V>> {
    const end = now() + wait;
    for (;;) {
      const change = this.#changing.get(key);
      if (!change) return this.begin<V>(key);
      signal.throwIfAborted();
      if (!(await within(end - now(), change.over, signal)) && this.#changing.has(key)) {
        signal.throwIfAborted();
        throw new LockTimeout('the settings are being changed');
      }
    }
  }

  begin<V extends object>(key: string): OpenLease<V> {
    const users = this.#users.get(key) ?? newUsers();
    this.#users.set(key, users);
    const use = new OpenLease<V>(() => {
      if (!users.uses.delete(use) || users.uses.size > 0) return;
      this.#users.delete(key);
      users.empty();
    });
    users.uses.add(use);
    return use;
  }

  /** From now on who enters waits. */
  close(key: string): void {
    if (this.#changing.has(key)) return;
    let open: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (open = resolve));
    this.#changing.set(key, { over, open });
  }

  open(key: string): void {
    this.#changing.get(key)?.open();
    this.#changing.delete(key);
  }

  /**
   * Resolves when the uses that there are have ended; tells them to after a while.
   *
   * @throws CoordinationUnavailable where they do not in twice the time
   */
  async ended(key: string, patience: number): Promise<void> {
    const users = this.#users.get(key);
    if (!users || (await within(patience, users.gone))) return;
    for (const use of users.uses) use.giveUp();
    if (await within(patience, users.gone)) return;
    throw new CoordinationUnavailable('what began before has not ended yet');
  }
}

function newUsers(): Users {
  let empty: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (empty = resolve));
  return { uses: new Set(), gone, empty };
}

/** Whether a promise resolves in time, and before the signal aborts. */
async function within(
  milliseconds: number,
  promise: Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<boolean>((resolve) => (stop = () => resolve(false)));
  const timer = setTimeout(stop, Math.max(0, milliseconds));
  signal?.addEventListener('abort', stop);
  try {
    return await Promise.race([promise.then(() => true), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
