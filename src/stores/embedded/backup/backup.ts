import { randomInt } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Transaction } from 'lmdb';
import { messageOf } from '../../../util/errors';
import { forEachConcurrently } from '../../../util/concurrency';
import { type BadOutcome, BodyCopier, type Outcome } from './backup_bodies';
import { type BadContent, RecordFindings } from './backup_findings';
import { resolveDisjointPaths, Target } from './backup_target';
import { ContentFiles } from '../storage/content_files';
import type { Finding } from '../fsck/finding';
import { checkConverted, checkFolder } from '../fsck/fsck';
import { idOf } from '../storage/keys';
import { FILE_MODE } from '../storage/privacy';
import { Place, type StoredContent } from '../storage/records';
import { Session } from '../storage/sessions';
import { toStorageError, StorageError } from '../storage/storage_error';
import { closeTables, metaKeys, openExclusively, openTables, type Tables } from '../storage/tables';
import { refuseDamaged } from '../walk/refuse_damaged';

/** Bytes to copy, and bytes copied so far. */
export interface BackupProgress {
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface BackupOptions {
  /**
   * Stops the backup at the next piece of a body; during the copy of the database, after
   * it.
   */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Called for each damage in the data folder. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface BackupResult {
  /** Number of bodies in files that were copied. */
  readonly copied: number;
  /** Bytes of the copied bodies. */
  readonly bytes: number;
  /** Number of bodies in files that the target already had. */
  readonly kept: number;
  /** Number of files removed from the target because they are no longer needed. */
  readonly removed: number;
  /** Size of the database, which is copied as a whole. */
  readonly database: number;
  readonly findings: number;
}

/** Max bodies copied concurrently, so that the disk syncs several at once. */
const AT_ONCE = 8;

/** Records between yields to other work of the process. */
const TURN = 1000;

/** Space that the target needs besides contents and the database. */
const OVERHEAD = 4 * 2 ** 20;

/**
 * Makes the target a copy of a data folder, in the state of one moment after the call. If
 * there is an earlier backup, copies only new bodies, and keeps it intact until the end,
 * whatever happens. A server may have the data folder open: during the backup, files of
 * deleted objects stay. Each body is verified while it is copied. A damaged one is
 * reported and left out, and does not replace a copy in the earlier backup.
 *
 * Must not run in a process that already has the folder open.
 *
 * @throws StorageError `target` if the target is, contains or is within the data folder,
 *   holds something else or another folder's backup, or was served since it was made;
 *   `locked` if a server or another backup has it open; `no-space`, before anything is
 *   copied if possible; `closed` if it was stopped; `corrupt` if the structure of a
 *   database is damaged, or if damaged records may be intact in an earlier backup; the
 *   errors of `fsck`; `failed`
 */
export async function backup(
  /** The data folder. */
  from: string,
  /** The target, created if it does not exist. */
  to: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  try {
    checkFolder(from);
    const { folder, target } = await resolveDisjointPaths(from, to);
    checkUser(folder);
    await refuseDamaged(folder, undefined);
    return await withSession(folder, target, options);
  } catch (error) {
    throw toStorageError(`could not back up ${from}`, error);
  }
}

async function withSession(
  folder: string,
  /** The target. */
  to: string,
  options: BackupOptions,
): Promise<BackupResult> {
  const { tables, identity, session } = await openExclusively(folder, {}, async (tables) => {
    checkConverted(tables.checking.allowsUnchecked, folder);
    const identity = getOrCreateIdentity(tables);
    return { tables, identity, session: await Session.open(tables, folder, 'reader') };
  });
  let target: Target | undefined;
  try {
    target = await Target.open(to, identity);
    return await new Backup(tables, target, options).run();
  } finally {
    // The unfinished part is removed first: on a full disk nothing else could be written.
    try {
      await target?.close();
      await session.close();
    } finally {
      await closeTables(tables);
    }
  }
}

class Backup {
  readonly #tables: Tables;
  readonly #target: Target;
  readonly #options: BackupOptions;
  readonly #counts = { copied: 0, bytes: 0, kept: 0, removed: 0, database: 0, findings: 0 };
  /** Bytes copied so far, and bytes to copy. */
  #bytes = 0;
  #ofBytes = 0;

  constructor(tables: Tables, target: Target, options: BackupOptions) {
    this.#tables = tables;
    this.#target = target;
    this.#options = options;
  }

  async run(): Promise<BackupResult> {
    await this.#checkSpace();
    await this.#copyDatabase();
    // damage from the copy itself must not replace the earlier backup
    await refuseDamaged(this.#target.stage, undefined);
    const copy = openTables(this.#target.stage);
    let unneeded: number[];
    try {
      const isWhole = await this.#copyBodies(copy);
      // A damaged record may belong to a content whose file an earlier backup has.
      unneeded = isWhole ? await this.#target.unneeded(copy) : [];
      this.#checkStopped();
    } catch (error) {
      await closeTables(copy);
      throw error;
    }
    await this.#target.replace(copy);
    this.#counts.removed = await this.#target.remove(unneeded);
    return this.#counts;
  }

  /** @throws StorageError `no-space`, `target` */
  async #checkSpace(): Promise<void> {
    const { free, block } = await this.#target.space();
    const database = lstatSync(path.join(this.#tables.folder, 'data.mdb')).size;
    let needed = database + OVERHEAD;
    const snapshot = freshSnapshot(this.#tables);
    let scanned = 0;
    try {
      for (const [id, stored] of contentsOf(this.#tables, snapshot)) {
        if (++scanned % TURN === 0) await setImmediate();
        if (this.#target.statusOf(id, stored) !== 'absent' || stored[3] === Place.Inline) continue;
        needed += Math.ceil(stored[1] / block) * block;
        this.#ofBytes += stored[1];
      }
    } finally {
      snapshot.done();
    }
    if (needed <= free) return;
    const what = `the backup needs ${formatMegabytes(needed)} in ${this.#target.folder}`;
    throw new StorageError('no-space', `${what}, and ${formatMegabytes(free)} are free`);
  }

  /**
   * Copies the database as of one moment. Files of objects that are deleted later are
   * kept.
   */
  async #copyDatabase(): Promise<void> {
    this.#checkStopped();
    const { stage } = this.#target;
    const file = path.join(stage, 'data.mdb');
    try {
      // Copied as is, with free pages: to compact it, LMDB would have to trust every
      // page.
      await this.#tables.root.backup(stage, false);
      await chmod(file, FILE_MODE);
    } catch (error) {
      const isFull = /No space left|quota exceeded|File too large/i.test(messageOf(error));
      const text = `could not copy the database: ${messageOf(error)}`;
      throw new StorageError(isFull ? 'no-space' : 'failed', text, { cause: error });
    }
    this.#tables.root.resetReadTxn();
    this.#counts.database = statSync(file).size;
  }

  /** Returns true if all records are intact. */
  async #copyBodies(copy: Tables): Promise<boolean> {
    const snapshot = freshSnapshot(copy);
    try {
      const records = new RecordFindings(copy, snapshot);
      const isWhole = this.#report(records.findDamaged()) === 0;
      if (records.areNamesDamaged && this.#target.isBackup) throw this.#damagedNamesError();
      const unrecorded = records.findUnrecorded();
      const bad = await this.#copyContents(copy, snapshot, [
        contentsOf(copy, snapshot),
        unrecorded,
      ]);
      this.#report(records.unrecordedButWhole(unrecorded, bad));
      this.#report(records.describeBad(bad));
      return isWhole && unrecorded.size === 0;
    } finally {
      snapshot.done();
    }
  }

  /**
   * Copies contents to the target. Resolves to those that are not as they were written.
   */
  async #copyContents(
    copy: Tables,
    snapshot: Transaction,
    contents: readonly Iterable<readonly [number, StoredContent]>[],
  ): Promise<Map<number, BadContent>> {
    const source = new ContentFiles(this.#tables.folder);
    const onBytes = (count: number) => this.#advance(count);
    const bodies = new BodyCopier(copy, snapshot, source, this.#target, onBytes);
    const bad = new Map<number, BadContent>();
    let scanned = 0;
    for (const batch of contents)
      await forEachConcurrently(batch, AT_ONCE, async ([id, stored]) => {
        if (++scanned % TURN === 0) await setImmediate();
        this.#checkStopped();
        const outcome = await bodies.copyContent(id, stored);
        this.#count(stored, outcome);
        if (isBad(outcome)) bad.set(id, { stored, outcome });
      });
    return bad;
  }

  #damagedNamesError(): StorageError {
    const what = `records of ${this.#tables.folder} are damaged, and may be intact in the backup in ${this.#target.folder}`;
    const advice = 'restore that backup, repair the folder first, or choose another target';
    return new StorageError('corrupt', `${what}, which was left unchanged; ${advice}`);
  }

  #count([, size, , place]: StoredContent, { state }: Outcome): void {
    if (place === Place.Inline) return;
    if (state === 'kept') this.#counts.kept++;
    if (state !== 'copied' && state !== 'checksums') return;
    this.#counts.copied++;
    this.#counts.bytes += size;
  }

  #report(findings: Iterable<Finding>): number {
    let count = 0;
    for (const finding of findings) {
      count++;
      this.#options.onFinding?.(finding);
    }
    this.#counts.findings += count;
    return count;
  }

  #advance(count: number): void {
    this.#checkStopped();
    this.#bytes += count;
    this.#options.onProgress?.({ bytes: this.#bytes, ofBytes: this.#ofBytes });
  }

  /** @throws StorageError `closed` */
  #checkStopped(): void {
    if (!this.#options.signal?.aborted) return;
    const what = 'the backup was stopped, and the previous one is unchanged';
    throw new StorageError('closed', `${what}; run it again to continue`);
  }
}

function isBad(outcome: Outcome): outcome is BadOutcome {
  return outcome.state !== 'copied' && outcome.state !== 'kept';
}

/**
 * @throws StorageError `failed` if this is a user whose files and sockets the server
 *   could not use
 */
function checkUser(folder: string): void {
  const { uid } = lstatSync(path.join(folder, 'data.mdb'));
  const user = process.geteuid?.();
  if (user === undefined || user === uid) return;
  const what = `${folder} belongs to user ${uid}, and this is user ${user}`;
  throw new StorageError('failed', `${what}; run the backup as the server’s user`);
}

/** Returns the number shared by a folder and its backups. The first backup creates it. */
function getOrCreateIdentity({ root, meta }: Tables): number {
  return root.transactionSync(() => {
    const existing = meta.get(metaKeys.identity);
    if (existing !== undefined) return existing;
    const identity = randomInt(1, 2 ** 47);
    meta.putSync(metaKeys.identity, identity);
    return identity;
  });
}

/** Returns a snapshot of the latest commit. */
function freshSnapshot({ root }: Tables): Transaction {
  root.resetReadTxn();
  return root.useReadTransaction();
}

/** Yields contents with their numbers, except those with damaged records. */
function* contentsOf(
  { contents }: Tables,
  transaction: Transaction,
): Generator<readonly [number, StoredContent]> {
  for (const record of contents.raw({ transaction })) {
    const stored = contents.tryDecode(record);
    if (stored !== undefined) yield [idOf(record.key), stored];
  }
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;
}
