import { crc32 } from 'node:zlib';
import type { Database, RangeOptions, Transaction } from 'lmdb';
import { Packr } from 'msgpackr';
import { StorageError } from './storage_error';

/** The first byte of each checked record: MessagePack never begins with it, so older ones differ. */
const CHECKED = 0xc1;

/** Before a record's own bytes: the marker and the checksum. */
const HEAD = 5;

/** Copies byte strings, since the buffer that a record is read into is used again. */
const packr = new Packr({ useRecords: false, copyBuffers: true });

/** Where a read happens: in a transaction of its own, or in the current one. */
export interface Where {
  readonly transaction?: Transaction;
}

/** A range of keys: from `start`, included, to `end`, not included. */
export interface KeyRange extends Where {
  readonly start?: Buffer;
  readonly end?: Buffer;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** What all tables of a database have in common. */
export interface Checking {
  /** Records without a checksum are read, too: format 1 is being converted. */
  allowsUnchecked: boolean;
}

/** A record as it lies in the database, for those that repair or migrate it. */
export interface RawRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * A table of the database. Each record carries a CRC-32 over the table's name, its key and its
 * value, so that damage is found before anything is made of it.
 *
 * Reads throw StorageError `corrupt` for a damaged record. A key that is not found is looked for
 * between its neighbours: if one of these is damaged, it may be the one, and `corrupt` is thrown,
 * too.
 */
export class Table<V> {
  readonly #seed: number;

  constructor(
    readonly name: string,
    private readonly database: Database<Buffer, Buffer>,
    private readonly checking: Checking = { allowsUnchecked: false },
    /** The key of the one record that carries no checksum. */
    private readonly exempt?: Buffer,
  ) {
    this.#seed = crc32(name);
  }

  get(key: Buffer, where?: Where): V | undefined {
    const stored = this.#read(key, where);
    if (stored !== undefined) return this.#decode(key, stored);
    this.#checkNeighbours(key, where);
    return undefined;
  }

  /** The record of a key if it is there and not damaged. */
  peek(key: Buffer, where?: Where): V | undefined {
    const stored = this.#read(key, where);
    return stored && this.decoded({ key, value: stored });
  }

  /** A record's value as it lies there, damaged or not. */
  rawValue(key: Buffer): Buffer | undefined {
    return this.database.get(key);
  }

  /** Whether there is a record, damaged or not. */
  has(key: Buffer, where?: Where): boolean {
    return this.database.get(key, where) !== undefined;
  }

  putSync(key: Buffer, value: V): void {
    this.database.putSync(key, this.#encode(key, value));
  }

  removeSync(key: Buffer): void {
    this.database.removeSync(key);
  }

  clearSync(): void {
    this.database.clearSync();
  }

  /**
   * Writes a record of format 1 anew; does nothing for others. One that cannot be read stays as it is:
   * without a checksum it counts as damaged.
   */
  convert({ key, value }: RawRecord, into: (old: unknown) => V): void {
    if (!isUnchecked(value) || this.exempt?.equals(key)) return;
    let converted: V;
    try {
      converted = into(packr.unpack(value));
    } catch {
      return;
    }
    this.putSync(key, converted);
  }

  /** Also reads what stands beside the range: with a damaged key it may belong into it. */
  *getRange(range: KeyRange = {}): Generator<{ readonly key: Buffer; readonly value: V }> {
    const { end, ...open } = range;
    const { start, transaction, reverse } = open;
    if (start !== undefined) this.#checkNeighbours(start, transaction && { transaction });
    for (const { key, value } of this.database.getRange(open)) {
      const decoded = this.#decode(key, value);
      const order = end === undefined ? -1 : key.compare(end);
      if (reverse === true ? end !== undefined && order <= 0 : order >= 0) return;
      yield { key, value: decoded };
    }
  }

  getKeys(range: KeyRange = {}): Iterable<Buffer> {
    return this.database.getKeys(range);
  }

  /** Records as they lie there, damaged ones among them. */
  raw(range: KeyRange = {}): Iterable<RawRecord> {
    return this.database.getRange(range);
  }

  /** What a raw record says; undefined if it is damaged. */
  decoded({ key, value }: RawRecord): V | undefined {
    try {
      return this.#decode(key, value);
    } catch {
      return undefined;
    }
  }

  /** The bytes of a record, good until the next read. */
  #read(key: Buffer, where: Where | undefined): Buffer | undefined {
    return (this.database as FastDatabase).getBinaryFast(key, where);
  }

  #encode(key: Buffer, value: V): Buffer {
    const packed = packr.pack(value);
    const stored = Buffer.allocUnsafe(HEAD + packed.length);
    packed.copy(stored, HEAD);
    stored[0] = CHECKED;
    stored.writeUInt32LE(this.#checksum(key, packed), 1);
    return stored;
  }

  #decode(key: Buffer, stored: Buffer): V {
    if (isUnchecked(stored) && (this.checking.allowsUnchecked || this.exempt?.equals(key)))
      return this.#unpackUnchecked(key, stored);
    if (!this.#isRight(key, stored)) throw this.#damage(key);
    return packr.unpack(stored, { start: HEAD, end: stored.length }) as V;
  }

  #unpackUnchecked(key: Buffer, stored: Buffer): V {
    try {
      return packr.unpack(stored) as V;
    } catch {
      throw this.#damage(key);
    }
  }

  #isRight(key: Buffer, stored: Buffer): boolean {
    if (stored.length < HEAD || stored[0] !== CHECKED) return false;
    // lmdb sets the length of the buffer that it reads into, which `subarray` alone does not see
    const packed = stored.subarray(HEAD, stored.length);
    return stored.readUInt32LE(1) === this.#checksum(key, packed);
  }

  #checksum(key: Buffer, packed: Buffer): number {
    return crc32(packed, crc32(key, this.#seed));
  }

  /** The search for a key ends beside a record whose key is damaged, since all others are in order. */
  #checkNeighbours(key: Buffer, where: Where | undefined): void {
    for (const reverse of [false, true]) {
      const range = { ...where, start: key, limit: 1, reverse } as RangeOptions;
      for (const found of this.database.getRange(range)) {
        this.#decode(found.key, found.value);
      }
    }
  }

  #damage(key: Buffer): StorageError {
    const where = `record ${key.toString('hex').slice(0, 80)} of ${this.name}`;
    return new StorageError('corrupt', `the ${where} is damaged`);
  }
}

/** The second parameter is in lmdb's code, but not in its types. */
type FastDatabase = Database<Buffer, Buffer> & {
  getBinaryFast(key: Buffer, where?: Where): Buffer | undefined;
};

function isUnchecked(stored: Buffer): boolean {
  return stored[0] !== CHECKED;
}
