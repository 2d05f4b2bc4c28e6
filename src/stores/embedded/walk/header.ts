import {
  DATA_VERSION,
  HEADER_SIZE,
  INTEGER_KEYS,
  MAGIC,
  META_END,
  PAGE_SIZES,
  PageKind,
  readNumber,
  readTreeRecord,
  type TreeRecord,
} from './format';
import type { Flaw } from './flaw';
import type { PageFile } from './page_file';

/** One of the two meta pages: the start of a state of the database. */
export interface Meta {
  readonly page: 0 | 1;
  readonly pageSize: number;
  readonly mapSize: number;
  readonly freeList: TreeRecord;
  readonly main: TreeRecord;
  readonly lastPage: number;
  /** The transaction that wrote it. */
  readonly transaction: number;
}

/** Both meta pages, in the order of their transactions. */
export interface Header {
  readonly newest: Meta;
  readonly older: Meta;
}

/** Max map size: 16 times this program's, since LMDB lets it grow. */
const MAX_MAP_SIZE = 2 ** 44;

/** Max reads of the pages until two agree. A server may be writing them. */
const MAX_READS = 1000;

/** The last page of a database that was never written to: LMDB's mdb_env_init_meta0. */
const FIRST_LAST_PAGE = 1;

/** Reads both meta pages and checks them. */
export function readHeader(file: PageFile): Header | Flaw[] {
  const size = pageSizeOf(file);
  if (typeof size !== 'number') return [size];
  const bytes = readStable(file, size);
  if ('flaw' in bytes) return [bytes];
  const flaws = ([0, 1] as const).flatMap((page) => checkMeta(bytes, page, size));
  if (flaws.length > 0) return flaws;
  const [a, b] = [readMeta(bytes, 0, size), readMeta(bytes, 1, size)];
  // as mdb_pick_meta
  const header = a.transaction >= b.transaction ? { newest: a, older: b } : { newest: b, older: a };
  const flaw = checkPair(header);
  return flaw === undefined ? header : [flaw];
}

/** Returns the newest transaction in the file; undefined if the header is unreadable. */
export function newestTransaction(file: PageFile): number | undefined {
  const header = readHeader(file);
  return Array.isArray(header) ? undefined : header.newest.transaction;
}

function pageSizeOf(file: PageFile): number | Flaw {
  const bytes = Buffer.alloc(META_END);
  const reason = file.read(bytes, bytes.length, 0);
  if (reason !== undefined) return flawOf(0, `it ${reason}`);
  const flaw = checkBeginning(bytes, 0);
  if (flaw !== undefined) return flaw;
  const size = bytes.readUInt32LE(HEADER_SIZE + 24);
  const isValid = size >= PAGE_SIZES.min && size <= PAGE_SIZES.max && (size & (size - 1)) === 0;
  return isValid ? size : flawOf(0, `${size} bytes is not a valid page size`);
}

/** Reads the beginnings of both pages, one after the other, until two reads agree. */
function readStable(file: PageFile, pageSize: number): Buffer | Flaw {
  let before: Buffer | undefined;
  for (let i = 0; i < MAX_READS; i++) {
    const bytes = Buffer.alloc(2 * META_END);
    for (const page of [0, 1] as const) {
      const target = bytes.subarray(page * META_END);
      const reason = file.read(target, META_END, page * pageSize);
      if (reason !== undefined) return flawOf(page, `it ${reason}`);
    }
    if (before?.equals(bytes)) return bytes;
    before = bytes;
  }
  return flawOf(0, 'it keeps changing while it is read');
}

/** Checks what LMDB checks before it trusts anything else. */
function checkBeginning(bytes: Buffer, page: 0 | 1): Flaw | undefined {
  const number = readNumber(bytes, 0);
  if (number !== page) return flawOf(page, `it is marked as page ${number}`);
  const kind = bytes.readUInt16LE(18);
  if (kind !== PageKind.Meta)
    return flawOf(page, `it has the kind ${kind}, which is not that of a meta page`);
  if (bytes.readUInt32LE(HEADER_SIZE) !== MAGIC)
    return flawOf(page, 'it does not have the magic number of LMDB');
  const version = bytes.readUInt32LE(HEADER_SIZE + 4);
  if (version === DATA_VERSION) return undefined;
  return flawOf(page, `it has the data version ${version} of LMDB, not ${DATA_VERSION}`);
}

function readMeta(both: Buffer, page: 0 | 1, pageSize: number): Meta {
  const at = page * META_END + HEADER_SIZE;
  return {
    page,
    pageSize,
    mapSize: readNumber(both, at + 16),
    freeList: readTreeRecord(both, at + 24),
    main: readTreeRecord(both, at + 72),
    lastPage: readNumber(both, at + 120),
    transaction: readNumber(both, at + 128),
  };
}

function checkMeta(both: Buffer, page: 0 | 1, pageSize: number): Flaw[] {
  const flaw = checkBeginning(both.subarray(page * META_END), page);
  if (flaw !== undefined) return [flaw];
  const { freeList, main, lastPage, mapSize, transaction } = readMeta(both, page, pageSize);
  const checks: [boolean, string][] = [
    [freeList.pad !== pageSize, `it records a page size of ${freeList.pad} bytes`],
    [freeList.flags !== INTEGER_KEYS, `its flags are ${freeList.flags}, not ${INTEGER_KEYS}`],
    [main.pad !== 0 || main.flags !== 0, 'its list of tables is of the wrong kind'],
    [
      mapSize > MAX_MAP_SIZE || mapSize < (lastPage + 1) * pageSize || lastPage < FIRST_LAST_PAGE,
      `its last page cannot be ${lastPage} in a map of ${mapSize} bytes`,
    ],
    [
      transaction > Number.MAX_SAFE_INTEGER || (transaction !== 0 && transaction % 2 !== page),
      `it belongs to transaction ${transaction}, which does not write this page`,
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, text]) => flawOf(page, text));
}

/**
 * Checks that the transactions are consecutive, since they write the two pages in turn.
 * Only a page that was never written (in a new database, or a compacted copy) is empty.
 */
function checkPair({ newest, older }: Header): Flaw | undefined {
  if (older.transaction === 0) {
    const isNew = older.main.root === undefined && older.freeList.root === undefined;
    if (isNew && older.lastPage === FIRST_LAST_PAGE) return undefined;
    return flawOf(older.page, 'it belongs to no transaction, but refers to tables');
  }
  if (newest.transaction - older.transaction === 1) return undefined;
  const pair = `${newest.transaction} and ${older.transaction}`;
  return flawOf(older.page, `the transactions ${pair} are not consecutive`);
}

function flawOf(page: 0 | 1, what: string): Flaw {
  return { kind: 'structure', flaw: 'header', page, text: `the header, page ${page}: ${what}` };
}
