import type { Flaw } from './flaw';
import { FREE_LIST, readFreeRecord } from './free_list';
import { HEADER, NodeKind, readTreeRecord, TREE_RECORD, type TreeRecord } from './format';
import { type Header, newestTransaction, readHeader } from './header';
import { readPageHeader } from './page';
import type { PageFile } from './page_file';
import { State } from './state';
import { type Entry, walkTree } from './tree';

/** What the tree that leads to all tables is called in reports. */
const LIST_OF_TABLES = 'the list of tables';

/** How many states of a database that somebody writes to are walked, before what all had counts. */
const ATTEMPTS = 4;

export interface Walked {
  readonly flaws: readonly Flaw[];
  /** The names of all tables. */
  readonly tables: readonly string[];
  /** How many pages were read. */
  readonly pages: number;
  /** The transaction whose state it is; undefined if the header cannot be read. */
  readonly transaction: number | undefined;
}

/**
 * Reads the structure of a database, in the file of an LMDB, and reports all that is wrong with it:
 * each page that the newest state has is read once, but for overflow pages, of which only the
 * beginning is. It never throws, whatever the file has. Per page of the database it needs two bits
 * of memory.
 *
 * A server may write meanwhile. What is overwritten while it is read looks like damage, but it is
 * gone in the next state: of a database that changed only what all of several walks found counts.
 *
 * @param known tables that should be there
 * @param onPage called for each page that is read, with how many were
 */
export function walk(
  file: PageFile,
  known: readonly string[],
  onPage: (read: number) => void = () => undefined,
): Walked {
  let before: readonly Flaw[] | undefined;
  for (let attempt = 1; ; attempt++) {
    const walked = walkOnce(file, known, onPage);
    if (walked.flaws.length === 0 || walked.transaction === newestTransaction(file)) return walked;
    const flaws = before === undefined ? walked.flaws : inBoth(before, walked.flaws);
    if (flaws.length === 0 || attempt === ATTEMPTS) return { ...walked, flaws };
    before = flaws;
  }
}

function inBoth(a: readonly Flaw[], b: readonly Flaw[]): readonly Flaw[] {
  const texts = new Set(b.map(({ text }) => text));
  return a.filter(({ text }) => texts.has(text));
}

function walkOnce(
  file: PageFile,
  known: readonly string[],
  onPage: (read: number) => void,
): Walked {
  const header = readHeader(file);
  if (Array.isArray(header)) return { flaws: header, tables: [], pages: 0, transaction: undefined };
  const state = new State(file, header.newest, onPage);
  judgeRoots(state, header);
  const tables = readTables(state);
  judgeNames(state, [...tables.keys()], known);
  for (const [name, { record, transaction }] of tables)
    walkTree(state, record, { name, transaction, tables: false });
  const { freeList, transaction } = header.newest;
  walkTree(state, freeList, {
    name: FREE_LIST,
    transaction,
    tables: false,
    onEntry: (entry) => readFreeRecord(state, entry),
  });
  const { flaws, read: pages } = state;
  return { flaws, tables: [...tables.keys()], pages, transaction };
}

/**
 * Each transaction writes the root of the tree of all tables, so that this shows which one's the
 * header is: a header that is a commit too old would else be believed. (In compacted copies pages
 * are of the transaction 1.)
 */
function judgeRoots(state: State, { newest, older }: Header): void {
  const bytes = Buffer.alloc(HEADER);
  for (const { page, main, transaction } of [newest, older]) {
    if (main.root === undefined) continue;
    const where = { page, tree: 'the header' };
    const reason = state.file.read(bytes, HEADER, main.root * newest.pageSize);
    const found = reason === undefined ? readPageHeader(bytes).transaction : undefined;
    if (found === transaction || found === 1) continue;
    const text = `it is of the transaction ${transaction}, but leads to page ${main.root}`;
    state.report('header', where, `${text}, which is of ${found ?? 'none'}`);
  }
}

interface TableRecord {
  readonly record: TreeRecord;
  /** The transaction that wrote the record, or a later one. */
  readonly transaction: number;
}

function readTables(state: State): Map<string, TableRecord> {
  const tables = new Map<string, TableRecord>();
  const onEntry = (entry: Entry) => {
    // names end with a NUL, as in C
    const { bytes, start, end } = entry.key;
    const name = bytes.toString('latin1', start, end).replace(/\0$/, '');
    const record = recordOf(entry);
    if (record !== undefined) tables.set(name, { record, transaction: entry.transaction });
    else {
      const where = { page: entry.page, tree: LIST_OF_TABLES };
      state.report('table', where, `the record of the table ${JSON.stringify(name)} is none`);
    }
  };
  const { main, transaction } = state.meta;
  walkTree(state, main, { name: LIST_OF_TABLES, transaction, tables: true, onEntry });
  return tables;
}

/** Undefined for what is no table, or one of a kind that this program has none of. */
function recordOf({ kind, data }: Entry): TreeRecord | undefined {
  if (kind !== NodeKind.Table || 'size' in data || data.end - data.start !== TREE_RECORD)
    return undefined;
  const record = readTreeRecord(data.bytes, data.start);
  return record.flags === 0 && record.pad === 0 ? record : undefined;
}

/**
 * A table whose name is damaged would be made anew, without anything in it. That one is not there
 * is no damage by itself (an earlier version of the program lacked it), nor that there are others.
 */
function judgeNames(state: State, found: readonly string[], known: readonly string[]): void {
  if (state.flaws.length > 0) return;
  const missing = known.find((name) => !found.includes(name));
  const unknown = found.find((name) => !known.includes(name));
  if (missing === undefined || unknown === undefined) return;
  const text = `there is no table ${missing}, and one called ${JSON.stringify(unknown)}`;
  state.report('table', { tree: LIST_OF_TABLES }, text);
}
