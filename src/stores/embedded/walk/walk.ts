import type { Flaw } from './flaw';
import { FREE_LIST, readFreeRecord } from './free_list';
import { HEADER_SIZE, NodeKind, readTreeRecord, TREE_RECORD_SIZE, type TreeRecord } from './format';
import { type Header, newestTransaction, readHeader } from './header';
import { readPageHeader } from './page';
import type { PageFile } from './page_file';
import { WalkState } from './state';
import { type Entry, walkTree } from './tree';

/** The name in reports of the tree that lists all tables. */
const LIST_OF_TABLES = 'the list of tables';

/** Max walks of a database that is being written to; then flaws found by all count. */
const ATTEMPTS = 4;

export interface WalkResult {
  readonly flaws: readonly Flaw[];
  /** The names of all tables. */
  readonly tables: readonly string[];
  /** How many pages were read. */
  readonly pages: number;
  /** The transaction of the walked state; undefined if the header cannot be read. */
  readonly transaction: number | undefined;
}

/**
 * Reads the structure of a database in an LMDB file, and reports all flaws. Reads each
 * page of the newest state once; of overflow pages, only the beginning. Never throws,
 * whatever the file contains. Needs two bits of memory per page of the database.
 *
 * A server may write meanwhile. A page that is overwritten while it is read looks
 * damaged, but not in the next state. If the database changed, only flaws found by all of
 * several walks count.
 *
 * @param expectedTables tables that should exist
 * @param onPage called for each page read, with the number of pages read so far
 */
export function walk(
  file: PageFile,
  expectedTables: readonly string[],
  onPage: (read: number) => void = () => undefined,
): WalkResult {
  let before: readonly Flaw[] | undefined;
  for (let attempt = 1; ; attempt++) {
    const result = walkOnce(file, expectedTables, onPage);
    if (result.flaws.length === 0 || result.transaction === newestTransaction(file)) return result;
    const flaws = before === undefined ? result.flaws : inBoth(before, result.flaws);
    if (flaws.length === 0 || attempt === ATTEMPTS) return { ...result, flaws };
    before = flaws;
  }
}

function inBoth(a: readonly Flaw[], b: readonly Flaw[]): readonly Flaw[] {
  const texts = new Set(b.map(({ text }) => text));
  return a.filter(({ text }) => texts.has(text));
}

function walkOnce(
  file: PageFile,
  expectedTables: readonly string[],
  onPage: (read: number) => void,
): WalkResult {
  const header = readHeader(file);
  if (Array.isArray(header)) return { flaws: header, tables: [], pages: 0, transaction: undefined };
  const state = new WalkState(file, header.newest, onPage);
  checkRoots(state, header);
  const tables = readTables(state);
  checkNames(state, [...tables.keys()], expectedTables);
  for (const [name, { record, transaction }] of tables)
    walkTree(state, record, { name, transaction, tables: false });
  const { freeList, transaction } = header.newest;
  walkTree(state, freeList, {
    name: FREE_LIST,
    transaction,
    tables: false,
    onEntry: (entry) => readFreeRecord(state, entry),
  });
  const { flaws, pagesRead: pages } = state;
  return { flaws, tables: [...tables.keys()], pages, transaction };
}

/**
 * Checks that each meta page belongs to the transaction of its root. Each transaction
 * writes the root of the list of tables, so this detects a header that is one commit too
 * old. (In compacted copies, pages belong to transaction 1.)
 */
function checkRoots(state: WalkState, { newest, older }: Header): void {
  const bytes = Buffer.alloc(HEADER_SIZE);
  for (const { page, main, transaction } of [newest, older]) {
    if (main.root === undefined) continue;
    const where = { page, tree: 'the header' };
    const reason = state.file.read(bytes, HEADER_SIZE, main.root * newest.pageSize);
    const rootTransaction = reason === undefined ? readPageHeader(bytes).transaction : undefined;
    if (rootTransaction === transaction || rootTransaction === 1) continue;
    const text = `it belongs to transaction ${transaction}, but refers to page ${main.root}`;
    state.report('header', where, `${text}, which belongs to ${rootTransaction ?? 'none'}`);
  }
}

interface TableRecord {
  readonly record: TreeRecord;
  /** The transaction that wrote the record, or a later one. */
  readonly transaction: number;
}

function readTables(state: WalkState): Map<string, TableRecord> {
  const tables = new Map<string, TableRecord>();
  const onEntry = (entry: Entry) => {
    // names end with a NUL, as in C
    const { bytes, start, end } = entry.key;
    const name = bytes.toString('latin1', start, end).replace(/\0$/, '');
    const record = recordOf(entry);
    if (record !== undefined) tables.set(name, { record, transaction: entry.transaction });
    else {
      const where = { page: entry.page, tree: LIST_OF_TABLES };
      state.report('table', where, `the record of the table ${JSON.stringify(name)} is invalid`);
    }
  };
  const { main, transaction } = state.meta;
  walkTree(state, main, { name: LIST_OF_TABLES, transaction, tables: true, onEntry });
  return tables;
}

/** Returns undefined for no table, or one of a kind that this program does not use. */
function recordOf({ kind, data }: Entry): TreeRecord | undefined {
  if (kind !== NodeKind.Table || 'size' in data || data.end - data.start !== TREE_RECORD_SIZE)
    return undefined;
  const record = readTreeRecord(data.bytes, data.start);
  return record.flags === 0 && record.pad === 0 ? record : undefined;
}

/**
 * Reports a table whose name is damaged, since it would be created anew and empty. A
 * missing table alone is no damage (an earlier version of the program lacked it), nor is
 * an unknown one.
 */
function checkNames(
  state: WalkState,
  tables: readonly string[],
  expectedTables: readonly string[],
): void {
  if (state.flaws.length > 0) return;
  const missing = expectedTables.find((name) => !tables.includes(name));
  const extra = tables.find((name) => !expectedTables.includes(name));
  if (missing === undefined || extra === undefined) return;
  const text = `the table ${missing} is missing, and the table ${JSON.stringify(extra)} is unknown`;
  state.report('table', { tree: LIST_OF_TABLES }, text);
}
