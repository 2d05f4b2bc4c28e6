import { now } from '../../util/clock';
import { CoordinationUnavailable } from '../../util/errors';
import { LockTimeout } from '../locks/locker';
import type { SharedLease } from './cache';
import type { CancelSignal } from '../../util/cancel_signal';

/**
 * Milliseconds that an exclusive lease waits for shared leases before it aborts them, and
 * then again.
 */
export const PATIENCE = 10_000;

/** A shared lease in this process. */
export class OpenLease<V extends object> implements SharedLease<V> {
  value: V | undefined;
  confirm?: () => Promise<void>;
  #overdue: AbortController | undefined;

  constructor(readonly release: () => void) {}

  get signal(): CancelSignal {
    this.#overdue ??= new AbortController();
    return this.#overdue.signal;
  }

  giveUp(): void {
    this.#overdue ??= new AbortController();
    this.#overdue.abort(
      new CoordinationUnavailable(
        'the settings that the request relies on are being changed; retry',
      ),
    );
  }
}

interface Holders {
  readonly leases: Set<{ giveUp(): void }>;
  readonly released: Promise<void>;
  readonly empty: () => void;
}

/** The shared leases of keys in this process, and which keys have an exclusive lease. */
export class SharedLeases {
  readonly #holders = new Map<string, Holders>();
  readonly #exclusive = new Map<
    string,
    { readonly over: Promise<void>; readonly open: () => void }
  >();

  count(key: string): number {
    return this.#holders.get(key)?.leases.size ?? 0;
  }

  /**
   * Waits while a key has an exclusive lease, and then takes a shared lease.
   *
   * @throws LockTimeout if the wait is over
   * @throws the signal's reason if it aborts
   */
  async enter<V extends object>(
    key: string,
    wait: number,
    signal: CancelSignal,
  ): Promise<OpenLease<V>> {
    const end = now() + wait;
    for (;;) {
      const exclusive = this.#exclusive.get(key);
      if (!exclusive) return this.begin<V>(key);
      signal.throwIfAborted();
      if (!(await within(end - now(), exclusive.over, signal)) && this.#exclusive.has(key)) {
        signal.throwIfAborted();
        throw new LockTimeout('the settings are being changed; retry');
      }
    }
  }

  begin<V extends object>(key: string): OpenLease<V> {
    const holders = this.#holders.get(key) ?? newHolders();
    this.#holders.set(key, holders);
    const lease = new OpenLease<V>(() => {
      if (!holders.leases.delete(lease) || holders.leases.size > 0) return;
      this.#holders.delete(key);
      holders.empty();
    });
    holders.leases.add(lease);
    return lease;
  }

  /** Makes further calls of `enter` wait until `open`. */
  close(key: string): void {
    if (this.#exclusive.has(key)) return;
    let open: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (open = resolve));
    this.#exclusive.set(key, { over, open });
  }

  open(key: string): void {
    this.#exclusive.get(key)?.open();
    this.#exclusive.delete(key);
  }

  /**
   * Resolves once the present shared leases of a key have ended. Aborts them after
   * `patience` milliseconds.
   *
   * @throws CoordinationUnavailable if they have not ended after twice that time
   */
  async awaitReleased(key: string, patience: number): Promise<void> {
    const holders = this.#holders.get(key);
    if (!holders || (await within(patience, holders.released))) return;
    for (const lease of holders.leases) lease.giveUp();
    if (await within(patience, holders.released)) return;
    throw new CoordinationUnavailable(
      'requests that started before the change have not ended yet; retry',
    );
  }
}

function newHolders(): Holders {
  let empty: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (empty = resolve));
  return { leases: new Set(), released, empty };
}

/** Returns whether a promise resolves in time, and before the signal aborts. */
async function within(
  milliseconds: number,
  promise: Promise<void>,
  signal?: CancelSignal,
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
