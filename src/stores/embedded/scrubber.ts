import { setImmediate, setTimeout } from 'node:timers/promises';
import { BLOCK } from './block_sums';
import { BodyCheck, type BodySums } from './body_check';
import type { Commits } from './commits';
import type { ContentFiles } from './content_files';
import { idKey, idOf } from './keys';
import type { ObjectName } from './object_name';
import { nameOf, namesOf } from './object_names';
import { formatContentId, formatTicks, type StoredContent } from './records';
import type { ScrubOptions, Scrubbing } from './storage';
import { putSums } from './sums';
import type { RawRecord, Table } from './table';
import { metaKeys, type Tables } from './tables';

/** Records, or contents, between two turns of others. */
const BATCH = 256;

/** Milliseconds after which the place of a pass is noted again. */
const NOTE_EVERY = 10_000;

/**
 * Reads everything in a storage in use, again and again, so that damage is found before the last
 * good copy is gone (Swift's object auditor). Remembers its place, so that restarts do not begin
 * anew. A content that format 1 wrote gets its checksums here, once its MD5 is found right.
 */
export class Scrubber implements Scrubbing {
  constructor(
    private readonly tables: Tables,
    private readonly files: ContentFiles,
    private readonly commits: Commits,
    private readonly now: () => number,
  ) {}

  lastEnd(): number | undefined {
    return this.tables.meta.get(metaKeys.scrubEnded);
  }

  async pass(options: ScrubOptions): Promise<void> {
    const pace = new Pacer(options);
    await this.#records(pace, options);
    await this.#contents(pace, options);
    await this.commits.run(() => {
      this.tables.meta.removeSync(metaKeys.scrubbed);
      this.tables.meta.putSync(metaKeys.scrubEnded, this.now());
    });
  }

  async #records(pace: Pacer, options: ScrubOptions): Promise<void> {
    for (const table of this.tables.checked) {
      for await (const batch of this.#batches(table, undefined)) {
        for (const record of batch) this.#record(table, record, options);
        await pace.wait(batch.reduce((sum, { key, value }) => sum + key.length + value.length, 0));
      }
    }
  }

  #record(table: Table<unknown>, record: RawRecord, { report }: ScrubOptions): void {
    const { objects } = this.tables;
    const { key } = record;
    if (table.decoded(record) === undefined) {
      const text = `the record ${key.toString('hex').slice(0, 80)} of the table ${table.name}`;
      report({ text, objects: this.#objectsOf(table, key) });
    } else if (table.name === objects.name && this.#isWithoutContent(record)) {
      const version = objects.decoded(record)?.[0] ?? 0;
      const name = { ...nameOf(this.tables, key), version: formatTicks(version) };
      report({ text: 'an object has no content', objects: [name] });
    }
  }

  /** The objects that cannot be read without a record. */
  #objectsOf(table: Table<unknown>, key: Buffer): ObjectName[] {
    if (table.name === this.tables.contents.name) return namesOf(this.tables, idOf(key));
    return table.name === this.tables.objects.name ? [nameOf(this.tables, key)] : [];
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
      for (const record of batch) {
        const stored = contents.decoded(record);
        if (stored !== undefined) await this.#content(bodies, idOf(record.key), stored, options);
        if (performance.now() - noted < NOTE_EVERY) continue;
        noted = performance.now();
        await this.#note(idOf(record.key));
      }
    }
  }

  async #note(id: number): Promise<void> {
    await this.commits.run(() => this.tables.meta.putSync(metaKeys.scrubbed, id));
  }

  async #content(
    bodies: BodyCheck,
    id: number,
    stored: StoredContent,
    { report }: ScrubOptions,
  ): Promise<void> {
    this.tables.root.resetReadTxn();
    const body = await bodies.judge(id, stored);
    if (body.state === 'right') {
      if (stored[4] === null) await this.#putSums(id, body.sums);
      return;
    }
    this.tables.root.resetReadTxn();
    // It may have gone while it was read.
    if (!this.tables.contents.has(idKey(id))) return;
    const cause = body.state === 'damaged' ? body.cause : reasons[body.state];
    const text = `the content ${formatContentId(id)}: ${cause}`;
    report({ text, objects: namesOf(this.tables, id) });
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
  async *#batches(table: Table<unknown>, after: number | undefined): AsyncGenerator<readonly RawRecord[]> {
    let start = after === undefined ? Buffer.alloc(1) : behind(idKey(after));
    for (;;) {
      this.tables.root.resetReadTxn();
      const batch = [...table.raw({ start, limit: BATCH })];
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      start = behind(last.key);
      await setImmediate();
    }
  }
}

const reasons = {
  missing: 'it is not there',
  checksums: 'the checksums of its blocks are damaged',
} as const;

/** The least key that sorts after another. */
function behind(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

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
