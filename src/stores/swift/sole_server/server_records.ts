import { createHash } from 'node:crypto';
import { z } from 'zod';
import { drain, type Body } from '../../../http/body';
import { ownContainerAuthority } from '../../../swift_api/authority/closed_list';
import { parseListedDate } from '../../../http/dates';
import { Headers } from '../../../http/headers';
import { readJson, UnreadableJson } from '../../../formats/json';
import { NO_BODY, type Handler, type Response } from '../../../swift_api/message';
import { newTransactionId } from '../../../swift_api/transaction';
import { parseResponse, readResponse } from '../../../swift_api/json_response';
import type { Log } from '../../../util/log';
import { StoreError } from '../../../util/store_error';
import { ITSELF_QUERY } from '../../../swift_api/itself';

const CONTAINER = 'hindsight-servers';
/**
 * Seconds after which the store removes a record that is not refreshed; long enough not
 * to decide which servers are alive.
 */
const EXPIRY = 3600;
/** Max milliseconds of one request. */
const TIMEOUT = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
const LISTING = 'a listing of the records of servers';

/** What a server reports about itself to the others. */
const ServerRecord = z.object({
  host: z.string(),
  pid: z.number(),
  /**
   * Where a pid means the same process: a boot of a machine, and a PID namespace; missing
   * if unknown.
   */
  place: z.string().optional(),
  /** Distinguishes a process from a later one with the same pid. */
  run: z.string(),
  /** When the process started, for people. */
  started: z.string(),
  /** What its locks go through, and the name of that. */
  locks: z.object({ through: z.enum(['itself', 'redis']), name: z.string().optional() }),
  state: z.enum(['candidate', 'serving']),
  /** When it became a candidate, by the store's clock; missing while it is one. */
  since: z.string().optional(),
});
export type ServerRecord = Readonly<z.infer<typeof ServerRecord>>;

/**
 * A record and when it was written, by the store's clock, in the form of listings: to the
 * microsecond, in UTC.
 */
export interface SeenRecord {
  readonly id: string;
  readonly record: ServerRecord;
  readonly written: string;
}

const Listing = z.array(
  z.object({ name: z.string(), hash: z.string(), last_modified: z.string() }),
);
type Entry = z.infer<typeof Listing>[number];

/** The records of all servers of a store, in the account of their service user. */
export class ServerRecords {
  /** Records by name and hash: one that is only refreshed need not be read again. */
  readonly #cache = new Map<string, ServerRecord | 'invalid'>();

  /**
   * @param send sends a request to the store, in the name of the service user if it has
   *   that authority
   * @param ownAccount returns the path of the service user's account
   */
  constructor(
    private readonly send: Handler,
    private readonly ownAccount: () => Promise<string | undefined>,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  /** @throws StoreError unless it is known to be written */
  async write(id: string, record: ServerRecord): Promise<void> {
    const body = Buffer.from(`${JSON.stringify(record)}\n`);
    const headers = Headers.of({
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      'X-Delete-After': String(EXPIRY),
    });
    const put = () => this.#request('PUT', `/${id}`, { headers, body });
    let response = await put();
    if (response.status === 404) {
      await drain(response.body);
      const empty = Headers.of({ 'Content-Length': '0' });
      await checkSuccess(await this.#request('PUT', '', { headers: empty }), 'created');
      response = await put();
    }
    await checkSuccess(response, 'written');
  }

  /** Never rejects: a record that is not removed is no longer refreshed. */
  async remove(id: string): Promise<void> {
    await this.#request('DELETE', `/${id}`).then(
      ({ body }) => drain(body),
      () => undefined,
    );
  }

  /**
   * Returns the other servers that are alive. Reports an invalid record once, until it
   * changes.
   *
   * @param id of the server that looks; its record must have been written
   * @param valid milliseconds for which a record shows that its server is alive
   * @throws StoreError if the store does not answer, or does not list the own record yet
   */
  async readAlive(
    id: string,
    valid: number,
  ): Promise<{ readonly written: string; readonly others: readonly SeenRecord[] }> {
    const entries = await this.#list();
    const ownEntry = entries.find(({ name }) => name === id);
    if (!ownEntry) throw failure('the store does not list the record of this server yet');
    const now = timeOf(ownEntry);
    if (now === undefined) throw failure('the store does not list the time of its records');
    const isAlive = (each: Entry) => (timeOf(each) ?? now) > now - valid;
    const alive = entries.filter((each) => each !== ownEntry && isAlive(each));
    const others: SeenRecord[] = [];
    for (const entry of alive) {
      const record = this.#cache.get(keyOf(entry)) ?? (await this.#read(entry));
      // a listed record that is gone may be there at the next look
      if (record === undefined || record === 'invalid') continue;
      others.push({ id: entry.name, record, written: entry.last_modified });
    }
    const current = new Set(alive.map(keyOf));
    for (const key of this.#cache.keys()) if (!current.has(key)) this.#cache.delete(key);
    return { written: ownEntry.last_modified, others };
  }

  async #list(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const marker = encodeURIComponent(entries.at(-1)?.name ?? '');
      const body = await this.#get('', `format=json&marker=${marker}`);
      if (body === undefined) throw unreadable(404);
      const page = parseResponse(Listing, body, LISTING);
      if (page.length === 0) return entries;
      entries.push(...page);
    }
  }

  /**
   * Returns undefined if the record is gone. Reports one that is invalid. What is not the
   * listed body, such as an error page or an earlier record, counts for this look only.
   */
  async #read(entry: Entry): Promise<ServerRecord | 'invalid' | undefined> {
    const body = await this.#get(`/${entry.name}`, ITSELF_QUERY);
    if (body === undefined) return undefined;
    const record = parseRecord(body) ?? 'invalid';
    if (record === 'invalid')
      this.log.warn({ record: entry.name }, 'the record of a server is invalid and does not count');
    const hash = createHash('md5').update(body).digest('hex');
    if (hash === entry.hash) this.#cache.set(keyOf(entry), record);
    return record;
  }

  /** Returns the body of a record or listing; undefined if there is none. */
  async #get(path: string, query: string): Promise<Buffer | undefined> {
    const response = await this.#request('GET', path, {
      query,
      headers: Headers.of({ 'X-Newest': 'true' }),
    });
    if (response.status !== 200) {
      await drain(response.body);
      if (response.status === 404) return undefined;
      throw unreadable(response.status);
    }
    return readResponse(response.body, MAX_BYTES, path === '' ? LISTING : 'the record of a server');
  }

  async #request(
    method: string,
    path: string,
    {
      query = '',
      headers = Headers.none,
      body = NO_BODY,
    }: { query?: string; headers?: Headers; body?: Body } = {},
  ): Promise<Response> {
    const account = await this.ownAccount();
    if (account === undefined)
      throw failure('the identity service does not report the account of the service user');
    return this.send({
      method,
      path: `${account}/${CONTAINER}${path}`,
      query,
      headers,
      body,
      signal: AbortSignal.timeout(TIMEOUT),
      transactionId: newTransactionId(),
      authority: ownContainerAuthority(account, CONTAINER),
      receivedBytes: () => 0,
    });
  }
}

/** Returns the time when a record was written, in milliseconds. */
function timeOf({ last_modified }: Entry): number | undefined {
  const time = parseListedDate(last_modified);
  return time && (time.seconds + Number(`0.${time.fraction}`)) * 1000;
}

function keyOf({ name, hash }: Entry): string {
  return `${name} ${hash}`;
}

async function checkSuccess({ status, body }: Response, what: string): Promise<void> {
  await drain(body);
  if (status >= 300)
    throw failure(`the record of this server was not ${what}: the store answered ${status}`);
}

/** Returns undefined if a record is invalid. */
function parseRecord(body: Buffer): ServerRecord | undefined {
  try {
    return ServerRecord.safeParse(readJson(body)).data;
  } catch (error) {
    if (error instanceof UnreadableJson) return undefined;
    throw error;
  }
}

function unreadable(status: number): StoreError {
  return failure(`the records of servers could not be read: the store answered ${status}`);
}

function failure(why: string): StoreError {
  return new StoreError('unavailable', why);
}
