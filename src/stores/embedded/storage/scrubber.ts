import { setImmediate, setTimeout } from 'node:timers/promises';
import { codeOf, messageOf } from '../../../util/errors';
import { BLOCK } from './block_sums';
import { BodyCheck, type BodyState, type BodySums } from './body_check';
import type { GroupCommit } from './group_commit';
import type { ContentFiles } from './content_files';
import { idKey, idOf, keyBehind } from './keys';
import type { ObjectName } from './object_name';
import { namesOf, namesOfKeys } from './object_names';
import { formatContentId, formatTicks, type StoredContent } from './records';
import type { ScrubOptions, Scrubbing } from './storage';
import { StorageError } from './storage_error';
import { putSums } from './sums';
import type { RawRecord, Table } from './table';
import { metaKeys, type Tables } from './tables';
import { walkDatabase } from '../walk/walk_database';

/** Records, or contents, between two turns of others. */
const BATCH = 256;

/** Milliseconds after which the place of a pass is noted again. */
const NOTE_EVERY = 10_000;

/** Milliseconds within which the structure of the database is not walked again. */
const WALK_EVERY = 600_000;

/**
 * Reads everything in a storage in use, again and again, so that damage is found while there are
 * good copies (Swift's object auditor). Remembers its place, so that restarts do not begin
 * anew. A content that format 1 wrote gets its checksums here, once its MD5 is found right.
 */
export class Scrubber implements Scrubbing {
  /** When the structure of the database was last walked: a server does so before it opens it. */
  #walked: number;

  constructor(
    private readonly tables: Tables,
    private readonly files: ContentFiles,
    private readonly commits: GroupCommit,
    private readonly now: () => number,
  ) {
    this.#walked = now();
  }

  lastEnd(): number | undefined {
    return this.tables.meta.get(metaKeys.scrubEnded);
  }

  async pass(options: ScrubOptions): Promise<void> {
    const pace = new Pacer(options);
    await this.#structure(options);
    await this.#records(pace, options);
    await this.#contents(pace, options);
    await this.commits.run(() => {
      this.tables.meta.removeSync(metaKeys.scrubbed);
      this.tables.meta.putSync(metaKeys.scrubEnded, this.now());
    });
  }

  /** LMDB's pages have no checksums: what is wrong in them shows in how they fit together. */
  async #structure({ report, signal }: ScrubOptions): Promise<void> {
    signal.throwIfAborted();
    if (this.now() - this.#walked < WALK_EVERY) return;
    this.#walked = this.now();
    for (const { text } of await walkDatabase(this.tables.folder)) report({ text, objects: [] });
  }

  async #records(pace: Pacer, options: ScrubOptions): Promise<void> {
    for (const table of this.tables.checked) {
      for await (const batch of this.#batches(table, undefined)) {
        await this.#judge(table, batch, options);
        await pace.wait(batch.reduce((sum, { key, value }) => sum + key.length + value.length, 0));
      }
    }
  }

  async #judge(
    table: Table<unknown>,
    batch: readonly RawRecord[],
    { report }: ScrubOptions,
  ): Promise<void> {
    const { objects } = this.tables;
    const damaged = batch
      .filter((record) => table.decoded(record) === undefined)
      .map(({ key }) => key);
    if (damaged.length > 0) {
      const names = await this.#objectsOf(table, damaged);
      for (const [i, key] of damaged.entries()) {
        const text = `the record ${key.toString('hex').slice(0, 80)} of the table ${table.name}`;
        report({ text, objects: names[i] ?? [] });
      }
    }
    if (table.name !== objects.name) return;
    const empty = batch.filter((record) => this.#isWithoutContent(record));
    const keys = empty.map(({ key }) => key);
    for (const [i, name] of (await namesOfKeys(this.tables, keys)).entries()) {
      const record = empty[i];
      const version = formatTicks((record && objects.decoded(record)?.[0]) ?? 0);
      report({ text: 'an object has no content', objects: [{ ...name, version }] });
    }
  }

  /** The objects that cannot be read without records, by record. */
  async #objectsOf(
    table: Table<unknown>,
    keys: readonly Buffer[],
  ): Promise<readonly (readonly ObjectName[])[]> {
    const { contents, objects } = this.tables;
    if (table.name === contents.name) {
      const names = await namesOf(this.tables, new Set(keys.map(idOf)));
      return keys.map((key) => names.get(idOf(key)) ?? []);
    }
    if (table.name !== objects.name) return [];
    return (await namesOfKeys(this.tables, keys)).map((name) => [name]);
  }

  #isWithoutContent({ key, value }: RawRecord): boolean {
    const { root, objects, contents } = this.tables;
    const content = objects.decoded({ key, value })?.[2];
    if (content === undefined || contents.has(idKey(content))) return false;
    root.resetReadTxn();
    // It may have been replaced since it was read.
    return objects.peek(key)?.[2] === content && !contents.has(idKey(content));
  }

  async #contents(pace: Pacer, options: ScrubOptions): Promise<void> {
    const { contents, meta } = this.tables;
    const bodies = new BodyCheck(this.tables, this.files, undefined, (bytes) => pace.wait(bytes));
    let noted = performance.now();
    for await (const batch of this.#batches(contents, meta.get(metaKeys.scrubbed))) {
      const bad: BadBody[] = [];
      for (const record of batch) {
        const stored = contents.decoded(record);
        const cause = stored && (await this.#content(bodies, idOf(record.key), stored));
        if (cause !== undefined) bad.push({ id: idOf(record.key), cause });
        // a body that is not there takes no time to read
        await pace.wait(record.key.length + record.value.length);
        if (performance.now() - noted < NOTE_EVERY) continue;
        noted = performance.now();
        await this.#report(bad.splice(0), options);
        await this.#note(idOf(record.key));
      }
      await this.#report(bad, options);
    }
  }

  async #report(bad: readonly BadBody[], { report }: ScrubOptions): Promise<void> {
    const names = await namesOf(this.tables, new Set(bad.map(({ id }) => id)));
    for (const { id, cause } of bad)
      report({
        text: `the content ${formatContentId(id)}: ${cause}`,
        objects: names.get(id) ?? [],
      });
  }

  async #note(id: number): Promise<void> {
    await this.commits.run(() => this.tables.meta.putSync(metaKeys.scrubbed, id));
  }

  /** What is wrong with a content; undefined if nothing is. */
  async #content(
    bodies: BodyCheck,
    id: number,
    stored: StoredContent,
  ): Promise<string | undefined> {
    this.tables.root.resetReadTxn();
    const body = await bodies.judge(id, stored).catch(unreadable);
    if (body.state === 'right') {
      if (stored[4] === null) await this.#putSums(id, body.sums);
      return undefined;
    }
    this.tables.root.resetReadTxn();
    // It may have gone while it was read.
    if (!this.tables.contents.has(idKey(id))) return undefined;
    return body.state === 'damaged' ? body.cause : reasons[body.state];
  }

  /** Gives a content of format 1 the checksums of what was read of it just now. */
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

  /** A table's records in batches, each as it is by then; from behind a content, or from the start. */
  async *#batches(
    table: Table<unknown>,
    after: number | undefined,
  ): AsyncGenerator<readonly RawRecord[]> {
    let start = after === undefined ? Buffer.alloc(1) : keyBehind(idKey(after));
    for (;;) {
      this.tables.root.resetReadTxn();
      const batch = [...table.raw({ start, limit: BATCH })];
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      start = keyBehind(last.key);
      await setImmediate();
    }
  }
}

interface BadBody {
  readonly id: number;
  readonly cause: string;
}

/** A file that this user may not read ends no pass. @throws all other errors */
function unreadable(error: unknown): BodyState {
  const { code, cause } = error instanceof StorageError ? error : {};
  if (code !== 'failed' || !['EACCES', 'EPERM'].includes(codeOf(cause))) throw error;
  return { state: 'damaged', cause: messageOf(error) };
}

const reasons = {
  missing: 'it is not there',
  checksums: 'the checksums of its blocks are damaged',
} as const;

/** Holds a rate, and ends what is interrupted. */
class Pacer {
  readonly #since = performance.now();
  #bytes = 0;

  constructor(private readonly options: Pick<ScrubOptions, 'rate' | 'signal'>) {}

  async wait(bytes: number): Promise<void> {
    const { rate, signal } = this.options;
    signal.throwIfAborted();
    this.#bytes += bytes;
    if (rate === 0) return;
    const ahead = (this.#bytes / rate) * 1000 - (performance.now() - this.#since);
    if (ahead > 1) await setTimeout(ahead, undefined, { signal, ref: false });
  }
}
