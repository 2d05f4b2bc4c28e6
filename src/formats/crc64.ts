/** The polynomial of ECMA-182, with its bits reflected. */
export const ECMA_182 = 0xc96c5795d7870f42n;

/** Bytes that are taken at once. */
const SLICES = 8;
/** Numbers in the table of a slice: a high and a low half for each byte. */
const ROW = 512;

/**
 * Returns the remainders of each byte with 0 to 7 bytes of zeros after it, one slice
 * after the other.
 */
function createTables(polynomial: bigint): Int32Array {
  const tables = new Int32Array(SLICES * ROW);
  for (let byte = 0; byte < 256; byte++) {
    let sum = BigInt(byte);
    for (let bit = 1; bit <= 8 * SLICES; bit++) {
      sum = (sum & 1n) === 1n ? (sum >> 1n) ^ polynomial : sum >> 1n;
      if (bit % 8 > 0) continue;
      const at = (bit / 8 - 1) * ROW + 2 * byte;
      tables[at] = Number(BigInt.asIntN(32, sum >> 32n));
      tables[at + 1] = Number(BigInt.asIntN(32, sum));
    }
  }
  return tables;
}

let ecmaTables: Int32Array | undefined;

/**
 * CRC-64/XZ, which COS calls `crc64ecma`: ECMA-182's polynomial, reflected bits, initial
 * value and final XOR all ones. It slices by 8, in halves of 32 bits, since BigInt is too
 * slow for streams.
 */
export class Crc64Ecma {
  private high = -1;
  private low = -1;

  update(bytes: Uint8Array): void {
    const tables = (ecmaTables ??= createTables(ECMA_182));
    let { high, low } = this;
    let at = 0;
    for (; at + SLICES <= bytes.length; at += SLICES) {
      let nextHigh = 0;
      let nextLow = 0;
      for (let slice = 0; slice < 4; slice++, low >>>= 8) {
        const entry = (SLICES - 1 - slice) * ROW + 2 * ((low ^ (bytes[at + slice] ?? 0)) & 255);
        nextHigh ^= tables[entry] ?? 0;
        nextLow ^= tables[entry + 1] ?? 0;
      }
      for (let slice = 4; slice < SLICES; slice++, high >>>= 8) {
        const entry = (SLICES - 1 - slice) * ROW + 2 * ((high ^ (bytes[at + slice] ?? 0)) & 255);
        nextHigh ^= tables[entry] ?? 0;
        nextLow ^= tables[entry + 1] ?? 0;
      }
      high = nextHigh;
      low = nextLow;
    }
    for (; at < bytes.length; at++) {
      const entry = 2 * ((low ^ (bytes[at] ?? 0)) & 255);
      low = ((low >>> 8) | (high << 24)) ^ (tables[entry + 1] ?? 0);
      high = (high >>> 8) ^ (tables[entry] ?? 0);
    }
    this.high = high;
    this.low = low;
  }

  /** Eight bytes, the highest first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(~this.high, 0);
    bytes.writeInt32BE(~this.low, 4);
    return bytes;
  }
}
