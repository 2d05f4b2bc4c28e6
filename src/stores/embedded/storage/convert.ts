import { keyAfter } from './keys';
import type { StoredContent } from './records';
import type { RawRecord, Table } from './table';
import { markConverted, markFormat, type Tables } from './tables';

/** Records per transaction. */
const BATCH = 5000;

/**
 * Adds a checksum to each record of a folder of 0.1.0. The owner runs this before it
 * serves, and an interrupted conversion resumes at the next start. From the first
 * transaction on, 0.1.0 cannot open the folder.
 */
export function convert(tables: Tables): void {
  const { root, checking } = tables;
  const contents: Table<unknown> = tables.contents;
  root.transactionSync(() => markFormat(tables));
  for (const table of tables.withChecksums)
    convertTable(tables, table, table === contents ? addCheck : (old) => old);
  root.transactionSync(() => markConverted(tables));
  checking.allowsUnchecked = false;
}

function addCheck(old: unknown): StoredContent {
  const [references, size, etag, place] = old as StoredContent;
  return [references, size, etag, place, null];
}

function convertTable(
  { root }: Tables,
  table: Table<unknown>,
  convertValue: (old: unknown) => unknown,
): void {
  for (let start: Buffer | undefined = Buffer.alloc(1); start !== undefined;) {
    const range: { start: Buffer; limit: number } = { start, limit: BATCH };
    start = root.transactionSync(() => {
      const batch: RawRecord[] = [...table.raw(range)];
      for (const record of batch) table.convert(record, convertValue);
      const last = batch.at(-1);
      return last && batch.length === BATCH ? keyAfter(last.key) : undefined;
    });
  }
}
