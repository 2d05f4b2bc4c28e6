import { crc32 } from 'node:zlib';
import type { Database, RangeOptions, Transaction } from 'lmdb';
import { Packr } from 'msgpackr';
import { StorageError } from './storage_error';

/**
 * First byte of each record with a checksum. MessagePack never starts with it, so older
 * records differ.
 */
const CHECKED = 0xc1;

/** Length of the header before a record's own bytes: the marker and the checksum. */
const HEAD = 5;

/** Copies byte strings, since the buffer that a record is read into is reused. */
const packr = new Packr({ useRecords: false, copyBuffers: true });

/** The transaction to read in; the current one by default. */
export interface ReadOptions {
  readonly transaction?: Transaction;
}

/** A range of keys from `start`, inclusive, to `end`, exclusive. */
export interface KeyRange extends ReadOptions {
  readonly start?: Buffer;
  readonly end?: Buffer;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** State shared by all tables of a database. */
export interface ChecksumState {
  /** Whether records without a checksum can be read: true while format 1 is converted. */
  allowsUnchecked: boolean;
}

/** A record as stored, for repair and conversion. */
export interface RawRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * A table of the database. Each record has a CRC-32 over the table's name, its key and
 * its value, so that damage is found before the record is used.
 *
 * Reads throw StorageError `corrupt` for a damaged record. They also throw if a key is
 * missing and one of the records that would surround it is damaged, since that may be the
 * missing one.
 */
export class Table<V> {
  readonly #seed: number;

  constructor(
    readonly name: string,
    private readonly database: Database<Buffer, Buffer>,
    private readonly checking: ChecksumState = { allowsUnchecked: false },
    /** The key of the one record without a checksum. */
    private readonly exemptKey?: Buffer,
  ) {
    this.#seed = crc32(name);
  }

  get(key: Buffer, options?: ReadOptions): V | undefined {
    const stored = this.#read(key, options);
    if (stored !== undefined) return this.#decode(key, stored);
    this.#checkNeighbours(key, options);
    return undefined;
  }

  /** Returns the record of a key unless it is missing or damaged. */
  peek(key: Buffer, options?: ReadOptions): V | undefined {
    const stored = this.#read(key, options);
    return stored && this.tryDecode({ key, value: stored });
  }

  /** Returns a record's value as stored, damaged or not. */
  rawValue(key: Buffer): Buffer | undefined {
    return this.database.get(key);
  }

  /** Whether there is a record, damaged or not. */
  has(key: Buffer, options?: ReadOptions): boolean {
    return this.database.get(key, options) !== undefined;
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
   * Rewrites a record of format 1, and ignores others. One that cannot be read is left
   * alone: without a checksum it counts as damaged.
   */
  convert({ key, value }: RawRecord, convertValue: (old: unknown) => V): void {
    if (!isUnchecked(value) || this.exemptKey?.equals(key)) return;
    let newValue: V;
    try {
      newValue = convertValue(packr.unpack(value));
    } catch {
      return;
    }
    this.putSync(key, newValue);
  }

  /**
   * Also checks the records next to the range: one with a damaged key may belong into it.
   */
  *getRange(range: KeyRange = {}): Generator<{ readonly key: Buffer; readonly value: V }> {
    const { end, ...openRange } = range;
    const { start, transaction, reverse } = openRange;
    if (start !== undefined) this.#checkNeighbours(start, transaction && { transaction });
    for (const { key, value } of this.database.getRange(openRange)) {
      const decodedValue = this.#decode(key, value);
      const order = end === undefined ? -1 : key.compare(end);
      if (reverse === true ? end !== undefined && order <= 0 : order >= 0) return;
      yield { key, value: decodedValue };
    }
  }

  getKeys(range: KeyRange = {}): Iterable<Buffer> {
    return this.database.getKeys(range);
  }

  /** Yields records as stored, including damaged ones. */
  raw(range: KeyRange = {}): Iterable<RawRecord> {
    return this.database.getRange(range);
  }

  /** Decodes a raw record; undefined if it is damaged. */
  tryDecode({ key, value }: RawRecord): V | undefined {
    try {
      return this.#decode(key, value);
    } catch {
      return undefined;
    }
  }

  /** Returns the bytes of a record, valid until the next read. */
  #read(key: Buffer, options: ReadOptions | undefined): Buffer | undefined {
    return (this.database as FastDatabase).getBinaryFast(key, options);
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
    if (isUnchecked(stored) && (this.checking.allowsUnchecked || this.exemptKey?.equals(key)))
      return this.#unpackUnchecked(key, stored);
    if (!this.#isIntact(key, stored)) throw this.#damageError(key);
    return packr.unpack(stored, { start: HEAD, end: stored.length }) as V;
  }

  #unpackUnchecked(key: Buffer, stored: Buffer): V {
    try {
      return packr.unpack(stored) as V;
    } catch {
      throw this.#damageError(key);
    }
  }

  #isIntact(key: Buffer, stored: Buffer): boolean {
    if (stored.length < HEAD || stored[0] !== CHECKED) return false;
    // lmdb sets the length of the buffer that it reads into, which `subarray` alone
    // ignores
    const packed = stored.subarray(HEAD, stored.length);
    return stored.readUInt32LE(1) === this.#checksum(key, packed);
  }

  #checksum(key: Buffer, packed: Buffer): number {
    return crc32(packed, crc32(key, this.#seed));
  }

  /**
   * Checks the records around a missing key: all keys are in order, so that the search
   * for a key that was damaged ends next to its record.
   */
  #checkNeighbours(key: Buffer, options: ReadOptions | undefined): void {
    for (const reverse of [false, true]) {
      const range = { ...options, start: key, limit: 1, reverse } as RangeOptions;
      for (const record of this.database.getRange(range)) {
        this.#decode(record.key, record.value);
      }
    }
  }

  #damageError(key: Buffer): StorageError {
    const name = `record ${key.toString('hex').slice(0, 80)} of ${this.name}`;
    return new StorageError('corrupt', `the ${name} is damaged`);
  }
}

/** The second parameter exists in lmdb's code, but not in its types. */
type FastDatabase = Database<Buffer, Buffer> & {
  getBinaryFast(key: Buffer, options?: ReadOptions): Buffer | undefined;
};

function isUnchecked(stored: Buffer): boolean {
  return stored[0] !== CHECKED;
}
