import {
  DATA_VERSION,
  HEADER,
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

/** One of the two meta pages: where a state of the database begins. */
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

/** Both, in the order of their transactions. */
export interface Header {
  readonly newest: Meta;
  readonly older: Meta;
}

/** No map is larger: 16 times that of this program, which LMDB lets grow. */
const LARGEST_MAP = 2 ** 44;

/** How often the pages are read until two readings agree. A server may be writing them. */
const READINGS = 1000;

/** The state of a database that nobody has written to: LMDB's mdb_env_init_meta0. */
const FIRST_LAST_PAGE = 1;

/** Reads both meta pages and judges them. */
export function readHeader(file: PageFile): Header | Flaw[] {
  const size = pageSizeOf(file);
  if (typeof size !== 'number') return [size];
  const bytes = settled(file, size);
  if ('flaw' in bytes) return [bytes];
  const flaws = ([0, 1] as const).flatMap((page) => judgeMeta(bytes, page, size));
  if (flaws.length > 0) return flaws;
  const [a, b] = [readMeta(bytes, 0, size), readMeta(bytes, 1, size)];
  // as mdb_pick_meta
  const header = a.transaction >= b.transaction ? { newest: a, older: b } : { newest: b, older: a };
  const flaw = judgePair(header);
  return flaw === undefined ? header : [flaw];
}

/** The newest transaction that the file has now; undefined if the header cannot be read. */
export function newestTransaction(file: PageFile): number | undefined {
  const header = readHeader(file);
  return Array.isArray(header) ? undefined : header.newest.transaction;
}

function pageSizeOf(file: PageFile): number | Flaw {
  const bytes = Buffer.alloc(META_END);
  const reason = file.read(bytes, bytes.length, 0);
  if (reason !== undefined) return flawOf(0, `it ${reason}`);
  const flaw = judgeBeginning(bytes, 0);
  if (flaw !== undefined) return flaw;
  const size = bytes.readUInt32LE(HEADER + 24);
  const isRight = size >= PAGE_SIZES.min && size <= PAGE_SIZES.max && (size & (size - 1)) === 0;
  return isRight ? size : flawOf(0, `pages of ${size} bytes are none`);
}

/** The beginnings of both pages, one behind the other. */
function settled(file: PageFile, pageSize: number): Buffer | Flaw {
  let before: Buffer | undefined;
  for (let i = 0; i < READINGS; i++) {
    const bytes = Buffer.alloc(2 * META_END);
    for (const page of [0, 1] as const) {
      const target = bytes.subarray(page * META_END);
      const reason = file.read(target, META_END, page * pageSize);
      if (reason !== undefined) return flawOf(page, `it ${reason}`);
    }
    if (before?.equals(bytes)) return bytes;
    before = bytes;
  }
  return flawOf(0, 'it changes all the time');
}

/** What LMDB looks at before it trusts anything else. */
function judgeBeginning(bytes: Buffer, page: 0 | 1): Flaw | undefined {
  const number = readNumber(bytes, 0);
  if (number !== page) return flawOf(page, `it says that it is the page ${number}`);
  const kind = bytes.readUInt16LE(18);
  if (kind !== PageKind.Meta) return flawOf(page, `it is of the kind ${kind}, which is none there`);
  if (bytes.readUInt32LE(HEADER) !== MAGIC) return flawOf(page, 'it has no stamp of LMDB');
  const version = bytes.readUInt32LE(HEADER + 4);
  if (version === DATA_VERSION) return undefined;
  return flawOf(page, `it has the format ${version} of LMDB, and not ${DATA_VERSION}`);
}

function readMeta(both: Buffer, page: 0 | 1, pageSize: number): Meta {
  const at = page * META_END + HEADER;
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

function judgeMeta(both: Buffer, page: 0 | 1, pageSize: number): Flaw[] {
  const flaw = judgeBeginning(both.subarray(page * META_END), page);
  if (flaw !== undefined) return [flaw];
  const { freeList, main, lastPage, mapSize, transaction } = readMeta(both, page, pageSize);
  const mistakes: [boolean, string][] = [
    [freeList.pad !== pageSize, `it says that pages have ${freeList.pad} bytes`],
    [freeList.flags !== INTEGER_KEYS, `its flags are ${freeList.flags}, and not ${INTEGER_KEYS}`],
    [main.pad !== 0 || main.flags !== 0, 'its list of tables is of another kind'],
    [
      mapSize > LARGEST_MAP || mapSize < (lastPage + 1) * pageSize || lastPage < FIRST_LAST_PAGE,
      `its last page is ${lastPage} in a map of ${mapSize} bytes`,
    ],
    [
      transaction > Number.MAX_SAFE_INTEGER || (transaction !== 0 && transaction % 2 !== page),
      `it is of the transaction ${transaction}, which does not write there`,
    ],
  ];
  return mistakes.filter(([isOne]) => isOne).map(([, text]) => flawOf(page, text));
}

/**
 * Transactions write the two pages in turn. Only if one was never written (a new database, or a
 * compacted copy) is there nothing in it.
 */
function judgePair({ newest, older }: Header): Flaw | undefined {
  if (older.transaction === 0) {
    const isNew = older.main.root === undefined && older.freeList.root === undefined;
    if (isNew && older.lastPage === FIRST_LAST_PAGE) return undefined;
    return flawOf(older.page, 'it is of no transaction, but leads to tables');
  }
  if (newest.transaction - older.transaction === 1) return undefined;
  const pair = `${newest.transaction} and ${older.transaction}`;
  return flawOf(older.page, `the transactions ${pair} do not follow each other`);
}

function flawOf(page: 0 | 1, what: string): Flaw {
  return { kind: 'structure', flaw: 'header', page, text: `the header, page ${page}: ${what}` };
}
