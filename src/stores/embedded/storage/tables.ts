import { type Database, open, type RootDatabase } from 'lmdb';
import { pack, unpack } from 'msgpackr';
import { FolderLock } from './folder_lock';
import { FILE_MODE } from './privacy';
import type {
  StoredAccount,
  StoredContainer,
  StoredContent,
  StoredObject,
  StoredSums,
  StoredTally,
} from './records';
import { StorageError } from './storage_error';
import { type ChecksumState, Table } from './table';

/**
 * A process that has the storage open: its pid, the socket it listens on while it lives,
 * and its owner.
 */
type StoredSession = [pid: number, socket: string, owner: number];

/** How to open a database. */
export interface OpenMode {
  readonly readOnly?: boolean;
}

export interface Tables {
  readonly folder: string;
  readonly root: RootDatabase;
  /** Taken for each commit: see `FolderLock`. */
  readonly lock: FolderLock;
  readonly checking: ChecksumState;
  /** All tables whose records have checksums. */
  readonly withChecksums: readonly Table<unknown>[];
  /**
   * `format`, `owner` (a session), `next` (the lowest unused number), `clock` (ticks),
   * `scrubbed` (the last content that the scrubber read in this pass), `scrub_ended`
   * (ms), `identity` (a random number shared by a folder and its backups), `backup` (in a
   * backup: the session that wrote it; removed, with `identity`, once it is served).
   */
  readonly meta: Table<number>;
  readonly accounts: Table<StoredAccount>;
  readonly containers: Table<StoredContainer>;
  readonly objects: Table<StoredObject>;
  readonly tallies: Table<StoredTally>;
  readonly contents: Table<StoredContent>;
  /** Bytes of small contents, without an encoding. */
  readonly inline: Database<Buffer, Buffer>;
  /** Checksums of contents in files, by content and part: see `sums.ts`. */
  readonly sums: Table<StoredSums>;
  /** Keys of objects by expiry time. */
  readonly expiry: Table<true>;
  /**
   * Contents that may have a file before a record refers to them, with the session that
   * writes it.
   */
  readonly arriving: Table<number>;
  /** Contents whose last record was removed and whose file may still exist. */
  readonly gone: Table<true>;
  readonly sessions: Table<StoredSession>;
  /** Sessions that copy the folder, during which no file may be removed. */
  readonly holds: Table<true>;
}

/** The format of this version: records with checksums, contents with block checksums. */
const FORMAT = 2;

/** The format of 0.1.0, which a server converts when it opens the folder. */
const FORMAT_UNCHECKED = 1;

/** The target of an unfinished backup: no version of this program serves it. */
const FORMAT_UNFINISHED = 0;

/**
 * Address space, not memory: so large that the map never has to grow under several
 * processes.
 */
const mapSize = 2 ** 40;

/** lmdb's option for the mode of new files, missing in its types. */
const FILE_OPTIONS = { permissionsMode: FILE_MODE };

export interface OpenMode {
  readonly readOnly?: boolean;
  /** Creates a new database in the unfinished format, and allows opening one. */
  readonly isTarget?: boolean;
}

/**
 * Opens or creates the database. Each commit is synced before it resolves and before its
 * pages can be reused (`overlappingSync` would resolve earlier). `eventTurnBatching` is
 * off, since a failed commit would leave a rejected promise that nobody can handle;
 * `GroupCommit` batches instead.
 *
 * @throws StorageError `format` if the folder was written by another version of this
 *   program
 */
export function openTables(
  folder: string,
  mode: OpenMode = {},
  lock = new FolderLock(folder),
): Tables {
  const { readOnly = false, isTarget = false } = mode;
  const root = open({
    path: folder,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
    mapSize,
    maxDbs: 24,
    maxReaders: 1024,
    ...FILE_OPTIONS,
    readOnly,
  });
  const checking = { allowsUnchecked: false };
  const withChecksums: Table<unknown>[] = [];
  const table = <V>(name: string, exempt?: Buffer): Table<V> => {
    const newTable = new Table<V>(name, openBinary(root, name), checking, exempt);
    withChecksums.push(newTable);
    return newTable;
  };
  const tables: Tables = {
    folder,
    root,
    lock,
    checking,
    withChecksums,
    meta: table('meta', metaKeys.format),
    accounts: table('accounts'),
    containers: table('containers'),
    objects: table('objects'),
    tallies: table('tallies'),
    contents: table('contents'),
    inline: openBinary(root, 'inline'),
    sums: table('sums'),
    expiry: table('expiry'),
    arriving: table('arriving'),
    gone: table('gone'),
    sessions: table('sessions'),
    holds: table('holds'),
  };
  checkFormat(tables, !readOnly, isTarget);
  return tables;
}

/**
 * Opens the database while no process commits to it, and runs work that must precede any
 * other open or commit.
 *
 * @throws the errors of `openTables` and of the work, after closing the database again
 */
export async function openExclusively<T>(
  folder: string,
  mode: OpenMode,
  work: (tables: Tables) => T | Promise<T>,
): Promise<T> {
  const lock = new FolderLock(folder);
  try {
    return await lock.runExclusive(async () => {
      const tables = openTables(folder, mode, lock);
      try {
        return await work(tables);
      } catch (error) {
        await tables.root.close();
        throw error;
      }
    });
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Closes tables from `openExclusively`. */
export async function closeTables({ root, lock }: Tables): Promise<void> {
  await root.close();
  lock.close();
}

/**
 * Marks a new database with this version's format, and lets one of 0.1.0 be read until it
 * is converted.
 */
function checkFormat(tables: Tables, isWritable: boolean, isTarget: boolean): void {
  const { folder, root, meta, checking } = tables;
  const format = readFormat(root);
  if (format === undefined) {
    const mark = isTarget ? markUnfinished : markConverted;
    if (isWritable) root.transactionSync(() => mark(tables));
  } else if (format === FORMAT_UNFINISHED) {
    const what = `${folder} is an unfinished backup`;
    if (!isTarget) throw new StorageError('format', `${what}; run the backup again`);
  } else if (format !== FORMAT && format !== FORMAT_UNCHECKED) {
    const formats = `this version of the program reads formats ${FORMAT_UNCHECKED} and ${FORMAT}`;
    throw new StorageError('format', `${folder} has format ${format}; ${formats}`);
  } else {
    checking.allowsUnchecked = format === FORMAT_UNCHECKED;
    if (format === FORMAT) checking.allowsUnchecked = !meta.has(metaKeys.converted);
  }
}

/** Not a checked record: 0.1.0 reads it to refuse newer formats. */
function readFormat(root: RootDatabase): number | undefined {
  const stored = openBinary(root, 'meta').get(metaKeys.format);
  return stored && (unpack(stored) as number);
}

/** Whether it is the target of an unfinished backup. */
export function isUnfinished({ root }: Tables): boolean {
  return readFormat(root) === FORMAT_UNFINISHED;
}

function markUnfinished({ root }: Tables): void {
  openBinary(root, 'meta').putSync(metaKeys.format, pack(FORMAT_UNFINISHED));
}

/** Within a transaction: marks the folder so that 0.1.0 can no longer open it. */
export function markFormat({ root }: Tables): void {
  openBinary(root, 'meta').putSync(metaKeys.format, pack(FORMAT));
}

/** Within a transaction: marks that every record has a checksum. */
export function markConverted(tables: Tables): void {
  markFormat(tables);
  tables.meta.putSync(metaKeys.converted, 1);
}

export const metaKeys = {
  format: Buffer.from('format'),
  converted: Buffer.from('converted'),
  owner: Buffer.from('owner'),
  next: Buffer.from('next'),
  clock: Buffer.from('clock'),
  scrubbed: Buffer.from('scrubbed'),
  scrubEnded: Buffer.from('scrub_ended'),
  identity: Buffer.from('identity'),
  backup: Buffer.from('backup'),
};

function openBinary(root: RootDatabase, name: string): Database<Buffer, Buffer> {
  return root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });
}
