import { EventEmitter } from 'node:events';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { now } from '../../util/clock';
import { CoordinationUnavailable, messageOf } from '../../util/errors';
import type { Log } from '../../util/log';
import type { RedisAddress } from './url';

/** Every key begins so. */
const PREFIX = 'hindsight:';
/** Milliseconds that Redis may take for an answer, and that a request waits for the first connection of all. */
const ANSWER = 1000;
/** Milliseconds of silence after which a connection is given up. */
const SILENCE = 2000;
const LONGEST_PAUSE = 1000;

/** The connection of one process to Redis, made anew whenever it is lost. What cannot be asked at once is refused: nothing queues. */
export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #first: Promise<void>;
  #known: string | undefined;
  #until = 0;
  /** Not there where that failed. */
  #looked: Promise<void> | undefined;
  #isDown = false;

  /** @param lease milliseconds that a lock lives at Redis without renewal */
  constructor(
    address: RedisAddress,
    private readonly lease: number,
    private readonly log: Log,
  ) {
    this.client = create(address);
    this.#first = new Promise((resolve) => {
      this.client.once('ready', resolve);
      setTimeout(resolve, ANSWER).unref();
    });
    this.client.on('ready', () => this.#isUp());
    this.client.on('error', (error: unknown) => this.#failed(error));
    this.client.on('close', () => this.#changed());
    if (this.client instanceof Cluster) {
      for (const event of ['+node', '-node']) this.client.on(event, () => this.#changed());
    }
  }

  /** Calls a listener when a connection was lost: Redis may have forgotten, or remembered, something since. */
  onLost(listener: () => void): void {
    this.#events.on('lost', listener);
  }

  /**
   * Asks Redis.
   *
   * @throws CoordinationUnavailable where it does not answer soon
   */
  async ask<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    await this.#first;
    try {
      return await command(this.client);
    } catch (error) {
      throw new CoordinationUnavailable(`Redis cannot be asked: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * From when on locks may be taken, on the clock of `now`. A Redis that was restarted, or another that took its place, may not know of locks
   * that are held: they are over, or their holders have noticed, after one lease.
   *
   * @throws CoordinationUnavailable where Redis does not tell
   */
  async quietUntil(): Promise<number> {
    await this.#first;
    await (this.#looked ?? this.#lookAnew());
    return this.#until;
  }

  close(): void {
    this.#events.removeAllListeners();
    this.client.disconnect();
  }

  #isUp(): void {
    if (this.#isDown) this.log.info('Redis is back');
    this.#isDown = false;
    this.#changed();
  }

  #failed(error: unknown): void {
    if (!this.#isDown) this.log.warn({ err: messageOf(error) }, 'Redis cannot be reached');
    this.#isDown = true;
  }

  #changed(): void {
    this.#events.emit('lost');
    this.#lookAnew().catch(() => undefined);
  }

  #lookAnew(): Promise<void> {
    const looked = this.#look();
    this.#looked = looked;
    looked.catch(() => {
      if (this.#looked === looked) this.#looked = undefined;
    });
    return looked;
  }

  async #look(): Promise<void> {
    const found = await this.ask((client) =>
      Promise.all(mastersOf(client).map((master) => master.info('server'))),
    );
    if (found.length === 0)
      throw new CoordinationUnavailable('no node of the Redis cluster is known');
    const ids = found
      .map((info) => field(info, 'run_id'))
      .sort()
      .join(' ');
    if (ids === this.#known) return;
    const uptimes = found.map((info) => Number(field(info, 'uptime_in_seconds')) * 1000);
    const age = this.#known === undefined ? Math.min(...uptimes) : 0;
    this.#known = ids;
    this.#until = Math.max(this.#until, now() + this.lease - age);
  }
}

function mastersOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

function create({
  kind,
  tls,
  hosts,
  group,
  username,
  password,
  db,
}: RedisAddress): Redis | Cluster {
  const common = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    connectTimeout: SILENCE,
    commandTimeout: ANSWER,
    socketTimeout: SILENCE,
    maxRetriesPerRequest: 0,
    // what was asked on a connection that was lost may have been done
    autoResendUnfulfilledCommands: false,
  } satisfies RedisOptions;
  const pause = (times: number) => Math.min(50 * times, LONGEST_PAUSE);
  if (kind === 'cluster') {
    return new Cluster([...hosts], {
      keyPrefix: PREFIX,
      enableOfflineQueue: false,
      clusterRetryStrategy: pause,
      redisOptions: common,
    });
  }
  const options = {
    ...common,
    db,
    keyPrefix: PREFIX,
    enableOfflineQueue: false,
    retryStrategy: pause,
  };
  if (kind === 'single') return new Redis({ ...options, ...hosts[0] });
  return new Redis({
    ...options,
    sentinels: [...hosts],
    name: group ?? '',
    sentinelRetryStrategy: pause,
    ...(tls ? { enableTLSForSentinelMode: true } : {}),
  });
}
