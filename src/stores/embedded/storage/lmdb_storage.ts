import path from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteString } from '../../../http/bytes';
import type { Log } from '../../../util/log';
import { GroupCommit, type Change } from './group_commit';
import { Contents } from './contents';
import { convert } from './convert';
import { ContentFiles, makeFolder, syncFolder } from './content_files';
import { checkName } from './keys';
import { type Entry, listEntries } from './listing_reader';
import { Namespaces } from './namespaces';
import { type Condition, Objects } from './object_records';
import { Privacy } from './privacy';
import { accountRecord, containerRecord, objectRecord, unflatten } from './records';
import { PageCache } from './page_cache';
import { Scrubber } from './scrubber';
import { type Role, Session } from './sessions';
import type {
  AccountRecord,
  Attributes,
  Conflict,
  ContainerRecord,
  ContentRef,
  ContentWriter,
  ListingEntry,
  ListingQuery,
  NewObject,
  ObjectRecord,
  OpenedContainer,
  Storage,
} from './storage';
import { toStorageError, StorageError } from './storage_error';
import { closeTables, openExclusively, type Tables } from './tables';
import type { CancelSignal } from '../../../util/cancel_signal';

export interface StorageOptions {
  /** Default: `owner`. Workers open the folder after the owner and close it before. */
  readonly role?: Role;
  /** The clock, in milliseconds since 1970. For tests. */
  readonly now?: () => number;
  /** Max size in bytes of contents stored in the database; larger ones are files. */
  readonly inlineLimit?: number;
  /** Receives warnings if other users can access the folder. */
  readonly log?: Pick<Log, 'warn'>;
}

/**
 * Contents above this size cost no more as files than in the database, which they would
 * bloat (test/bench/storage.mjs). With LMDB's header of 16 bytes, a content of this size
 * fills whole pages.
 */
export const defaultInlineLimit = 32 * 1024 - 16;

/**
 * Opens the storage in a folder, creates it if necessary, and cleans up after a crash.
 * The owner removes other users' access to everything in it.
 *
 * @throws StorageError `locked` if another server has it open (for a worker: if none
 *   has), `format`, `no-space`, `failed`
 */
export async function openStorage(folder: string, options: StorageOptions = {}): Promise<Storage> {
  const { role = 'owner', now = Date.now, inlineLimit = defaultInlineLimit, log } = options;
  const files = new ContentFiles(folder);
  const privacy = new Privacy(log);
  let tables: Tables | undefined;
  let session: Session | undefined;
  try {
    await makeFolder(folder);
    if (role === 'owner') await restrictFiles(folder, privacy);
    ({ tables, session } = await openExclusively(folder, {}, async (tables) => {
      const session = await Session.open(tables, folder, role);
      try {
        if (role === 'owner') convertIfUnchecked(tables, log);
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
    const pageCache = await PageCache.open(folder);
    const storage = new LmdbStorage({ tables, session, commits, contents, now, pageCache });
    if (role === 'owner') {
      await session.removeStaleSockets();
      await storage.recover();
    }
    return storage;
  } catch (error) {
    try {
      await session?.close();
    } finally {
      if (tables !== undefined) await closeTables(tables);
    }
    throw toStorageError(`could not open ${folder}`, error);
  }
}

/**
 * Converts a folder of 0.1.0 to this version's format, once, while no other process can
 * open it.
 */
function convertIfUnchecked(tables: Tables, log: StorageOptions['log']): void {
  if (!tables.checking.allowsUnchecked) return;
  const { folder } = tables;
  log?.warn(
    { folder },
    'converting the data folder to the format of this version; version 0.1.0 can no longer open it',
  );
  convert(tables);
}

/**
 * Runs before the database is opened, since another program may have left it accessible
 * to everybody.
 */
async function restrictFiles(folder: string, privacy: Privacy): Promise<void> {
  await privacy.warnIfOpen(folder);
  for (const name of ['data.mdb', 'lock.mdb']) await privacy.restrictFile(path.join(folder, name));
  await privacy.restrictFolder(path.join(folder, 'sessions'));
}

interface Parts {
  readonly tables: Tables;
  readonly session: Session;
  readonly commits: GroupCommit;
  readonly contents: Contents;
  readonly now: () => number;
  /** Undefined if the system has no support for it. */
  readonly pageCache: PageCache | undefined;
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
    this.#beginRead();
    const stored = this.#names.account(account);
    return stored && accountRecord(stored, this.#names.tally(stored[0]));
  }

  async putAccount(account: ByteString, changes: Attributes): Promise<void> {
    checkName('account', account);
    await this.#change((commit) => void this.#names.putAccount(account, changes, commit));
  }

  async deleteAccount(account: ByteString): Promise<boolean> {
    return this.#change(() => this.#names.deleteAccount(account));
  }

  container(account: ByteString, container: ByteString): ContainerRecord | undefined {
    this.#beginRead();
    const stored = this.#names.container(account, container);
    return stored && containerRecord(stored, this.#names.tally(stored[0]));
  }

  open(account: ByteString, container: ByteString): OpenedContainer | undefined {
    this.#beginRead();
    const stored = this.#names.container(account, container);
    if (stored === undefined) return undefined;
    const [id, , , attributes] = stored;
    return {
      attributes: unflatten(attributes),
      object: (name) => {
        const found = this.#objects.findIn(id, name);
        return found && objectRecord(found);
      },
    };
  }

  async putContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
  ): Promise<boolean> {
    checkName('account', account);
    checkName('container', container);
    return this.#change((commit) => this.#names.putContainer(account, container, changes, commit));
  }

  async postContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
  ): Promise<boolean> {
    return this.#change((commit) => this.#names.postContainer(account, container, changes, commit));
  }

  async deleteContainer(
    account: ByteString,
    container: ByteString,
  ): Promise<'deleted' | 'missing' | 'not-empty'> {
    return this.#change(() => this.#names.deleteContainer(account, container));
  }

  listContainers(account: ByteString, query: ListingQuery): ListingEntry<ContainerRecord>[] {
    this.#beginRead();
    const parent = this.#names.account(account);
    if (parent === undefined) return [];
    const entries = listEntries(this.#parts.tables.containers, parent[0], query);
    return entries.map((entry) =>
      mapEntry(entry, (stored) => containerRecord(stored, this.#names.tally(stored[0]))),
    );
  }

  object(account: ByteString, container: ByteString, object: ByteString): ObjectRecord | undefined {
    this.#beginRead();
    const stored = this.#objects.find(account, container, object);
    return stored && objectRecord(stored);
  }

  listObjects(
    account: ByteString,
    container: ByteString,
    query: ListingQuery,
  ): ListingEntry<ObjectRecord>[] {
    this.#beginRead();
    const parent = this.#names.container(account, container);
    if (parent === undefined) return [];
    return listEntries(this.#parts.tables.objects, parent[0], query).map((entry) =>
      mapEntry(entry, objectRecord),
    );
  }

  receive(): ContentWriter {
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
    return this.#change((commit) =>
      this.#objects.put([account, container, object], put, condition, commit),
    );
  }

  async postObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    post: Pick<ObjectRecord, 'attributes' | 'contentType' | 'deleteAt'>,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict> {
    return this.#change((commit) =>
      this.#objects.post([account, container, object], post, condition, commit),
    );
  }

  async deleteObject(
    account: ByteString,
    container: ByteString,
    object: ByteString,
    condition?: { readonly timestamp: string },
  ): Promise<ObjectRecord | Conflict> {
    return this.#change((commit) =>
      this.#objects.delete([account, container, object], condition, commit),
    );
  }

  async read(content: ContentRef, first = 0, last = content.size - 1): Promise<Buffer | Readable> {
    this.#beginRead();
    return this.#parts.contents.read(content, first, last);
  }

  async verify(content: ContentRef, isPart?: boolean, signal?: CancelSignal): Promise<void> {
    this.#beginRead();
    return this.#parts.contents.verify(content, isPart, signal);
  }

  async expire(max: number): Promise<number> {
    const removed = await this.#change((commit) => this.#objects.expire(max, commit));
    // A worker may have died; only the owner outlives the others.
    const isLast = removed === 0 || removed < max;
    if (isLast && this.#parts.session.id === this.#parts.session.owner) await this.recover();
    return removed;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Removes what dead processes left: files without a record, and sessions. Does nothing
   * while a session's record is damaged, since that session may still be writing its
   * files.
   */
  async recover(): Promise<void> {
    const { tables, session, contents, commits } = this.#parts;
    // The journal is read first: every session in it existed before, so that a live one
    // is among the others.
    const arriving = contents.listArriving();
    const others = await session.others();
    if (others === undefined) return;
    const { alive, dead } = others;
    const orphans = arriving.filter((entry) => !alive.has(entry.session)).map((entry) => entry.id);
    // Checked again: a session that is dead by now may have made an object of what it
    // wrote.
    tables.root.resetReadTxn();
    const gone = session.isHeld(dead) ? [] : contents.listGone();
    await contents.sweep([...gone, ...orphans.filter((id) => contents.isArriving(id))]);
    if (dead.length === 0) return;
    await session.removeDead(dead);
    await commits.run(() => session.unregister(dead));
  }

  async #close(): Promise<void> {
    const { tables, session, commits, contents, pageCache } = this.#parts;
    try {
      await contents.close();
    } finally {
      try {
        await commits.close();
        await session.close();
      } finally {
        await closeTables(tables);
        pageCache?.close();
      }
    }
  }

  #change<T>(change: Change<T>): Promise<T> {
    this.#checkOpen();
    return this.#parts.commits.run((commit) => {
      this.#parts.contents.clearJournals(commit);
      return change(commit);
    });
  }

  /** All reads in this turn see one state, the last committed by any process. */
  #beginRead(): void {
    this.#checkOpen();
    this.#parts.pageCache?.releaseIfLarge();
    this.#parts.tables.root.resetReadTxn();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StorageError('closed', 'the storage is closed');
  }
}

function mapEntry<V, R>(entry: Entry<V>, record: (value: V) => R): ListingEntry<R> {
  return 'subdir' in entry ? entry : { name: entry.name, record: record(entry.value) };
}
