import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../../util/clock';
import { messageOf } from '../../../util/errors';
import type { Log } from '../../../util/log';
import type { Locks, SoleServerStatus } from '../../../coordination/sole_server';
import type { Seen, ServerRecord, ServerRecords } from './server_records';
import { isGone, THIS_PROCESS } from './this_process';

/** In milliseconds. */
export interface Times {
  /** Between two writings of a record. */
  readonly refresh: number;
  /** For so long a record tells that its server is there. */
  readonly valid: number;
  /** Between two looks at one who may be there, and before the store is asked again that did not tell. */
  readonly again: number;
}

const TIMES: Times = { refresh: 5000, valid: 15_000, again: 1000 };
/** So much of that time a server counts on its own record; what it has under way has the rest to end. */
const COUNTED = 0.75;

/** Another server writes to the same store, and the two do not share their locks. */
export class AnotherServer extends Error {
  override readonly name = 'AnotherServer';
  readonly code = 'ANOTHER_SERVER';
}

/**
 * Makes sure that this server shares its locks with every other over its store. Each keeps a record there. Who wants to serve writes one as a candidate,
 * and then looks: it gives way to those who serve and to earlier candidates; else it writes that it serves and looks once more, and gives
 * way to whoever is earlier. Of two that begin at once, one looks after the other has written, so never do both go on. A record counts while it is
 * refreshed, by the store's clock; who could not refresh its own in time begins again as a candidate.
 */
export class RecordMonitor {
  readonly #id = randomUUID();
  readonly #closing = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  /** Since when this server serves; undefined: it does not. */
  #since: string | undefined;
  #until = 0;
  #reason = '';

  /**
   * @param locks asked anew each time: a Redis that was restarted has a new name
   * @param tell told whatever changes
   */
  constructor(
    private readonly records: ServerRecords,
    private readonly locks: () => Promise<Locks>,
    private readonly tell: (standing: SoleServerStatus) => void,
    private readonly log: Log,
    private readonly times: Times = TIMES,
  ) {}

  /**
   * Begins, and goes on by itself. Where the store does not tell, it is asked again and again.
   *
   * @throws AnotherServer where one is there that does not share its locks; it was seen to refresh its record
   */
  async start(): Promise<void> {
    const end = now() + 2 * this.times.valid;
    let first: Seen | undefined;
    for (;;) {
      const rival = await this.#claim().catch((error: unknown) => this.#failed(error));
      if (rival === undefined) break;
      const isSame = rival.id === first?.id;
      if ((isSame && rival.written !== first?.written) || now() > end)
        throw new AnotherServer(refusal(rival));
      if (!isSame) first = rival;
      // a server that waits to start has nothing else to keep its process alive
      await this.#pause(this.times.again, true);
    }
    this.run();
  }

  /** Begins at once, where there is no start to refuse. */
  run(): void {
    this.#loop = this.#keepOn();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
    await this.records.remove(this.#id);
  }

  async #keepOn(): Promise<void> {
    let pause = this.#since === undefined ? 0 : this.times.refresh;
    for (;;) {
      await this.#pause(pause);
      if (this.#closing.signal.aborted) return;
      try {
        const rival = await this.#step();
        if (rival) this.#refuse(refusal(rival));
        pause = this.times.refresh;
      } catch (error) {
        this.#failed(error);
        pause = this.times.again;
      }
    }
  }

  /** @returns who stands in the way */
  #step(): Promise<Seen | undefined> {
    if (this.#since === undefined || now() >= this.#until) return this.#claim();
    return this.#serve(this.#since, (other) => other.record.state === 'serving');
  }

  async #claim(): Promise<Seen | undefined> {
    this.#since = undefined;
    const locks = await this.locks();
    await this.records.write(this.#id, { ...THIS_PROCESS, locks, state: 'candidate' });
    const { written, others } = await this.records.look(this.#id, this.times.valid);
    const standsInTheWay = (other: Seen) =>
      other.record.state === 'serving' || isBefore(other, written, this.#id);
    const rival = others.filter((other) => isRival(other, locks)).find(standsInTheWay);
    if (!rival) return this.#serve(written, () => true);
    await this.records.remove(this.#id);
    return rival;
  }

  /** @param counts who of those that were there before stands in the way */
  async #serve(since: string, counts: (other: Seen) => boolean): Promise<Seen | undefined> {
    const locks = await this.locks();
    const begun = now();
    const record: ServerRecord = { ...THIS_PROCESS, locks, state: 'serving', since };
    await this.records.write(this.#id, record);
    const { others } = await this.records.look(this.#id, this.times.valid);
    const rival = others.find(
      (other) => isRival(other, locks) && counts(other) && isBefore(other, since, this.#id),
    );
    if (rival) {
      this.#since = undefined;
      await this.records.remove(this.#id);
      return rival;
    }
    this.#since = since;
    this.#until = begun + this.times.valid * COUNTED;
    if (this.#reason !== '') this.log.info('versioned objects are written again');
    this.#reason = '';
    this.tell({ until: this.#until });
    return undefined;
  }

  #failed(error: unknown): undefined {
    const why = `whether another server writes to this store is not known: ${messageOf(error)}`;
    if (now() >= this.#until) this.#refuse(why);
    return undefined;
  }

  #refuse(reason: string): void {
    if (reason !== this.#reason)
      this.log.error({ err: reason }, 'nothing that has versions is written');
    this.#reason = reason;
    this.tell({ until: 0, refusal: reason });
  }

  async #pause(milliseconds: number, ref = false): Promise<void> {
    const { signal } = this.#closing;
    await sleep(milliseconds, undefined, { signal, ref }).catch(() => undefined);
  }
}

function isRival({ record }: Seen, own: Locks): boolean {
  const { locks } = record;
  if (locks.through === 'redis' && own.through === 'redis') {
    // without their Redis neither writes, or does so because it was told to
    if (locks.name === undefined || own.name === undefined) return false;
  }
  return locks.name !== own.name && !isGone(record);
}

/** Whether another came before; both times by the store's clock, which writes them all in one form. */
function isBefore({ id, record, written }: Seen, since: string, own: string): boolean {
  const theirs = record.since ?? written;
  return theirs < since || (theirs === since && id < own);
}

function refusal({ record: { host, pid, started } }: Seen): string {
  return (
    `another server writes to this store, and the two do not share their locks: host ${host}, pid ${pid}, running since ${started}. ` +
    'Give both the same redis_url, or run only one. With sole_server_check = off nobody looks, and two such servers lose versions'
  );
}
