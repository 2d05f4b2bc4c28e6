import path from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteString } from '../../../http/bytes';
import type { Log } from '../../../util/log';
import { GroupCommit, type Change } from './group_commit';
import { Contents } from './contents';
import { convert } from './convert';
import { ContentFiles, makeFolder, syncFolder } from './content_files';
import { checkName } from './keys';
import { type Entry, list } from './listing_reader';
import { Namespaces } from './namespaces';
import { type Condition, Objects } from './object_records';
import { Privacy } from './privacy';
import { accountRecord, containerRecord, objectRecord } from './records';
import { PageCache } from './page_cache';
import { Scrubber } from './scrubber';
import { type Role, Session } from './sessions';
import type {
  AccountRecord,
  Attributes,
  Conflict,
  ContainerRecord,
  ContentRef,
  Incoming,
  Listed,
  ListingQuery,
  NewObject,
  ObjectRecord,
  Storage,
} from './storage';
import { fromSystem, StorageError } from './storage_error';
import { closeTables, openAlone, type Tables } from './tables';

export interface StorageOptions {
  /** Default: `owner`. Workers open the folder after the owner, and close it before. */
  readonly role?: Role;
  /** The clock: milliseconds since 1970. For tests. */
  readonly now?: () => number;
  /** Contents up to this size lie in the database itself, others in files. In bytes. */
  readonly inlineLimit?: number;
  /** Where it is reported that other users may look into the folder. */
  readonly log?: Pick<Log, 'warn'>;
}

/**
 * Above this a file costs no more than a place in the database (test/bench/storage.mjs), which it would only bloat. With the 16 bytes
 * that LMDB puts before it, a content of this size fills whole pages.
 */
export const defaultInlineLimit = 32 * 1024 - 16;

/**
 * Opens the storage in a folder, which is made if it is not there, and puts in order what a crash
 * left. The owner takes the rights of other users off everything in it.
 *
 * @throws StorageError `locked` if another server has it open (for a worker: if none has), `format`, `no-space`, `failed`
 */
export async function openStorage(folder: string, options: StorageOptions = {}): Promise<Storage> {
  const { role = 'owner', now = Date.now, inlineLimit = defaultInlineLimit, log } = options;
  const files = new ContentFiles(folder);
  const privacy = new Privacy(log);
  let tables: Tables | undefined;
  let session: Session | undefined;
  try {
    await makeFolder(folder);
    if (role === 'owner') await closeFiles(folder, privacy);
    ({ tables, session } = await openAlone(folder, {}, async (tables) => {
      const session = await Session.open(tables, folder, role);
      try {
        if (role === 'owner') convertIfOld(tables, log);
      } catch (error) {
        await session.close();
        throw error;
      }
      return { tables, session };
    }));
    if (role === 'owner') {
      await files.prepare(privacy);
      await syncFolder(folder);
      privacy.reportFailures();
    }
    const commits = new GroupCommit(tables, session.owner, now);
    const contents = new Contents(tables, commits, files, session.id, inlineLimit);
    const resident = await PageCache.open(folder);
    const storage = new LmdbStorage({ tables, session, commits, contents, now, resident });
    if (role === 'owner') {
      await session.tidy();
      await storage.recover();
    }
    return storage;
  } catch (error) {
    try {
      await session?.close();
    } finally {
      if (tables !== undefined) await closeTables(tables);
    }
    throw fromSystem(`could not open ${folder}`, error);
  }
}

/** A folder of 0.1.0 gets this version's format, once, when nobody else can have it open. */
function convertIfOld(tables: Tables, log: StorageOptions['log']): void {
  if (!tables.checking.allowsUnchecked) return;
  const { folder } = tables;
  log?.warn(
    { folder },
    'the data folder gets the format of this version; 0.1.0 can no longer open it',
  );
  convert(tables);
}

/** Before the database is opened, which another program may have left open to everybody. */
async function closeFiles(folder: string, privacy: Privacy): Promise<void> {
  await privacy.reportFolder(folder);
  for (const name of ['data.mdb', 'lock.mdb']) await privacy.closeFile(path.join(folder, name));
  await privacy.closeFolder(path.join(folder, 'sessions'));
}

interface Parts {
  readonly tables: Tables;
  readonly session: Session;
  readonly commits: GroupCommit;
  readonly contents: Contents;
  readonly now: () => number;
  /** Not there where the system has none. */
  readonly resident: PageCache | undefined;
}

class LmdbStorage implements Storage {
  readonly scrubber: Scrubber;
  readonly #parts: Parts;
  readonly #names: Namespaces;
  readonly #objects: Objects;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#names = new Namespaces(parts.tables);
    this.#objects = new Objects(parts.tables, this.#names, parts.contents, parts.now);
    const { tables, contents, commits, now } = parts;
    this.scrubber = new Scrubber(tables, contents.files, commits, now);
  }

  account(account: ByteString): AccountRecord | undefined {
    this.#look();
    const stored = this.#names.account(account);
    return stored && accountRecord(stored, this.#names.tally(stored[0]));
  }

  async putAccount(account: ByteString, changes: Attributes): Promise<void> {
    checkName('account', account);
    await this.#change((moment) => void this.#names.putAccount(account, changes, moment));
  }

  async deleteAccount(account: ByteString): Promise<boolean> {
    return this.#change(() => this.#names.deleteAccount(account));
  }

  container(account: ByteString, container: ByteString): ContainerRecord | undefined {
    this.#look();
    const stored = this.#names.container(account, container);
    return stored && containerRecord(stored, this.#names.tally(stored[0]));
  }

  async putContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
  ): Promise<boolean> {
    checkName('account', account);
    checkName('container', container);
    return this.#change((moment) => this.#names.putContainer(account, container, changes, moment));
  }

  async postContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
  ): Promise<boolean> {
    return this.#change((moment) => this.#names.postContainer(account, container, changes, moment));
  }

  async deleteContainer(
    account: ByteString,
    container: ByteString,
  ): Promise<'deleted' | 'missing' | 'not-empty'> {
    return this.#change(() => this.#names.deleteContainer(account, container));
  }

  listContainers(account: ByteString, query: ListingQuery): Listed<ContainerRecord>[] {
    this.#look();
    const parent = this.#names.account(account);
    if (parent === undefined) return [];
    const entries = list(this.#parts.tables.containers, parent[0], query);
    return entries.map((entry) =>
      listed(entry, (stored) => containerRecord(stored, this.#names.tally(stored[0]))),
    );
  }

  object(account: ByteString, container: ByteString, object: ByteString): ObjectRecord | undefined {
    this.#look();
    const stored = this.#objects.find(account, container, object);
    return stored && objectRecord(stored);
  }

  listObjects(
    account: ByteString,
    container: ByteString,
    query: ListingQuery,
  ): Listed<ObjectRecord>[] {
    this.#look();
    const parent = this.#names.container(account, container);
    if (parent === undefined) return [];
    return list(this.#parts.tables.objects, parent[0], query).map((entry) =>
      listed(entry, objectRecord),
    );
  }

  receive(): Incoming {
    this.#checkOpen();
    return this.#parts.contents.receive();
  }

  async putObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    put: NewObject,
    condition?: Condition,
  ): Promise<ObjectRecord | Conflict> {
    checkName('object', object);
    return this.#change((moment) =>
      this.#objects.put([account, container, object], put, condition, moment),
    );
  }

  async postObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict> {
    return this.#change((moment) =>
      this.#objects.post([account, container, object], post, condition, moment),
    );
  }

  async deleteObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict> {
    return this.#change((moment) =>
      this.#objects.delete([account, container, object], condition, moment),
    );
  }

  async read(content: ContentRef, first = 0, last = content.size - 1): Promise<Buffer | Readable> {
    this.#look();
    return this.#parts.contents.read(content, first, last);
  }

  async verify(content: ContentRef, isPart?: boolean, signal?: AbortSignal): Promise<void> {
    this.#look();
    return this.#parts.contents.verify(content, isPart, signal);
  }

  async expire(max: number): Promise<number> {
    const removed = await this.#change((moment) => this.#objects.expire(max, moment));
    // A worker may have died meanwhile; the owner is who stays.
    const isLast = removed === 0 || removed < max;
    if (isLast && this.#parts.session.id === this.#parts.session.owner) await this.recover();
    return removed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Removes what processes left that are no more: files without a record, their sessions. Does nothing
   * while a session's record is damaged: its files may still be written.
   */
  async recover(): Promise<void> {
    const { tables, session, contents, commits } = this.#parts;
    // The journal first: whoever is in it was a session before, and is found among these if it lives.
    const arriving = contents.arriving();
    const others = await session.others();
    if (others === undefined) return;
    const { alive, dead } = others;
    const orphans = arriving.filter((entry) => !alive.has(entry.session)).map((entry) => entry.id);
    // And once more: one that is dead by now may have made an object of what was arriving.
    tables.root.resetReadTxn();
    const gone = session.isHeld(dead) ? [] : contents.gone();
    await contents.sweep([...gone, ...orphans.filter((id) => contents.isArriving(id))]);
    if (dead.length === 0) return;
    await session.bury(dead);
    await commits.run(() => session.forget(dead));
  }

  async #close(): Promise<void> {
    const { tables, session, commits, contents, resident } = this.#parts;
    try {
      await contents.close();
    } finally {
      try {
        await commits.close();
        await session.close();
      } finally {
        await closeTables(tables);
        resident?.close();
      }
    }
  }

  #change<T>(change: Change<T>): Promise<T> {
    this.#checkOpen();
    return this.#parts.commits.run((moment) => {
      this.#parts.contents.clearJournals(moment);
      return change(moment);
    });
  }

  /** What is read from here on, in this turn, is one state: the last that any process committed. */
  #look(): void {
    this.#checkOpen();
    this.#parts.resident?.look();
    this.#parts.tables.root.resetReadTxn();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StorageError('closed', 'the storage is closed');
  }
}

function listed<V, R>(entry: Entry<V>, record: (value: V) => R): Listed<R> {
  return 'subdir' in entry ? entry : { name: entry.name, record: record(entry.value) };
}
