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
import { type Checking, Table } from './table';

/** A process that has the storage open: as which, under which owner, and where it answers while it lives. */
export type StoredSession = [pid: number, socket: string, owner: number];

/** How a database is opened. */
export interface OpenMode {
  readonly readOnly?: boolean;
}

export interface Tables {
  readonly folder: string;
  readonly root: RootDatabase;
  /** Each commit takes it: see `FolderLock`. */
  readonly lock: FolderLock;
  readonly checking: Checking;
  /** All tables whose records carry checksums. */
  readonly checked: readonly Table<unknown>[];
  /**
   * `format`, `owner` (a session), `next` (the least number never given out), `clock` (ticks),
   * `scrubbed` (the last content that the scrubber read in this pass), `scrub_ended` (ms),
   * `identity` (a random number that a folder and its backups share), `backup` (in a backup: the
   * session that wrote it; goes, with `identity`, once it is served).
   */
  readonly meta: Table<number>;
  readonly accounts: Table<StoredAccount>;
  readonly containers: Table<StoredContainer>;
  readonly objects: Table<StoredObject>;
  readonly tallies: Table<StoredTally>;
  readonly contents: Table<StoredContent>;
  /** Bytes of small contents, as they are. */
  readonly inline: Database<Buffer, Buffer>;
  /** Checksums of contents in files, by content and part: see `sums.ts`. */
  readonly sums: Table<StoredSums>;
  /** Keys of objects by the time when they expire. */
  readonly expiry: Table<true>;
  /** Contents for which there may be a file although no record refers to it yet: by whom (a session). */
  readonly arriving: Table<number>;
  /** Contents whose last record went and whose file may still be there. */
  readonly gone: Table<true>;
  readonly sessions: Table<StoredSession>;
  /** Sessions for which no file may be removed, since they copy the folder. */
  readonly holds: Table<true>;
}

/** What this version writes: records with checksums, contents with checksums by block. */
const FORMAT = 2;

/** What 0.1.0 wrote, and a server converts when it opens the folder. */
const FORMAT_UNCHECKED = 1;

/** The target of a backup that has not ended: no version of this program serves it. */
const FORMAT_UNFINISHED = 0;

/** Addresses, not memory: so large that the map need never move under several processes. */
const mapSize = 2 ** 40;

/** lmdb's option for the mode of new files, which its types leave out. */
const FILES = { permissionsMode: FILE_MODE };

export interface OpenMode {
  readonly readOnly?: boolean;
  /** A new database gets the format that nothing serves, and such a one may be opened. */
  readonly isTarget?: boolean;
}

/**
 * Opens or creates the database. Each commit is synced before it resolves, and before its pages can be used again
 * (`overlappingSync` would resolve earlier). `eventTurnBatching` is off, since a failed commit would else leave a rejected promise that nobody
 * can handle; `Commits` batches instead.
 *
 * @throws StorageError `format` if the folder was written by another version of this program
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
    ...FILES,
    readOnly,
  });
  const checking = { allowsUnchecked: false };
  const checked: Table<unknown>[] = [];
  const table = <V>(name: string, exempt?: Buffer): Table<V> => {
    const made = new Table<V>(name, binary(root, name), checking, exempt);
    checked.push(made);
    return made;
  };
  const tables: Tables = {
    folder,
    root,
    lock,
    checking,
    checked,
    meta: table('meta', metaKeys.format),
    accounts: table('accounts'),
    containers: table('containers'),
    objects: table('objects'),
    tallies: table('tallies'),
    contents: table('contents'),
    inline: binary(root, 'inline'),
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
 * Opens the database while no process commits to it, and does what must come before another opens or
 * commits.
 *
 * @throws those of `openTables` and of the work, after which the database is closed again
 */
export async function openAlone<T>(
  folder: string,
  mode: OpenMode,
  work: (tables: Tables) => T | Promise<T>,
): Promise<T> {
  const lock = new FolderLock(folder);
  try {
    return await lock.alone(async () => {
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

/** Closes what `openAlone` has opened. */
export async function closeTables({ root, lock }: Tables): Promise<void> {
  await root.close();
  lock.close();
}

/** A new database gets this version's format; one of 0.1.0 may be read until it is converted. */
function checkFormat(tables: Tables, isWritable: boolean, isTarget: boolean): void {
  const { folder, root, meta, checking } = tables;
  const format = readFormat(root);
  if (format === undefined) {
    const mark = isTarget ? markUnfinished : markConverted;
    if (isWritable) root.transactionSync(() => mark(tables));
  } else if (format === FORMAT_UNFINISHED) {
    const what = `${folder} is a backup that has not ended`;
    if (!isTarget) throw new StorageError('format', `${what}; run it again`);
  } else if (format !== FORMAT && format !== FORMAT_UNCHECKED) {
    const known = `this version of the program reads ${FORMAT_UNCHECKED} and ${FORMAT}`;
    throw new StorageError('format', `${folder} has format ${format}; ${known}`);
  } else {
    checking.allowsUnchecked = format === FORMAT_UNCHECKED;
    if (format === FORMAT) checking.allowsUnchecked = !meta.has(metaKeys.converted);
  }
}

/** Not a checked record, since 0.1.0 reads it to refuse what it does not know. */
function readFormat(root: RootDatabase): number | undefined {
  const stored = binary(root, 'meta').get(metaKeys.format);
  return stored && (unpack(stored) as number);
}

/** Whether it is the target of a backup that has not ended. */
export function isUnfinished({ root }: Tables): boolean {
  return readFormat(root) === FORMAT_UNFINISHED;
}

function markUnfinished({ root }: Tables): void {
  binary(root, 'meta').putSync(metaKeys.format, pack(FORMAT_UNFINISHED));
}

/** Within a transaction: 0.1.0 can no longer open the folder. */
export function markFormat({ root }: Tables): void {
  binary(root, 'meta').putSync(metaKeys.format, pack(FORMAT));
}

/** Within a transaction: each record has a checksum. */
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

function binary(root: RootDatabase, name: string): Database<Buffer, Buffer> {
  return root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });
}
