import {
  DEEPEST,
  HEADER,
  INTEGER_KEYS,
  NodeKind,
  PageKind,
  readNumber,
  type TreeRecord,
} from './format';
import { compareKeys, type Key, Nodes, readPageHeader } from './page';
import type { State } from './state';

/** An entry of a leaf. Its bytes are only there while it is looked at. */
export interface Entry {
  readonly page: number;
  /** The transaction that wrote the page. */
  readonly transaction: number;
  readonly key: Key;
  /** A `NodeKind`. */
  readonly kind: number;
  /** The data, or where they lie in the file. */
  readonly data: Key | { readonly position: number; readonly size: number };
}

export interface TreeOptions {
  readonly name: string;
  /** Whatever leads to the tree is of this transaction, so that nothing in it is of a later one. */
  readonly transaction: number;
  /** What entries may be, beside plain ones. */
  readonly tables: boolean;
  readonly onEntry?: (entry: Entry) => void;
}

/** Keys that a page may have: from the one, and before the other. */
interface Bounds {
  readonly from: Key | undefined;
  readonly before: Key | undefined;
}

/** Walks a tree, each of its pages once. What is wrong is reported to the state. */
export function walkTree(state: State, record: TreeRecord, options: TreeOptions): void {
  const { name } = options;
  if ((record.root === undefined) !== (record.depth === 0) || record.depth > DEEPEST) {
    state.report('count', { tree: name }, `it cannot have a depth of ${record.depth}`);
    return;
  }
  const walk = new TreeWalk(state, record, options);
  if (record.root !== undefined)
    walk.page(record.root, 1, options.transaction, { from: undefined, before: undefined });
  walk.compareCounts();
}

class TreeWalk {
  readonly #state: State;
  readonly #record: TreeRecord;
  readonly #options: TreeOptions;
  readonly #asNumbers: boolean;
  /** One buffer, and what is in it, for each level. */
  readonly #levels: { readonly bytes: Buffer; readonly nodes: Nodes }[] = [];
  readonly #overflow = Buffer.alloc(HEADER);
  readonly #found = { branches: 0, leaves: 0, overflow: 0, entries: 0 };
  /** All pages were read. */
  #isWhole = true;

  constructor(state: State, record: TreeRecord, options: TreeOptions) {
    this.#state = state;
    this.#record = record;
    this.#options = options;
    this.#asNumbers = record.flags === INTEGER_KEYS;
  }

  /** A page, and all below it. What is wrong with a page ends the walk of what is below. */
  page(number: number, level: number, latest: number, bounds: Bounds): void {
    const tree = this.#options.name;
    if (this.#state.isFull) return;
    const wasWhole = this.#isWhole;
    this.#isWhole = false;
    if (!this.#state.use(number, 1, tree)) return;
    const { bytes, nodes } = this.#level(level);
    if (!this.#state.readPage({ page: number, tree }, bytes, bytes.length)) return;
    const flaw = this.#judge(bytes, nodes, { number, level, latest });
    if (flaw !== undefined) this.#state.report('page', { page: number, tree }, flaw);
    if (flaw !== undefined || !this.#isInOrder(bytes, nodes, number, level, bounds)) return;
    this.#isWhole = wasWhole;
    const { transaction } = readPageHeader(bytes);
    if (level < this.#record.depth) this.#branch(bytes, nodes, { level, transaction, bounds });
    else this.#leaf(bytes, nodes, { number, transaction });
  }

  compareCounts(): void {
    if (!this.#isWhole) return;
    const found = this.#found;
    for (const [what, of] of COUNTED) {
      if (this.#record[of] === found[of]) continue;
      const text = `its record counts ${this.#record[of]} ${what}, and there are ${found[of]}`;
      this.#state.report('count', { tree: this.#options.name }, text);
    }
  }

  #level(level: number): { bytes: Buffer; nodes: Nodes } {
    const found = this.#levels[level];
    if (found !== undefined) return found;
    const bytes = Buffer.alloc(this.#state.meta.pageSize);
    return (this.#levels[level] = { bytes, nodes: new Nodes(bytes) });
  }

  #judge(
    bytes: Buffer,
    nodes: Nodes,
    at: { readonly number: number; readonly level: number; readonly latest: number },
  ): string | undefined {
    const { number, transaction, kind } = readPageHeader(bytes);
    if (number !== at.number) return `it says that it is the page ${number}`;
    const wanted = at.level < this.#record.depth ? PageKind.Branch : PageKind.Leaf;
    if (kind !== wanted) return `it is of the kind ${kind}, and not ${wanted}`;
    if (transaction < 1 || transaction > at.latest)
      return `it is of the transaction ${transaction}, and what leads to it of ${at.latest}`;
    // mdb_page_search_root: branches of the free list may for a time have one
    const fewest = kind === PageKind.Branch && !this.#asNumbers ? 2 : 1;
    return nodes.judge(kind, fewest);
  }

  /** Whether the keys ascend, within the bounds. Nobody looks at the first key of a branch. */
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
        this.#state.report('order', { page, tree }, `its key ${i} is not behind the one before`);
        return false;
      }
      last = key;
      mayEqual = false;
    }
    if (bounds.before === undefined || last === undefined) return true;
    if (compareKeys(last, bounds.before, this.#asNumbers) < 0) return true;
    this.#state.report('order', { page, tree }, 'its last key belongs to another page');
    return false;
  }

  #branch(
    bytes: Buffer,
    nodes: Nodes,
    at: { readonly level: number; readonly transaction: number; readonly bounds: Bounds },
  ): void {
    this.#found.branches++;
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
    this.#found.leaves++;
    this.#found.entries += nodes.count;
    const allowed = this.#options.tables ? NodeKind.Table : NodeKind.Plain;
    for (let i = 0; i < nodes.count; i++) {
      const kind = nodes.kind(i);
      if (kind === allowed && this.#options.onEntry === undefined) continue;
      const key: Key = { bytes, start: nodes.keyStart(i), end: nodes.keyEnd(i) };
      const entry = { page: at.number, transaction: at.transaction, key, kind };
      if (kind === NodeKind.Big && !this.#options.tables) {
        const position = this.#overflowOf(bytes, key.end, nodes.dataSize(i), at);
        if (position === undefined) this.#isWhole = false;
        else this.#options.onEntry?.({ ...entry, data: { position, size: nodes.dataSize(i) } });
      } else if (kind !== allowed) {
        const text = `its entry ${i} is of the kind ${kind}`;
        this.#state.report('page', { page: at.number, tree: this.#options.name }, text);
      } else {
        const data: Key = { bytes, start: key.end, end: key.end + nodes.dataSize(i) };
        this.#options.onEntry?.({ ...entry, data });
      }
    }
  }

  /** Where data lie that do not fit into a leaf. The first of their pages is looked at, in part. */
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
    if (count < Math.ceil((HEADER + size) / pageSize) || count > 2 ** 31) {
      this.#state.report(
        'page',
        { page: at.number, tree },
        `${size} bytes are said to lie in ${count} pages`,
      );
      return undefined;
    }
    if (!this.#state.use(first, count, tree)) return undefined;
    if (!this.#state.readPage({ page: first, tree }, this.#overflow, HEADER)) return undefined;
    const found = readPageHeader(this.#overflow);
    const isRight =
      found.number === first &&
      found.kind === PageKind.Overflow &&
      found.pages === count &&
      found.transaction === transaction &&
      transaction <= at.transaction &&
      transaction >= 1;
    if (isRight && this.#state.reaches(first + count)) {
      this.#found.overflow += count;
      return first * pageSize + HEADER;
    }
    const says = `${found.number}, of the kind ${found.kind}, with ${found.pages} pages`;
    const text = isRight
      ? `its ${count} pages are not all in the file`
      : `it says that it is the page ${says} of the transaction ${found.transaction}`;
    this.#state.report('page', { page: first, tree }, text);
    return undefined;
  }
}

const COUNTED = [
  ['entries', 'entries'],
  ['branch pages', 'branches'],
  ['leaf pages', 'leaves'],
  ['overflow pages', 'overflow'],
] as const;
