import { setImmediate, setTimeout } from 'node:timers/promises';
import { codeOf, messageOf } from '../../../util/errors';
import { BLOCK } from './block_sums';
import { BodyCheck, type BodyState, type BodySums } from './body_check';
import type { GroupCommit } from './group_commit';
import type { ContentFiles } from './content_files';
import { idKey, idOf, keyAfter } from './keys';
import type { ObjectName } from './object_name';
import { findObjectNames, objectNamesOfKeys } from './object_names';
import { formatContentId, formatTicks, type StoredContent } from './records';
import type { ScrubOptions, Scrubbing } from './storage';
import { StorageError } from './storage_error';
import { putSums } from './sums';
import type { RawRecord, Table } from './table';
import { metaKeys, type Tables } from './tables';
import { walkDatabase } from '../walk/walk_database';

/** Records, or contents, per batch; other work runs in between. */
const BATCH = 256;

/** Milliseconds between saves of the position of a pass. */
const SAVE_INTERVAL = 10_000;

/** Min milliseconds between two walks of the database's structure. */
const WALK_INTERVAL = 600_000;

/**
 * Reads everything in a storage in use, repeatedly, so that damage is found while there
 * are good copies (like Swift's object auditor). Saves its position, so that a restart
 * does not start over. Adds checksums to contents written in format 1 once their MD5 is
 * verified.
 */
export class Scrubber implements Scrubbing {
  /**
   * When the database's structure was last walked: a server does so before it opens it.
   */
  #lastWalk: number;

  constructor(
    private readonly tables: Tables,
    private readonly files: ContentFiles,
    private readonly commits: GroupCommit,
    private readonly now: () => number,
  ) {
    this.#lastWalk = now();
  }

  lastEnd(): number | undefined {
    return this.tables.meta.get(metaKeys.scrubEnded);
  }

  async pass(options: ScrubOptions): Promise<void> {
    const pace = new Pacer(options);
    await this.#scrubStructure(options);
    await this.#scrubRecords(pace, options);
    await this.#scrubContents(pace, options);
    await this.commits.run(() => {
      this.tables.meta.removeSync(metaKeys.scrubbed);
      this.tables.meta.putSync(metaKeys.scrubEnded, this.now());
    });
  }

  /** LMDB's pages have no checksums: damage shows only as an inconsistent structure. */
  async #scrubStructure({ report, signal }: ScrubOptions): Promise<void> {
    signal.throwIfAborted();
    if (this.now() - this.#lastWalk < WALK_INTERVAL) return;
    this.#lastWalk = this.now();
    for (const { text } of await walkDatabase(this.tables.folder)) report({ text, objects: [] });
  }

  async #scrubRecords(pace: Pacer, options: ScrubOptions): Promise<void> {
    for (const table of this.tables.withChecksums) {
      for await (const batch of this.#batches(table, undefined)) {
        await this.#checkBatch(table, batch, options);
        await pace.wait(batch.reduce((sum, { key, value }) => sum + key.length + value.length, 0));
      }
    }
  }

  async #checkBatch(
    table: Table<unknown>,
    batch: readonly RawRecord[],
    { report }: ScrubOptions,
  ): Promise<void> {
    const { objects } = this.tables;
    const damagedKeys = batch
      .filter((record) => table.tryDecode(record) === undefined)
      .map(({ key }) => key);
    if (damagedKeys.length > 0) {
      const names = await this.#objectsOf(table, damagedKeys);
      for (const [i, key] of damagedKeys.entries()) {
        const text = `record ${key.toString('hex').slice(0, 80)} of table ${table.name} is damaged`;
        report({ text, objects: names[i] ?? [] });
      }
    }
    if (table.name !== objects.name) return;
    const empty = batch.filter((record) => this.#lacksContent(record));
    const keys = empty.map(({ key }) => key);
    for (const [i, name] of (await objectNamesOfKeys(this.tables, keys)).entries()) {
      const record = empty[i];
      const version = formatTicks((record && objects.tryDecode(record)?.[0]) ?? 0);
      report({ text: 'the object has no content', objects: [{ ...name, version }] });
    }
  }

  /** For each record, lists the objects that cannot be read without it. */
  async #objectsOf(
    table: Table<unknown>,
    keys: readonly Buffer[],
  ): Promise<readonly (readonly ObjectName[])[]> {
    const { contents, objects } = this.tables;
    if (table.name === contents.name) {
      const names = await findObjectNames(this.tables, new Set(keys.map(idOf)));
      return keys.map((key) => names.get(idOf(key)) ?? []);
    }
    if (table.name !== objects.name) return [];
    return (await objectNamesOfKeys(this.tables, keys)).map((name) => [name]);
  }

  #lacksContent({ key, value }: RawRecord): boolean {
    const { root, objects, contents } = this.tables;
    const content = objects.tryDecode({ key, value })?.[2];
    if (content === undefined || contents.has(idKey(content))) return false;
    root.resetReadTxn();
    // It may have been replaced since the batch was read.
    return objects.peek(key)?.[2] === content && !contents.has(idKey(content));
  }

  async #scrubContents(pace: Pacer, options: ScrubOptions): Promise<void> {
    const { contents, meta } = this.tables;
    const bodies = new BodyCheck(this.tables, this.files, undefined, (bytes) => pace.wait(bytes));
    let savedAt = performance.now();
    for await (const batch of this.#batches(contents, meta.get(metaKeys.scrubbed))) {
      const bad: BadBody[] = [];
      for (const record of batch) {
        const stored = contents.tryDecode(record);
        const cause = stored && (await this.#checkContent(bodies, idOf(record.key), stored));
        if (cause !== undefined) bad.push({ id: idOf(record.key), cause });
        // a missing body takes no time to read
        await pace.wait(record.key.length + record.value.length);
        if (performance.now() - savedAt < SAVE_INTERVAL) continue;
        savedAt = performance.now();
        await this.#report(bad.splice(0), options);
        await this.#savePosition(idOf(record.key));
      }
      await this.#report(bad, options);
    }
  }

  async #report(bad: readonly BadBody[], { report }: ScrubOptions): Promise<void> {
    const names = await findObjectNames(this.tables, new Set(bad.map(({ id }) => id)));
    for (const { id, cause } of bad)
      report({
        text: `content ${formatContentId(id)}: ${cause}`,
        objects: names.get(id) ?? [],
      });
  }

  async #savePosition(id: number): Promise<void> {
    await this.commits.run(() => this.tables.meta.putSync(metaKeys.scrubbed, id));
  }

  /** Returns the damage of a content; undefined if it is intact. */
  async #checkContent(
    bodies: BodyCheck,
    id: number,
    stored: StoredContent,
  ): Promise<string | undefined> {
    this.tables.root.resetReadTxn();
    const body = await bodies.check(id, stored).catch(asUnreadable);
    if (body.state === 'right') {
      if (stored[4] === null) await this.#putSums(id, body.sums);
      return undefined;
    }
    this.tables.root.resetReadTxn();
    // It may have been deleted while it was read.
    if (!this.tables.contents.has(idKey(id))) return undefined;
    return body.state === 'damaged' ? body.cause : reasons[body.state];
  }

  /** Stores the checksums of a content of format 1, as just read. */
  async #putSums(id: number, sums: BodySums): Promise<void> {
    const { contents, sums: table } = this.tables;
    await this.commits.run(() => {
      const stored = contents.peek(idKey(id));
      if (stored?.[4] !== null) return;
      const [references, size, etag, place] = stored;
      const check = typeof sums === 'number' ? sums : BLOCK;
      contents.putSync(idKey(id), [references, size, etag, place, check]);
      if (typeof sums !== 'number') putSums(table, id, sums);
    });
  }

  /**
   * Yields a table's records in batches that each see the latest state, from after a
   * content or from the start.
   */
  async *#batches(
    table: Table<unknown>,
    after: number | undefined,
  ): AsyncGenerator<readonly RawRecord[]> {
    let start = after === undefined ? Buffer.alloc(1) : keyAfter(idKey(after));
    for (;;) {
      this.tables.root.resetReadTxn();
      const batch = [...table.raw({ start, limit: BATCH })];
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      start = keyAfter(last.key);
      await setImmediate();
    }
  }
}

interface BadBody {
  readonly id: number;
  readonly cause: string;
}

/**
 * Reports a file that this user may not read as damaged, so that it does not end the
 * pass.
 *
 * @throws all other errors
 */
function asUnreadable(error: unknown): BodyState {
  const { code, cause } = error instanceof StorageError ? error : {};
  if (code !== 'failed' || !['EACCES', 'EPERM'].includes(codeOf(cause))) throw error;
  return { state: 'damaged', cause: messageOf(error) };
}

const reasons = {
  missing: 'its bytes are missing',
  checksums: 'its block checksums are damaged',
} as const;

/** Keeps to a rate, and throws once the signal aborts. */
class Pacer {
  readonly #startTime = performance.now();
  #bytes = 0;

  constructor(private readonly options: Pick<ScrubOptions, 'rate' | 'signal'>) {}

  async wait(bytes: number): Promise<void> {
    const { rate, signal } = this.options;
    signal.throwIfAborted();
    this.#bytes += bytes;
    if (rate === 0) return;
    const ahead = (this.#bytes / rate) * 1000 - (performance.now() - this.#startTime);
    if (ahead > 1) await setTimeout(ahead, undefined, { signal, ref: false });
  }
}
