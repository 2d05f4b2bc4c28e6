import {
  MAX_DEPTH,
  HEADER_SIZE,
  INTEGER_KEYS,
  NodeKind,
  PageKind,
  readNumber,
  type TreeRecord,
} from './format';
import { compareKeys, type Key, Nodes, readPageHeader } from './page';
import type { WalkState } from './state';

/** An entry of a leaf. Its bytes are only valid during the call of `onEntry`. */
export interface Entry {
  readonly page: number;
  /** The transaction that wrote the page. */
  readonly transaction: number;
  readonly key: Key;
  /** A `NodeKind`. */
  readonly kind: number;
  /** The data, or its place in the file. */
  readonly data: Key | { readonly position: number; readonly size: number };
}

export interface TreeOptions {
  readonly name: string;
  /** The transaction of what refers to the tree; nothing in it is of a later one. */
  readonly transaction: number;
  /** Whether the entries are tables rather than plain data. */
  readonly tables: boolean;
  readonly onEntry?: (entry: Entry) => void;
}

/** The keys that a page may have: from `from` on, and before `before`. */
interface Bounds {
  readonly from: Key | undefined;
  readonly before: Key | undefined;
}

/** Walks a tree, each page once, and reports flaws to the state. */
export function walkTree(state: WalkState, record: TreeRecord, options: TreeOptions): void {
  const { name } = options;
  if ((record.root === undefined) !== (record.depth === 0) || record.depth > MAX_DEPTH) {
    state.report('count', { tree: name }, `it cannot have a depth of ${record.depth}`);
    return;
  }
  const walk = new TreeWalk(state, record, options);
  if (record.root !== undefined)
    walk.page(record.root, 1, options.transaction, { from: undefined, before: undefined });
  walk.compareCounts();
}

class TreeWalk {
  readonly #state: WalkState;
  readonly #record: TreeRecord;
  readonly #options: TreeOptions;
  readonly #asNumbers: boolean;
  /** One buffer, and the nodes in it, for each level. */
  readonly #levels: { readonly bytes: Buffer; readonly nodes: Nodes }[] = [];
  readonly #overflow = Buffer.alloc(HEADER_SIZE);
  readonly #counts = { branches: 0, leaves: 0, overflow: 0, entries: 0 };
  /** Whether all pages were read. */
  #isComplete = true;

  constructor(state: WalkState, record: TreeRecord, options: TreeOptions) {
    this.#state = state;
    this.#record = record;
    this.#options = options;
    this.#asNumbers = record.flags === INTEGER_KEYS;
  }

  /** Walks a page and all below it, which it skips if the page has a flaw. */
  page(number: number, level: number, latest: number, bounds: Bounds): void {
    const tree = this.#options.name;
    if (this.#state.isFull) return;
    const wasComplete = this.#isComplete;
    this.#isComplete = false;
    if (!this.#state.use(number, 1, tree)) return;
    const { bytes, nodes } = this.#level(level);
    if (!this.#state.readPage({ page: number, tree }, bytes, bytes.length)) return;
    const flaw = this.#check(bytes, nodes, { number, level, latest });
    if (flaw !== undefined) this.#state.report('page', { page: number, tree }, flaw);
    if (flaw !== undefined || !this.#isInOrder(bytes, nodes, number, level, bounds)) return;
    this.#isComplete = wasComplete;
    const { transaction } = readPageHeader(bytes);
    if (level < this.#record.depth) this.#branch(bytes, nodes, { level, transaction, bounds });
    else this.#leaf(bytes, nodes, { number, transaction });
  }

  compareCounts(): void {
    if (!this.#isComplete) return;
    const counts = this.#counts;
    for (const [what, of] of COUNTS) {
      if (this.#record[of] === counts[of]) continue;
      const text = `its record counts ${this.#record[of]} ${what}, but there are ${counts[of]}`;
      this.#state.report('count', { tree: this.#options.name }, text);
    }
  }

  #level(level: number): { bytes: Buffer; nodes: Nodes } {
    const existing = this.#levels[level];
    if (existing !== undefined) return existing;
    const bytes = Buffer.alloc(this.#state.meta.pageSize);
    return (this.#levels[level] = { bytes, nodes: new Nodes(bytes) });
  }

  #check(
    bytes: Buffer,
    nodes: Nodes,
    at: { readonly number: number; readonly level: number; readonly latest: number },
  ): string | undefined {
    const { number, transaction, kind } = readPageHeader(bytes);
    if (number !== at.number) return `it is marked as page ${number}`;
    const expected = at.level < this.#record.depth ? PageKind.Branch : PageKind.Leaf;
    if (kind !== expected) return `it has the kind ${kind}, not ${expected}`;
    if (transaction < 1 || transaction > at.latest)
      return `it belongs to transaction ${transaction}, but its parent to ${at.latest}`;
    // mdb_page_search_root: branches of the free list may temporarily have one
    const minCount = kind === PageKind.Branch && !this.#asNumbers ? 2 : 1;
    return nodes.check(kind, minCount);
  }

  /** Whether the keys ascend within the bounds. The first key of a branch is unused. */
  #isInOrder(bytes: Buffer, nodes: Nodes, page: number, level: number, bounds: Bounds): boolean {
    const tree = this.#options.name;
    const isBranch = level < this.#record.depth;
    let last = bounds.from;
    let mayEqual = !isBranch;
    for (let i = isBranch ? 1 : 0; i < nodes.count; i++) {
      const key = { bytes, start: nodes.keyStart(i), end: nodes.keyEnd(i) };
      const size = key.end - key.start;
      if (size === 0 || (this.#asNumbers && size !== 8)) {
        this.#state.report('page', { page, tree }, `its key ${i} has ${size} bytes`);
        return false;
      }
      const difference = last === undefined ? 1 : compareKeys(key, last, this.#asNumbers);
      if (difference < 0 || (difference === 0 && !mayEqual)) {
        this.#state.report('order', { page, tree }, `its key ${i} is out of order`);
        return false;
      }
      last = key;
      mayEqual = false;
    }
    if (bounds.before === undefined || last === undefined) return true;
    if (compareKeys(last, bounds.before, this.#asNumbers) < 0) return true;
    this.#state.report('order', { page, tree }, 'its last key belongs on another page');
    return false;
  }

  #branch(
    bytes: Buffer,
    nodes: Nodes,
    at: { readonly level: number; readonly transaction: number; readonly bounds: Bounds },
  ): void {
    this.#counts.branches++;
    const key = (i: number): Key => ({ bytes, start: nodes.keyStart(i), end: nodes.keyEnd(i) });
    for (let i = 0; i < nodes.count; i++) {
      const from = i === 0 ? at.bounds.from : key(i);
      const before = i + 1 === nodes.count ? at.bounds.before : key(i + 1);
      this.page(nodes.child(i), at.level + 1, at.transaction, { from, before });
    }
  }

  #leaf(
    bytes: Buffer,
    nodes: Nodes,
    at: { readonly number: number; readonly transaction: number },
  ): void {
    this.#counts.leaves++;
    this.#counts.entries += nodes.count;
    const allowed = this.#options.tables ? NodeKind.Table : NodeKind.Plain;
    for (let i = 0; i < nodes.count; i++) {
      const kind = nodes.kind(i);
      if (kind === allowed && this.#options.onEntry === undefined) continue;
      const key: Key = { bytes, start: nodes.keyStart(i), end: nodes.keyEnd(i) };
      const entry = { page: at.number, transaction: at.transaction, key, kind };
      if (kind === NodeKind.Big && !this.#options.tables) {
        const position = this.#overflowOf(bytes, key.end, nodes.dataSize(i), at);
        if (position === undefined) this.#isComplete = false;
        else this.#options.onEntry?.({ ...entry, data: { position, size: nodes.dataSize(i) } });
      } else if (kind !== allowed) {
        const text = `its entry ${i} has the kind ${kind}`;
        this.#state.report('page', { page: at.number, tree: this.#options.name }, text);
      } else {
        const data: Key = { bytes, start: key.end, end: key.end + nodes.dataSize(i) };
        this.#options.onEntry?.({ ...entry, data });
      }
    }
  }

  /**
   * Returns the position of data too large for a leaf. Of its pages, only the header of
   * the first is checked.
   */
  #overflowOf(
    leaf: Buffer,
    record: number,
    size: number,
    at: { readonly number: number; readonly transaction: number },
  ): number | undefined {
    const tree = this.#options.name;
    const { pageSize } = this.#state.meta;
    const first = readNumber(leaf, record);
    const [transaction, count] = [readNumber(leaf, record + 8), readNumber(leaf, record + 16)];
    if (count < Math.ceil((HEADER_SIZE + size) / pageSize) || count > 2 ** 31) {
      this.#state.report(
        'page',
        { page: at.number, tree },
        `${size} bytes cannot lie in ${count} overflow pages`,
      );
      return undefined;
    }
    if (!this.#state.use(first, count, tree)) return undefined;
    if (!this.#state.readPage({ page: first, tree }, this.#overflow, HEADER_SIZE)) return undefined;
    const header = readPageHeader(this.#overflow);
    const isValid =
      header.number === first &&
      header.kind === PageKind.Overflow &&
      header.pages === count &&
      header.transaction === transaction &&
      transaction <= at.transaction &&
      transaction >= 1;
    if (isValid && this.#state.reaches(first + count)) {
      this.#counts.overflow += count;
      return first * pageSize + HEADER_SIZE;
    }
    const says = `page ${header.number}, of the kind ${header.kind}, with ${header.pages} pages`;
    const text = isValid
      ? `its ${count} pages do not all lie in the file`
      : `it is marked as ${says}, of transaction ${header.transaction}`;
    this.#state.report('page', { page: first, tree }, text);
    return undefined;
  }
}

const COUNTS = [
  ['entries', 'entries'],
  ['branch pages', 'branches'],
  ['leaf pages', 'leaves'],
  ['overflow pages', 'overflow'],
] as const;
