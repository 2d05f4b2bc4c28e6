import { randomInt } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Transaction } from 'lmdb';
import { messageOf } from '../../../util/errors';
import { forEachConcurrently } from '../../../util/concurrency';
import { type BadOutcome, Bodies, type Outcome } from './backup_bodies';
import { type BadContent, RecordFindings } from './backup_findings';
import { pathsApart, Target } from './backup_target';
import { ContentFiles } from '../storage/content_files';
import type { Finding } from '../fsck/finding';
import { checkConverted, checkFolder } from '../fsck/fsck';
import { idOf } from '../storage/keys';
import { FILE_MODE } from '../storage/privacy';
import { Place, type StoredContent } from '../storage/records';
import { Session } from '../storage/sessions';
import { fromSystem, StorageError } from '../storage/storage_error';
import { closeTables, metaKeys, openAlone, openTables, type Tables } from '../storage/tables';
import { refuseDamaged } from '../walk/refuse_damaged';

/** How much is to be copied, and was by now. */
export interface BackupProgress {
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface BackupOptions {
  /** Ends the backup at the next piece of a body; while the database is copied, after that. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Receives what is damaged in the data folder. */
  readonly onFinding?: (finding: Finding) => void;
}

export interface BackupResult {
  /** Bodies in files that were copied. */
  readonly copied: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Bodies in files that the target had. */
  readonly kept: number;
  /** Files that the target no longer needs. */
  readonly removed: number;
  /** Bytes of the database, which is copied as a whole. */
  readonly database: number;
  readonly findings: number;
}

/** Bodies that are copied at one time, so that the disk syncs several at once. */
const AT_ONCE = 8;

/** Records after which other work of the process has its turn. */
const TURN = 1000;

/** What the target needs besides contents and the database. */
const OVERHEAD = 4 * 2 ** 20;

/**
 * Makes the target a copy of a data folder as it is at one moment after the call. If there is an
 * earlier backup, only new bodies are copied, and until the end it stays whole, whatever happens.
 * A server may have the data folder open: while the backup lasts, files of what is deleted stay.
 * Each body is verified while it is copied. One that is damaged is reported and left out, and does not
 * replace what the earlier backup has of it.
 *
 * It must not run in a process that has the folder open already.
 *
 * @throws StorageError `target` if the target is, contains or is within the data folder, is
 *   something else's, another folder's backup, or was served since; `locked` if a server or another
 *   backup has it open; `no-space`, before anything is copied if that is known; `closed` if it was
 *   stopped; `corrupt` if the structure of a database is damaged, or records that an earlier backup
 *   may have whole; as `fsck`; `failed`
 */
export async function backup(
  /** The data folder. */
  from: string,
  /** The target, which is made if it is not there. */
  to: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  try {
    checkFolder(from);
    const { folder, target } = await pathsApart(from, to);
    checkUser(folder);
    await refuseDamaged(folder, undefined);
    return await withSession(folder, target, options);
  } catch (error) {
    throw fromSystem(`could not back up ${from}`, error);
  }
}

async function withSession(
  folder: string,
  /** The target. */
  to: string,
  options: BackupOptions,
): Promise<BackupResult> {
  const { tables, identity, session } = await openAlone(folder, {}, async (tables) => {
    checkConverted(tables.checking.allowsUnchecked, folder);
    const identity = identify(tables);
    return { tables, identity, session: await Session.open(tables, folder, 'reader') };
  });
  let target: Target | undefined;
  try {
    target = await Target.open(to, identity);
    return await new Backup(tables, target, options).run();
  } finally {
    // What is unfinished goes first: on a full disk nothing else could be noted.
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
  /** Bytes that were written by now, and that are to be. */
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
    // what damage the copy itself suffered must not take the place of the earlier backup
    await refuseDamaged(this.#target.stage, undefined);
    const copy = openTables(this.#target.stage);
    let unneeded: number[];
    try {
      const isWhole = await this.#copyBodies(copy);
      // A damaged record may be that of a content whose file an earlier backup has.
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
    let looked = 0;
    try {
      for (const [id, stored] of contentsOf(this.#tables, snapshot)) {
        if (++looked % TURN === 0) await setImmediate();
        if (this.#target.standing(id, stored) !== 'absent' || stored[3] === Place.Inline) continue;
        needed += Math.ceil(stored[1] / block) * block;
        this.#ofBytes += stored[1];
      }
    } finally {
      snapshot.done();
    }
    if (needed <= free) return;
    const what = `the backup needs ${inMegabytes(needed)} in ${this.#target.folder}`;
    throw new StorageError('no-space', `${what}, and ${inMegabytes(free)} are free`);
  }

  /** As it is at one moment from now on: what goes after that is held. */
  async #copyDatabase(): Promise<void> {
    this.#checkStopped();
    const { stage } = this.#target;
    const file = path.join(stage, 'data.mdb');
    try {
      // As it lies there, free pages too: to compact it, LMDB would have to trust every page.
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

  /** Whether all records are what was written. */
  async #copyBodies(copy: Tables): Promise<boolean> {
    const snapshot = freshSnapshot(copy);
    try {
      const records = new RecordFindings(copy, snapshot);
      const isWhole = this.#report(records.damaged()) === 0;
      if (records.areNamesDamaged && this.#target.isBackup) throw this.#keepsEarlier();
      const unrecorded = records.unrecorded();
      const bad = await this.#bring(copy, snapshot, [contentsOf(copy, snapshot), unrecorded]);
      this.#report(records.unrecordedButWhole(unrecorded, bad));
      this.#report(records.bad(bad));
      return isWhole && unrecorded.size === 0;
    } finally {
      snapshot.done();
    }
  }

  /** Brings contents into the target; those that could not be brought as they were written. */
  async #bring(
    copy: Tables,
    snapshot: Transaction,
    contents: readonly Iterable<readonly [number, StoredContent]>[],
  ): Promise<Map<number, BadContent>> {
    const source = new ContentFiles(this.#tables.folder);
    const onBytes = (count: number) => this.#advance(count);
    const bodies = new Bodies(copy, snapshot, source, this.#target, onBytes);
    const bad = new Map<number, BadContent>();
    let looked = 0;
    for (const some of contents)
      await forEachConcurrently(some, AT_ONCE, async ([id, stored]) => {
        if (++looked % TURN === 0) await setImmediate();
        this.#checkStopped();
        const outcome = await bodies.bring(id, stored);
        this.#count(stored, outcome);
        if (isBad(outcome)) bad.set(id, { stored, outcome });
      });
    return bad;
  }

  #keepsEarlier(): StorageError {
    const what = `records of ${this.#tables.folder} are damaged, which the backup in ${this.#target.folder} may have whole`;
    const advice = 'restore that, or repair the folder first, or choose another target';
    return new StorageError('corrupt', `${what}: it stays as it was; ${advice}`);
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
    const what = 'the backup was stopped, and the one before is as it was';
    throw new StorageError('closed', `${what}; the next goes on with what was copied`);
  }
}

function isBad(outcome: Outcome): outcome is BadOutcome {
  return outcome.state !== 'copied' && outcome.state !== 'kept';
}

/** @throws StorageError `failed` for a user whose files and sockets the server could not use */
function checkUser(folder: string): void {
  const { uid } = lstatSync(path.join(folder, 'data.mdb'));
  const user = process.geteuid?.();
  if (user === undefined || user === uid) return;
  const what = `${folder} is the user ${uid}’s, and this is the user ${user}`;
  throw new StorageError('failed', `${what}; run the backup as the user of the server`);
}

/** The number that a folder and its backups have in common; the first backup makes it. */
function identify({ root, meta }: Tables): number {
  return root.transactionSync(() => {
    const known = meta.get(metaKeys.identity);
    if (known !== undefined) return known;
    const made = randomInt(1, 2 ** 47);
    meta.putSync(metaKeys.identity, made);
    return made;
  });
}

/** The state that was committed last. */
function freshSnapshot({ root }: Tables): Transaction {
  root.resetReadTxn();
  return root.useReadTransaction();
}

/** Contents with their numbers, but those whose records are damaged. */
function* contentsOf(
  { contents }: Tables,
  transaction: Transaction,
): Generator<readonly [number, StoredContent]> {
  for (const record of contents.raw({ transaction })) {
    const stored = contents.decoded(record);
    if (stored !== undefined) yield [idOf(record.key), stored];
  }
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;
}
