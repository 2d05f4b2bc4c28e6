import { EventEmitter } from 'node:events';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { now } from '../../util/clock';
import { CoordinationUnavailable, messageOf } from '../../util/errors';
import type { Log } from '../../util/log';
import type { RedisAddress } from './url';

/** The prefix of every key. */
const PREFIX = 'hindsight:';
/**
 * Milliseconds that Redis may take to answer, and that a request waits for the first
 * connection.
 */
const ANSWER = 1000;
/** Milliseconds of silence after which a connection is closed. */
const SILENCE = 2000;
const LONGEST_PAUSE = 1000;

/**
 * The connection of one process to Redis, reopened whenever it is lost. A command that
 * cannot be sent at once fails: nothing queues.
 */
export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #first: Promise<void>;
  #runIds: string | undefined;
  #quietUntil = 0;
  /** Undefined if the check failed. */
  #check: Promise<void> | undefined;
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
    this.client.on('ready', () => this.#onReady());
    this.client.on('error', (error: unknown) => this.#onError(error));
    this.client.on('close', () => this.#onChange());
    if (this.client instanceof Cluster) {
      for (const event of ['+node', '-node']) this.client.on(event, () => this.#onChange());
    }
  }

  /**
   * Calls a listener when a connection was lost: Redis may have lost data, or restored
   * old data, since.
   */
  onLost(listener: () => void): void {
    this.#events.on('lost', listener);
  }

  /**
   * Runs a command.
   *
   * @throws CoordinationUnavailable if Redis does not answer soon
   */
  async ask<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    await this.#first;
    try {
      return await command(this.client);
    } catch (error) {
      throw new CoordinationUnavailable(`the request to Redis failed: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Returns the time from which locks may be taken, on the clock of `now`. A Redis that
   * was restarted or replaced may not know of locks that are held: after one lease they
   * have expired, or their holders have noticed.
   *
   * @throws CoordinationUnavailable if Redis does not answer
   */
  async quietUntil(): Promise<number> {
    await this.#first;
    await (this.#check ?? this.#startCheck());
    return this.#quietUntil;
  }

  close(): void {
    this.#events.removeAllListeners();
    this.client.disconnect();
  }

  #onReady(): void {
    if (this.#isDown) this.log.info('Redis can be reached again');
    this.#isDown = false;
    this.#onChange();
  }

  #onError(error: unknown): void {
    if (!this.#isDown) this.log.warn({ err: messageOf(error) }, 'Redis cannot be reached');
    this.#isDown = true;
  }

  #onChange(): void {
    this.#events.emit('lost');
    this.#startCheck().catch(() => undefined);
  }

  #startCheck(): Promise<void> {
    const check = this.#checkRuns();
    this.#check = check;
    check.catch(() => {
      if (this.#check === check) this.#check = undefined;
    });
    return check;
  }

  async #checkRuns(): Promise<void> {
    const infos = await this.ask((client) =>
      Promise.all(mastersOf(client).map((master) => master.info('server'))),
    );
    if (infos.length === 0)
      throw new CoordinationUnavailable('no master of the Redis cluster is known');
    const ids = infos
      .map((info) => field(info, 'run_id'))
      .sort()
      .join(' ');
    if (ids === this.#runIds) return;
    const uptimes = infos.map((info) => Number(field(info, 'uptime_in_seconds')) * 1000);
    const age = this.#runIds === undefined ? Math.min(...uptimes) : 0;
    this.#runIds = ids;
    this.#quietUntil = Math.max(this.#quietUntil, now() + this.lease - age);
  }
}

/** The texts of the Redis client that name its own options, in words of this program. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/enableOfflineQueue/, 'there is no connection'],
  [/max retries per request/i, 'the connection was lost'],
  [/command timed out/i, `no answer within ${ANSWER / 1000} s`],
];

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return REASONS.find(([text]) => text.test(message))?.[1] ?? message;
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
    // a command sent on a lost connection may have been executed
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
