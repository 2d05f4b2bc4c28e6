import { type Database, open, type RootDatabase } from 'lmdb';
import type { StoredAccount, StoredContainer, StoredContent, StoredObject, StoredTally } from './records';
import { FILE_MODE } from './privacy';
import { StorageError } from './storage_error';

export type Table<V> = Database<V, Buffer>;

/** A process that has the storage open: as which, under which owner, and where it answers while it lives. */
export type StoredSession = [pid: number, socket: string, owner: number];

export interface Tables {
  readonly folder: string;
  readonly root: RootDatabase;
  /** `format`, `owner` (a session), `next` (the least number never given out), `clock` (ticks). */
  readonly meta: Table<number>;
  readonly accounts: Table<StoredAccount>;
  readonly containers: Table<StoredContainer>;
  readonly objects: Table<StoredObject>;
  readonly tallies: Table<StoredTally>;
  readonly contents: Table<StoredContent>;
  /** Bytes of small contents. */
  readonly inline: Table<Buffer>;
  /** Keys of objects by the time when they expire. */
  readonly expiry: Table<true>;
  /** Contents for which there may be a file although no record refers to it yet: by whom (a session). */
  readonly arriving: Table<number>;
  /** Contents whose last record went and whose file may still be there. */
  readonly gone: Table<true>;
  readonly sessions: Table<StoredSession>;
}

const format = 1;

/** Addresses, not memory: so large that the map need never move under several processes. */
const mapSize = 2 ** 40;

/** lmdb's option for the mode of new files, which its types leave out. */
const FILES = { permissionsMode: FILE_MODE };

/**
 * Opens or creates the database. Each commit is synced before it resolves, and before its pages can be used again
 * (`overlappingSync` would resolve earlier). `eventTurnBatching` is off, since a failed commit would else leave a rejected promise that nobody
 * can handle; `Commits` batches instead.
 *
 * @throws StorageError `format` if the folder was written by another version of this program
 */
export function openTables(folder: string, mode: { readonly readOnly?: boolean } = {}): Tables {
  const root = open({
    path: folder,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
    mapSize,
    maxDbs: 16,
    maxReaders: 1024,
    ...FILES,
    ...mode,
  });
  const tables: Tables = {
    folder,
    root,
    meta: table(root, 'meta'),
    accounts: table(root, 'accounts'),
    containers: table(root, 'containers'),
    objects: table(root, 'objects'),
    tallies: table(root, 'tallies'),
    contents: table(root, 'contents'),
    inline: root.openDB('inline', { keyEncoding: 'binary', encoding: 'binary' }),
    expiry: table(root, 'expiry'),
    arriving: table(root, 'arriving'),
    gone: table(root, 'gone'),
    sessions: table(root, 'sessions'),
  };
  const found = tables.meta.get(metaKeys.format);
  if (found !== undefined && found !== format) {
    throw new StorageError(
      'format',
      `${folder} has format ${found}; this version of the program reads ${format}`,
    );
  }
  if (found === undefined && mode.readOnly !== true) tables.meta.putSync(metaKeys.format, format);
  return tables;
}

export const metaKeys = {
  format: Buffer.from('format'),
  owner: Buffer.from('owner'),
  next: Buffer.from('next'),
  clock: Buffer.from('clock'),
};

function table<V>(root: RootDatabase, name: string): Table<V> {
  return root.openDB<V, Buffer>(name, { keyEncoding: 'binary', encoding: 'msgpack' });
}
