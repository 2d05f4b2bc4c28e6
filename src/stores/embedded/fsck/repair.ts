import { Check } from './check';
import { ContentFiles } from '../storage/content_files';
import type { Finding, Fix, Problem } from './finding';
import { checkConverted, checkFolder, findProblems } from './fsck';
import { idKey } from '../storage/keys';
import { formatContentId, type StoredContent } from '../storage/records';
import { Quarantine } from './quarantine';
import { recount } from './recount';
import { Session } from '../storage/sessions';
import { StorageError } from '../storage/storage_error';
import { removeSums } from '../storage/sums';
import type { Table } from '../storage/table';
import { closeTables, markConverted, openExclusively, type Tables } from '../storage/tables';

/** A finding, and what was done about it. */
export interface Repaired extends Finding {
  readonly done: string;
}

/** A finding, and what a repair would do about it. */
export interface Planned extends Finding {
  readonly plan: string;
}

const DONE: Readonly<Record<Fix['do'], string>> = {
  'remove-object': 'the object is moved to damaged/',
  'remove-record': 'the record is moved to damaged/',
  'put-content': 'recomputed',
  'remove-content': 'moved to damaged/',
  'move-file': 'moved to damaged/',
  recount: 'recomputed',
  nothing: 'nothing',
};

/**
 * Repairs what a check finds, and yields what was done. Deletes nothing: what cannot stay
 * in the store is moved to `damaged/` in the folder, with a list, so that an object's
 * previous version can be restored. Changes nothing if any finding cannot be repaired,
 * such as a damaged record of an account or container, since what they contain would be
 * taken for orphans. If interrupted, a second run continues.
 *
 * @throws StorageError `locked` if a server or a backup has the folder open; the errors
 *   of `fsck`
 */
export async function* repair(folder: string): AsyncGenerator<Repaired> {
  checkFolder(folder);
  const { tables, session } = await openExclusively(folder, {}, async (tables) => {
    checkConverted(tables.checking.allowsUnchecked, folder);
    return { tables, session: await Session.open(tables, folder, 'owner') };
  });
  try {
    await checkHolds(session, folder);
    const all = await findAll(tables, folder);
    if (all.length > 0 && !isUnrepairable(all)) {
      // the check may have taken long
      await checkHolds(session, folder);
      await tables.lock.runShared(() => new Repair(tables, folder).run(all));
    }
    for (const { finding, fix } of all)
      yield { ...finding, done: DONE[isUnrepairable(all) ? 'nothing' : fix.do] };
  } finally {
    try {
      await session.close();
    } finally {
      await closeTables(tables);
    }
  }
}

/** @throws StorageError `locked` if a backup needs files that would be moved */
async function checkHolds(session: Session, folder: string): Promise<void> {
  if (await session.isHeldNow())
    throw new StorageError(
      'locked',
      `${folder} is being backed up; retry once the backup has finished`,
    );
}

/** Yields what `repair` would do. Changes nothing; a server may have the folder open. */
export async function* plannedRepairs(folder: string): AsyncGenerator<Planned> {
  const all: Problem[] = [];
  for await (const problem of findProblems(folder)) all.push(problem);
  for (const { finding, fix } of all)
    yield { ...finding, plan: DONE[isUnrepairable(all) ? 'nothing' : fix.do] };
}

/** Whether a record is lost without which its dependents would be taken for orphans. */
function isUnrepairable(all: readonly Problem[]): boolean {
  return all.some(({ fix }) => fix.do === 'nothing');
}

async function findAll(tables: Tables, folder: string): Promise<Problem[]> {
  tables.root.resetReadTxn();
  const snapshot = tables.root.useReadTransaction();
  try {
    const all: Problem[] = [];
    const check = new Check(tables, snapshot, new ContentFiles(folder));
    for await (const problem of check.run()) all.push(problem);
    return all;
  } finally {
    snapshot.done();
  }
}

class Repair {
  readonly #tables: Tables;
  readonly #files: ContentFiles;
  readonly #folder: string;

  constructor(tables: Tables, folder: string) {
    this.#tables = tables;
    this.#files = new ContentFiles(folder);
    this.#folder = folder;
  }

  async run(all: readonly Problem[]): Promise<void> {
    const quarantine = await Quarantine.open(this.#folder);
    try {
      for (const problem of all) await this.#fix(quarantine, problem);
      const unused = this.#tables.root.transactionSync(() => recount(this.#tables));
      for (const id of unused)
        await this.#removeContent(quarantine, id, 'no object refers to this content any more');
    } finally {
      await quarantine.close();
    }
  }

  async #fix(quarantine: Quarantine, { finding, fix }: Problem): Promise<void> {
    const { text, object } = finding;
    switch (fix.do) {
      case 'remove-object':
        return this.#removeRecord(quarantine, this.#tables.objects, fix.key, { text, ...object });
      case 'remove-record':
        await this.#removeRecord(quarantine, this.#tableOf(fix.table), fix.key, { text });
        // the record that marks the conversion may have been removed
        if (fix.table === this.#tables.meta.name)
          this.#tables.root.transactionSync(() => markConverted(this.#tables));
        return;
      case 'put-content':
        this.#putContent(fix.id, fix.content);
        return;
      case 'remove-content':
        return this.#removeContent(quarantine, fix.id, text);
      case 'move-file': {
        const file = quarantine.nameFor(fix.name);
        await quarantine.addToList({ text, file });
        return quarantine.move(fix.name, file);
      }
      case 'recount':
      case 'nothing':
    }
  }

  async #removeRecord(
    quarantine: Quarantine,
    table: Table<unknown>,
    key: Buffer,
    description: { readonly text: string },
  ): Promise<void> {
    const value = table.rawValue(key);
    if (value === undefined) return;
    const decoded = table.peek(key);
    const [key64, value64] = [key.toString('base64'), value.toString('base64')];
    await quarantine.addToList({
      ...description,
      table: table.name,
      key: key64,
      value: value64,
      says: decoded,
    });
    this.#tables.root.transactionSync(() => table.removeSync(key));
  }

  /**
   * Removes the block checksums. The scrubber recomputes them from a read whose MD5 is
   * right.
   */
  #putContent(id: number, content: StoredContent): void {
    const { root, contents, sums } = this.#tables;
    root.transactionSync(() => {
      removeSums(sums, id, content[1]);
      contents.putSync(idKey(id), content);
    });
  }

  async #removeContent(quarantine: Quarantine, id: number, text: string): Promise<void> {
    const { root, contents, inline, sums } = this.#tables;
    const key = idKey(id);
    const stored = contents.peek(key);
    const bytes = inline.get(key);
    const file = quarantine.nameFor(formatContentId(id));
    await quarantine.addToList({ text, file, content: stored });
    if (bytes !== undefined) await quarantine.write(file, bytes);
    else await quarantine.move(this.#files.nameOf(id), file);
    root.transactionSync(() => {
      contents.removeSync(key);
      inline.removeSync(key);
      if (stored !== undefined) removeSums(sums, id, stored[1]);
    });
  }

  #tableOf(name: string): Table<unknown> {
    const table = this.#tables.withChecksums.find((candidate) => candidate.name === name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
}
