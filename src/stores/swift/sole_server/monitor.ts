import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../../util/clock';
import { messageOf } from '../../../util/errors';
import type { Log } from '../../../util/log';
import type { Locks, SoleServerStatus } from '../../../coordination/sole_server';
import type { SeenRecord, ServerRecord, ServerRecords } from './server_records';
import { isGone, THIS_PROCESS } from './this_process';

/** In milliseconds. */
export interface MonitorTimes {
  /** Between two writes of a record. */
  readonly refresh: number;
  /** How long a record shows that its server is alive. */
  readonly valid: number;
  /** Between two looks at a possible rival, and before a failed request is retried. */
  readonly retry: number;
}

const TIMES: MonitorTimes = { refresh: 5000, valid: 15_000, retry: 1000 };
/**
 * The share of `valid` for which a server relies on its own record; what it has in
 * progress has the rest to finish.
 */
const VALID_SHARE = 0.75;

/** Another server writes to the same store, and the two do not share their locks. */
export class AnotherServer extends Error {
  override readonly name = 'AnotherServer';
  readonly code = 'ANOTHER_SERVER';
}

/**
 * Ensures that this server shares its locks with every other server of its store. Each
 * keeps a record there. A server that wants to serve first writes one as a candidate,
 * then looks, and yields to servers that serve and to earlier candidates. Otherwise it
 * writes that it serves, looks once more, and yields to any earlier server. If two start
 * at once, one looks after the other has written, so they never both continue. A record
 * counts while it is refreshed, by the store's clock. A server that could not refresh its
 * own in time starts again as a candidate.
 */
export class RecordMonitor {
  readonly #id = randomUUID();
  readonly #closing = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  /** When this server began to serve; undefined if it does not. */
  #since: string | undefined;
  #until = 0;
  #reason = '';

  /**
   * @param locks called each time: a Redis that was restarted has a new name
   * @param publish called on every change
   */
  constructor(
    private readonly records: ServerRecords,
    private readonly locks: () => Promise<Locks>,
    private readonly publish: (standing: SoleServerStatus) => void,
    private readonly log: Log,
    private readonly times: MonitorTimes = TIMES,
  ) {}

  /**
   * Starts, and continues by itself. Retries if the store does not answer.
   *
   * @throws AnotherServer if there is one that does not share its locks; it was seen to
   *   refresh its record
   */
  async start(): Promise<void> {
    const end = now() + 2 * this.times.valid;
    let firstRival: SeenRecord | undefined;
    for (;;) {
      const rival = await this.#claim().catch((error: unknown) => this.#handleFailure(error));
      if (rival === undefined) break;
      const isSame = rival.id === firstRival?.id;
      if ((isSame && rival.written !== firstRival?.written) || now() > end)
        throw new AnotherServer(refusal(rival));
      if (!isSame) firstRival = rival;
      // a server that waits to start has nothing else that keeps its process alive
      await this.#pause(this.times.retry, true);
    }
    this.run();
  }

  /** Starts at once, if there is no start to refuse. */
  run(): void {
    this.#loop = this.#runLoop();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
    await this.records.remove(this.#id);
  }

  async #runLoop(): Promise<void> {
    let pause = this.#since === undefined ? 0 : this.times.refresh;
    for (;;) {
      await this.#pause(pause);
      if (this.#closing.signal.aborted) return;
      try {
        const rival = await this.#step();
        if (rival) this.#refuse(refusal(rival));
        pause = this.times.refresh;
      } catch (error) {
        this.#handleFailure(error);
        pause = this.times.retry;
      }
    }
  }

  /** @returns the rival to yield to, if any */
  #step(): Promise<SeenRecord | undefined> {
    if (this.#since === undefined || now() >= this.#until) return this.#claim();
    return this.#serve(this.#since, (other) => other.record.state === 'serving');
  }

  async #claim(): Promise<SeenRecord | undefined> {
    this.#since = undefined;
    const locks = await this.locks();
    await this.records.write(this.#id, { ...THIS_PROCESS, locks, state: 'candidate' });
    const { written, others } = await this.records.readAlive(this.#id, this.times.valid);
    const mustYieldTo = (other: SeenRecord) =>
      other.record.state === 'serving' || isBefore(other, written, this.#id);
    const rival = others.filter((other) => isRival(other, locks)).find(mustYieldTo);
    if (!rival) return this.#serve(written, () => true);
    await this.records.remove(this.#id);
    return rival;
  }

  /** @param mustYieldTo which of the earlier servers to yield to */
  async #serve(
    since: string,
    mustYieldTo: (other: SeenRecord) => boolean,
  ): Promise<SeenRecord | undefined> {
    const locks = await this.locks();
    const startTime = now();
    const record: ServerRecord = { ...THIS_PROCESS, locks, state: 'serving', since };
    await this.records.write(this.#id, record);
    const { others } = await this.records.readAlive(this.#id, this.times.valid);
    const rival = others.find(
      (other) => isRival(other, locks) && mustYieldTo(other) && isBefore(other, since, this.#id),
    );
    if (rival) {
      this.#since = undefined;
      await this.records.remove(this.#id);
      return rival;
    }
    this.#since = since;
    this.#until = startTime + this.times.valid * VALID_SHARE;
    if (this.#reason !== '') this.log.info('writes to versioned objects are accepted again');
    this.#reason = '';
    this.publish({ until: this.#until });
    return undefined;
  }

  #handleFailure(error: unknown): undefined {
    const reason = `it is not known whether another server writes to this store: ${messageOf(error)}`;
    if (now() >= this.#until) this.#refuse(reason);
    return undefined;
  }

  #refuse(reason: string): void {
    if (reason !== this.#reason)
      this.log.error({ err: reason }, 'refusing writes to versioned objects');
    this.#reason = reason;
    this.publish({ until: 0, refusal: reason });
  }

  async #pause(milliseconds: number, ref = false): Promise<void> {
    const { signal } = this.#closing;
    await sleep(milliseconds, undefined, { signal, ref }).catch(() => undefined);
  }
}

function isRival({ record }: SeenRecord, ownLocks: Locks): boolean {
  const { locks } = record;
  if (locks.through === 'redis' && ownLocks.through === 'redis') {
    // without their Redis neither writes, unless configured to
    if (locks.name === undefined || ownLocks.name === undefined) return false;
  }
  return locks.name !== ownLocks.name && !isGone(record);
}

/**
 * Whether another server came first. Both times are from the store's clock, which writes
 * all of them in one form.
 */
function isBefore({ id, record, written }: SeenRecord, since: string, ownId: string): boolean {
  const theirs = record.since ?? written;
  return theirs < since || (theirs === since && id < ownId);
}

function refusal({ record: { host, pid, started } }: SeenRecord): string {
  return (
    `another server writes to this store, and the two do not share their locks: host ${host}, pid ${pid}, running since ${started}. ` +
    'Give both the same redis_url, or run only one. sole_server_check = off disables this check, but two such servers lose versions'
  );
}
